"""Guests: an identity at the first visit, a row only once something is written."""

import hashlib
import secrets
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.accounts.models import Account, ApiToken
from kintsugi.database import add_once, new_id

TOKEN_PREFIX = "kt_"  # noqa: S105 - lets scanners of repositories recognise a leaked one


@dataclass(frozen=True)
class Visitor:
    """Who is asking. There may be no account of that id yet."""

    account_id: str


async def ensure_account(session: AsyncSession, visitor: Visitor) -> Account:
    """The visitor's account, made now if this is the first thing they write."""
    account = await session.get(Account, visitor.account_id)
    if account is None:
        account = Account(id=visitor.account_id, handle=f"guest-{visitor.account_id[:4]}")
        await add_once(session, account)
    return account


async def new_guest(session: AsyncSession) -> str:
    """A guest for the API; returns the bearer token, of which only the digest is kept."""
    account = await ensure_account(session, Visitor(new_id()))
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(ApiToken(digest=_digest(token), account_id=account.id))
    return token


async def account_of_token(session: AsyncSession, token: str) -> str | None:
    """Whose token it is; None for one that is not ours."""
    found = select(ApiToken.account_id).where(col(ApiToken.digest) == _digest(token))
    return (await session.exec(found)).one_or_none()


def _digest(token: str) -> str:
    """A plain hash is enough: the token is random, there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
