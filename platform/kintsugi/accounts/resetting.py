"""A forgotten password: a link by mail sets a new one, once, within an hour."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import col, delete, select

from kintsugi.accounts import sessions
from kintsugi.accounts.changing import UnfitPasswordError
from kintsugi.accounts.credentials import LONGEST_EMAIL, password_fault, read_email, read_password
from kintsugi.accounts.entering import Source
from kintsugi.accounts.models import Account, PasswordReset
from kintsugi.accounts.passwords import hashed
from kintsugi.accounts.tokens import digest_of
from kintsugi.database import Database, now
from kintsugi.errors import KintsugiError
from kintsugi.limits import Limit, take
from kintsugi.mail import Mail, Mailer

LIFETIME = timedelta(hours=1)
MAILS_OF_NETWORK = Limit("mails of one network", times=30, period_s=3600)
MAILS_TO_EMAIL = Limit("mails to one e-mail", times=4, period_s=3600)
SUBJECT = "A new password for Kintsugi"
TEXT = """Someone, most likely you, asked for a new password for {name} at Kintsugi.
This link sets it. It works once, until an hour from now:

{link}

If it was not you, there is nothing to do: the password stays as it is.
"""


class LinkEndedError(KintsugiError):
    """The link has been used, is too old, or was never ours."""

    status = 410
    title = "This link does not work any more"

    def __init__(self) -> None:
        super().__init__("It has been used, or is older than an hour. Ask for another.")


@dataclass(frozen=True)
class Resets:
    """Links that set a new password.

    Attributes:
        address: of this server, as people reach it; never from the request.
    """

    database: Database
    mailer: Mailer
    address: str

    async def ask(self, email: str, source: Source) -> str | None:
        """Count the wish; returns the address to send a link to, if it is one at all.

        Raises:
            TooManyError: too many; known addresses and unknown ones are counted alike.
        """
        address = read_email(email)
        of_email = MAILS_TO_EMAIL.of(address or email[:LONGEST_EMAIL])
        await take(self.database, MAILS_OF_NETWORK.of(source.network), of_email)
        return address

    async def send(self, email: str) -> None:
        """Send a link if there is such an account.

        After the answer: how long it takes would tell whether there is one.
        """
        async with self.database.reading() as session:
            found = select(Account).where(col(Account.email) == email)
            account = (await session.exec(found)).one_or_none()
        if account is None or account.email is None:
            return
        text = TEXT.format(name=account.handle, link=await self.link(account.id))
        await self.mailer.send(Mail(to=account.email, subject=SUBJECT, text=text))

    async def link(self, account_id: str) -> str:
        """A new link. The token is in the query, which no log line of ours holds."""
        token = secrets.token_urlsafe(32)
        row = PasswordReset(
            digest=digest_of(token), account_id=account_id, expires_at=now() + LIFETIME
        )
        async with self.database.writing() as session:
            await session.exec(delete(PasswordReset).where(col(PasswordReset.expires_at) <= now()))
            session.add(row)
        return f"{self.address}/reset/new?token={token}"

    async def account_of(self, token: str) -> Account:
        """Whose password a link sets; looking does not use it up.

        Raises:
            LinkEndedError: it does not work any more.
        """
        found = (
            select(Account)
            .join(PasswordReset, col(PasswordReset.account_id) == Account.id)
            .where(PasswordReset.digest == digest_of(token), col(PasswordReset.expires_at) > now())
        )
        async with self.database.reading() as session:
            account = (await session.exec(found)).one_or_none()
        if account is None:
            raise LinkEndedError
        return account

    async def set_password(self, token: str, password: str) -> None:
        """Set the password, use the link up, sign out every browser.

        Raises:
            LinkEndedError: the link does not work any more.
            UnfitPasswordError: the password has to be another; the link still works.
        """
        account = await self.account_of(token)
        if fault := password_fault(read_password(password), account.email or ""):
            raise UnfitPasswordError(fault)
        stored = await hashed(read_password(password))
        async with self.database.writing() as session:
            # Only one of two that use it at the same time sees the row go.
            this = delete(PasswordReset).where(col(PasswordReset.digest) == digest_of(token))
            used = (await session.exec(this)).rowcount
            fresh = await session.get(Account, account.id, with_for_update=True)
            if used != 1 or fresh is None:
                raise LinkEndedError
            fresh.password = stored
            of_account = delete(PasswordReset).where(col(PasswordReset.account_id) == account.id)
            await session.exec(of_account)
            await sessions.end_all(session, account.id)
