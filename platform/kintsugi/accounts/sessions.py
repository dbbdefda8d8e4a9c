"""Browsers in which someone is signed in. Each can be ended, from here or from another one.

A guest's cookie holds the account's id, because there is nothing to come back to without it. Once
an account has a password, that cookie opens nothing any more: whoever had planted it would be in.
"""

from datetime import datetime, timedelta

from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.accounts.models import Account, ApiToken, BrowserSession
from kintsugi.accounts.service import Visitor
from kintsugi.database import Database, now
from kintsugi.errors import NotFoundError

IDLE = timedelta(days=90)  # a session that was not used for so long has ended
EVERY = timedelta(hours=1)  # how often it is noted that something was used
MARK = "session:"  # no account's id has a colon

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def rough_agent(user_agent: str) -> str:
    """`Firefox on Windows`: what its owner recognises, and nothing that came from outside."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "Another program")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return f"{browser} on {system}" if system else browser


async def recognise(session: AsyncSession, cookie: str) -> tuple[Visitor, bool] | None:
    """Who a cookie names, in one indexed read, and whether its use is to be noted again.

    None: the session has ended, or it is a guest's cookie of someone who has signed up since.
    """
    if not cookie.startswith(MARK):
        account = await session.get(Account, cookie)
        known = account is None or account.is_guest
        return (Visitor(cookie, account), False) if known else None
    found = (
        select(Account, BrowserSession)
        .join(BrowserSession, col(BrowserSession.account_id) == Account.id)
        .where(
            BrowserSession.id == cookie.removeprefix(MARK),
            col(BrowserSession.used_at) > now() - IDLE,
        )
    )
    row = (await session.exec(found)).one_or_none()
    if row is None:
        return None
    account, held = row
    return Visitor(account.id, account, held.id), is_stale(held.used_at)


def is_stale(used_at: datetime | None) -> bool:
    """Whether a use is to be noted: not with every request."""
    return used_at is None or used_at < now() - EVERY


async def note_use(
    database: Database, row: type[BrowserSession] | type[ApiToken], id_: str
) -> None:
    """Note that it is used now; in a transaction of its own, after the answer."""
    async with database.writing() as session:
        await session.exec(update(row).where(col(row.id) == id_).values(used_at=now()))


async def begin(session: AsyncSession, account: Account, agent: str) -> str:
    """A new session, under a name that nobody can have known; returns what the cookie is to hold.

    The account's sessions that have ended by themselves are put away.
    """
    ended = delete(BrowserSession).where(
        col(BrowserSession.account_id) == account.id, col(BrowserSession.used_at) <= now() - IDLE
    )
    await session.exec(ended)
    row = BrowserSession(account_id=account.id, agent=agent)
    session.add(row)
    return MARK + row.id


async def listing(session: AsyncSession, visitor: Visitor) -> list[BrowserSession]:
    """The visitor's, this browser first, then the last used."""
    found = (
        select(BrowserSession)
        .where(
            BrowserSession.account_id == visitor.account_id,
            col(BrowserSession.used_at) > now() - IDLE,
        )
        .order_by(
            (col(BrowserSession.id) == visitor.session_id).desc(),
            col(BrowserSession.used_at).desc(),
        )
    )
    return list((await session.exec(found)).all())


async def end(session: AsyncSession, visitor: Visitor, session_id: str) -> None:
    """Sign out one of the visitor's browsers.

    Raises:
        NotFoundError: there is none, or it is someone else's.
    """
    found = select(BrowserSession).where(
        BrowserSession.id == session_id, BrowserSession.account_id == visitor.account_id
    )
    row = (await session.exec(found)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such session, or it is someone else's.")
    await session.delete(row)


async def end_this(session: AsyncSession, session_id: str) -> None:
    """Sign out the browser that asks; one that has been signed out meanwhile is no error."""
    await session.exec(delete(BrowserSession).where(col(BrowserSession.id) == session_id))


async def end_all(session: AsyncSession, account_id: str, *, but: str | None = None) -> None:
    """Sign out every browser of an account, except one."""
    all_of_them = delete(BrowserSession).where(col(BrowserSession.account_id) == account_id)
    await session.exec(all_of_them.where(col(BrowserSession.id) != but) if but else all_of_them)
