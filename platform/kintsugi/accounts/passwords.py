"""Hashing of passwords. It takes long and much memory on purpose, so it has threads of its own.

Two at once are enough: everyone else waits here, and pages are served meanwhile.
"""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from pwdlib import PasswordHash

_hasher = PasswordHash.recommended()
_threads = ThreadPoolExecutor(2, thread_name_prefix="passwords")


async def hashed(password: str) -> str:
    """What is stored of a password."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def matches(password: str, stored: str | None) -> bool:
    """Whether it is the password.

    Where there is none to compare with, the same work is done: how long it takes tells nobody
    whether an account exists.
    """
    return await asyncio.get_running_loop().run_in_executor(_threads, _matches, password, stored)


def _matches(password: str, stored: str | None) -> bool:
    decoy = _decoy()
    right = _hasher.verify(password, stored or decoy)
    return right and stored is not None


@cache
def _decoy() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
