"""Hashing: the same work for everyone, and never in the event loop."""

import asyncio
import threading

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from kintsugi.accounts import passwords

RIGHT = "seven quiet teacups"


class Watched(Argon2Hasher):
    """The real hasher; notes in which thread it compares."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[str] = []

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:
        self.threads.append(threading.current_thread().name)
        return super().verify(password, hash)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    made = Watched()
    monkeypatch.setattr(passwords, "_hasher", PasswordHash([made]))
    return made


def test_the_right_one_matches_and_no_other() -> None:
    async def scenario() -> list[bool]:
        stored = await passwords.hashed(RIGHT)
        return [await passwords.matches(each, stored) for each in (RIGHT, "another", "")]

    assert asyncio.run(scenario()) == [True, False, False]


def test_without_an_account_nothing_matches_after_the_same_work(watched: Watched) -> None:
    async def scenario() -> list[bool]:
        stored = await passwords.hashed(RIGHT)
        return [await passwords.matches("another", each) for each in (stored, None)]

    assert asyncio.run(scenario()) == [False, False]
    assert len(watched.threads) == 2


def test_it_has_threads_of_its_own(watched: Watched) -> None:
    asyncio.run(passwords.matches(RIGHT, None))
    assert all(name.startswith("passwords") for name in watched.threads)


def test_the_same_password_is_stored_differently_each_time() -> None:
    async def twice() -> set[str]:
        return {await passwords.hashed(RIGHT), await passwords.hashed(RIGHT)}

    assert len(asyncio.run(twice())) == 2
