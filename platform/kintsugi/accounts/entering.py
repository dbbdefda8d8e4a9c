"""Signing up, in and out.

Passwords are hashed between transactions, never inside one: nobody waits for a hash while the
database's write lock is held. Tries are counted before the password is looked at, in the database,
and given back when it was right; so a guesser is slowed down whatever number of processes serve
here, and a workshop behind one address is not. Unknown addresses count and take as long as known
ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.accounts import sessions
from kintsugi.accounts.belongings import Belongings
from kintsugi.accounts.credentials import LONGEST_EMAIL, SignUp, read_email, read_password
from kintsugi.accounts.models import Account
from kintsugi.accounts.passwords import hashed, matches
from kintsugi.accounts.service import Visitor, ensure_account
from kintsugi.database import Database
from kintsugi.errors import ConflictError, InvalidError
from kintsugi.limits import Limit, give_back, take

TRIES_OF_NETWORK = Limit("tries of one network", times=60, period_s=600)
TRIES_OF_EMAIL = Limit("tries for one e-mail", times=10, period_s=900)
FEW = 4  # tries left, from where on it is said how many

TAKEN = "There is an account with this e-mail. Sign in, or set a new password."
SIGNED_IN = "You are signed in already. Sign out to make another account."


@dataclass(frozen=True)
class Source:
    """Where a request comes from.

    Attributes:
        network: the address, or what is one household's (`limits.network_of`).
        agent: roughly which browser.
    """

    network: str
    agent: str


class WrongPasswordError(InvalidError):
    """E-mail and password do not belong together; nobody learns which of them is wrong."""

    def __init__(self, left: int) -> None:
        """How many tries are `left` is said once they are few."""
        more = "One try is" if left == 1 else f"{left or 'No'} tries are"
        few = f" {more} left for now." if left <= FEW else ""
        super().__init__(f"E-mail and password do not match.{few}")


class EmailTakenError(ConflictError):
    """Someone has signed up with this e-mail already.

    It cannot be hidden from whoever signs up, as long as signing up works without mail. It costs a
    try of the network, so that nobody can ask for many.
    """

    def __init__(self) -> None:
        super().__init__(TAKEN, title="There is such an account")


@dataclass(frozen=True)
class Entrance:
    """Where guests become accounts and accounts are recognised again."""

    database: Database
    rooms: Sequence[Belongings]

    async def sign_up(self, visitor: Visitor, wanted: SignUp, source: Source) -> str:
        """Make the guest an account: the same one, with everything done so far.

        Whoever has that account already, and knows its password, is signed in: the form was sent
        twice, or they have forgotten that they have one.

        Returns:
            What the browser's cookie is to hold from now on.

        Raises:
            EmailTakenError: there is an account with this e-mail.
            ConflictError: this browser is signed in.
            TooManyError: too many tries.
        """
        if visitor.signed_in:
            raise ConflictError(SIGNED_IN, title="Signed in already")
        try:
            return await self._make(visitor, wanted, source)
        except EmailTakenError as taken:
            try:
                return await self.sign_in(visitor, wanted.email, wanted.password, source)
            except WrongPasswordError:
                raise taken from None

    async def sign_in(self, visitor: Visitor, email: str, password: str, source: Source) -> str:
        """Recognise an account; what this browser's guest has done becomes the account's.

        Returns:
            What the browser's cookie is to hold from now on.

        Raises:
            WrongPasswordError: they do not belong together.
            TooManyError: too many tries.
        """
        address = read_email(email)
        uses = (
            TRIES_OF_NETWORK.of(source.network),
            TRIES_OF_EMAIL.of(address or email[:LONGEST_EMAIL]),
        )
        left = await take(self.database, *uses)
        known = await self._account(address)
        right = await matches(read_password(password), known.password if known else None)
        if known is None or not right:
            raise WrongPasswordError(left)
        async with self.database.writing() as session:
            account = await session.get(Account, known.id)
            if account is None or account.password != known.password:  # changed meanwhile
                raise WrongPasswordError(left)
            await give_back(session, *uses)
            await self._leave(session, visitor, account)
            return await sessions.begin(session, account, source.agent)

    async def sign_out(self, visitor: Visitor) -> None:
        """End this browser's session. A guest has none, and stays who they are."""
        if visitor.session_id:
            async with self.database.writing() as session:
                await sessions.end_this(session, visitor.session_id)

    async def _make(self, visitor: Visitor, wanted: SignUp, source: Source) -> str:
        use = TRIES_OF_NETWORK.of(source.network)
        await take(self.database, use)
        password = await hashed(wanted.password)
        async with self.database.writing() as session:
            taken = select(Account.id).where(col(Account.email) == wanted.email)
            if (await session.exec(taken)).first():
                raise EmailTakenError
            account = await ensure_account(session, visitor)
            if not account.is_guest:  # another form of the same browser was quicker
                raise ConflictError(SIGNED_IN, title="Signed in already")
            account.is_guest = False
            account.email, account.password, account.handle = wanted.email, password, wanted.name
            try:
                await session.flush()
            except IntegrityError:  # another process was quicker
                raise EmailTakenError from None
            await give_back(session, use)
            return await sessions.begin(session, account, source.agent)

    async def _account(self, email: str | None) -> Account | None:
        async with self.database.reading() as session:
            found = select(Account).where(col(Account.email) == email)
            return (await session.exec(found)).one_or_none() if email else None

    async def _leave(self, session: AsyncSession, visitor: Visitor, heir: Account) -> None:
        """End what this browser was: another session, or a guest, whose work moves."""
        if visitor.session_id:
            await sessions.end_this(session, visitor.session_id)
            return
        # Locked, so that nothing is added to what moves: it would go with the guest's row.
        guest = await session.get(Account, visitor.account_id, with_for_update=True)
        if guest is None or not guest.is_guest:
            return
        for room in self.rooms:
            await room.move(session, guest.id, heir.id)
        await session.delete(guest)
        await session.flush()
