"""API tokens: shown once, kept as a digest."""

import hashlib
import secrets

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.accounts.models import Account, ApiToken, TokenCreated, TokenDocument, TokenList
from kintsugi.accounts.service import Visitor, ensure_account, require_account
from kintsugi.database import new_id
from kintsugi.errors import ConflictError, NotFoundError

PREFIX = "kt_"  # lets scanners of repositories recognise a leaked one
MOST_TOKENS = 20
FULL = f"At most {MOST_TOKENS} tokens are kept. Revoke one to make another."
GUESTS = "guest"


def digest_of(secret: str) -> str:
    """A plain hash is enough: the secret is random, there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def new_guest(session: AsyncSession) -> str:
    """A guest for the API; returns the bearer token."""
    account = await ensure_account(session, Visitor(new_id()))
    return _add(session, account.id, GUESTS)[1]


async def create(session: AsyncSession, visitor: Visitor, name: str) -> TokenCreated:
    """A new token.

    A browser's guest can have none: the cookie of a guest may have been planted by someone, and a
    token made with it would outlive the sign-up.

    Raises:
        AccountNeededError: a guest.
        ConflictError: there are too many already.
    """
    account = require_account(visitor)
    having = select(func.count()).where(ApiToken.account_id == account.id)
    if (await session.exec(having)).one() >= MOST_TOKENS:
        raise ConflictError(FULL, title="Too many tokens")
    row, token = _add(session, account.id, name)
    return TokenCreated(**_document(row).model_dump(), token=token)


async def listing(session: AsyncSession, visitor: Visitor) -> TokenList:
    """The visitor's, newest first."""
    found = (
        select(ApiToken)
        .where(ApiToken.account_id == visitor.account_id)
        .order_by(col(ApiToken.created_at).desc(), col(ApiToken.id))
    )
    return TokenList(items=[_document(row) for row in await session.exec(found)])


async def revoke(session: AsyncSession, visitor: Visitor, token_id: str) -> None:
    """From now on it opens nothing.

    Raises:
        NotFoundError: there is none, or it is someone else's.
    """
    found = select(ApiToken).where(
        ApiToken.id == token_id, ApiToken.account_id == visitor.account_id
    )
    row = (await session.exec(found)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such token, or it is someone else's.")
    await session.delete(row)


async def owner_of(session: AsyncSession, token: str) -> tuple[Account, ApiToken] | None:
    """Whose token it is; None for one that is not ours."""
    found = (
        select(Account, ApiToken)
        .join(ApiToken, col(ApiToken.account_id) == Account.id)
        .where(col(ApiToken.digest) == digest_of(token))
    )
    return (await session.exec(found)).one_or_none()


def _add(session: AsyncSession, account_id: str, name: str) -> tuple[ApiToken, str]:
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(digest=digest_of(token), account_id=account_id, name=name)
    session.add(row)
    return row, token


def _document(row: ApiToken) -> TokenDocument:
    return TokenDocument(id=row.id, name=row.name, created_at=row.created_at, used_at=row.used_at)
