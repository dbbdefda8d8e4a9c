"""Guests and accounts: an identity at the first visit, a row only once something is written."""

from dataclasses import dataclass, field

from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.accounts.models import Account, AccountDocument, Role
from kintsugi.database import add_once
from kintsugi.errors import AccountNeededError, ForbiddenError, SignInError


@dataclass(frozen=True)
class Visitor:
    """Who is asking. There may be no account of that id yet.

    Attributes:
        account: as it was when the request came; to read, not to change.
        session_id: of the browser in which they are signed in.
    """

    account_id: str
    account: Account | None = field(default=None, compare=False)
    session_id: str | None = None

    @property
    def signed_in(self) -> bool:
        """They have signed up, and are known by more than a guest's cookie."""
        return self.account is not None and not self.account.is_guest


async def ensure_account(session: AsyncSession, visitor: Visitor) -> Account:
    """The visitor's account, made now if this is the first thing they write."""
    account = await session.get(Account, visitor.account_id)
    if account is None:
        account = Account(id=visitor.account_id, handle=f"guest-{visitor.account_id[:4]}")
        await add_once(session, account)
    return account


async def mine(session: AsyncSession, visitor: Visitor) -> Account:
    """The visitor's account, to be changed.

    Raises:
        SignInError: there is none, or it has been deleted meanwhile.
    """
    account = await session.get(Account, visitor.account_id)
    if account is None:
        raise SignInError
    return account


def require_account(visitor: Visitor) -> Account:
    """The visitor's account, for what guests cannot have.

    Raises:
        AccountNeededError: a guest.
    """
    if visitor.account is None or visitor.account.is_guest:
        raise AccountNeededError
    return visitor.account


def require_role(visitor: Visitor, role: Role) -> Account:
    """The visitor's account, if it may do what this role may.

    Raises:
        AccountNeededError: a guest.
        ForbiddenError: a lesser role.
    """
    account = require_account(visitor)
    if not Role(account.role).covers(role):
        raise ForbiddenError(f"This is for the role {role.value}; yours is {account.role}.")
    return account


async def rename(session: AsyncSession, visitor: Visitor, name: str) -> None:
    """Give the visitor another name (`credentials.read_name`)."""
    (await ensure_account(session, visitor)).handle = name


def account_document(account: Account) -> AccountDocument:
    """As its owner sees it."""
    return AccountDocument(
        id=account.id,
        name=account.handle,
        guest=account.is_guest,
        email=account.email,
        role=Role(account.role),
        created_at=account.created_at,
    )
