"""What someone changes about the own account: the password, or everything: leaving."""

from dataclasses import dataclass

from sqlmodel import col, delete

from kintsugi.accounts import sessions
from kintsugi.accounts.credentials import password_fault, read_password
from kintsugi.accounts.models import Account, PasswordReset
from kintsugi.accounts.passwords import hashed, matches
from kintsugi.accounts.service import Visitor, require_account
from kintsugi.database import Database
from kintsugi.errors import InvalidError, NotFoundError
from kintsugi.limits import Limit, give_back, take

# Apart from sign-in's, which strangers can use up.
CONFIRMATIONS = Limit("confirmations of one account", times=10, period_s=900)


class NotConfirmedError(InvalidError):
    """The password, or a guest's name, is not the right one."""


class UnfitPasswordError(InvalidError):
    """The new password has to be another."""


@dataclass(frozen=True)
class Changes:
    """One visitor's account, to be changed once its owner has confirmed."""

    database: Database
    visitor: Visitor

    async def set_password(self, current: str, new: str) -> None:
        """Set another password; every other browser is signed out.

        Raises:
            AccountNeededError: a guest.
            NotConfirmedError, UnfitPasswordError: what has to be changed in the form.
            TooManyError: too many tries.
        """
        account = require_account(self.visitor)
        if fault := password_fault(read_password(new), account.email or ""):
            raise UnfitPasswordError(fault)
        await self._confirm_password(account, current)
        password = await hashed(read_password(new))
        async with self.database.writing() as session:
            fresh = await session.get(Account, account.id)
            if fresh is None or fresh.password != account.password:
                raise NotConfirmedError("The password has been changed meanwhile.")
            fresh.password = password
            await sessions.end_all(session, account.id, but=self.visitor.session_id)
            links = delete(PasswordReset).where(col(PasswordReset.account_id) == account.id)
            await session.exec(links)

    async def delete(self, confirmation: str) -> None:
        """Delete the account with everything that belongs to it.

        Raises:
            NotFoundError: nothing has been written yet.
            NotConfirmedError: a wrong password, or another name than the guest's.
            TooManyError: too many tries.
        """
        account = self.visitor.account
        if account is None:
            raise NotFoundError("Nothing is kept here about you yet.")
        if not account.is_guest:
            await self._confirm_password(account, confirmation)
        elif confirmation.strip() != account.handle:
            raise NotConfirmedError(f"Type the name as it stands: {account.handle}.")
        async with self.database.writing() as session:
            await session.exec(delete(Account).where(col(Account.id) == account.id))

    async def _confirm_password(self, account: Account, password: str) -> None:
        use = CONFIRMATIONS.of(account.id)
        await take(self.database, use)
        if not await matches(read_password(password), account.password):
            raise NotConfirmedError("This is not the password.")
        async with self.database.writing() as session:
            await give_back(session, use)
