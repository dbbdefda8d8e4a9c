"""How often something may be done: so many times at once, then one more each step.

Counted in the database, so that several web processes count together and a restart forgets
nothing. A use is one row that says when the whole budget is free again; taking it is one statement,
which two processes cannot both pass (`INSERT ... ON CONFLICT DO UPDATE ... WHERE`).
"""

import hashlib
import ipaddress
import math
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel, col, delete, update
from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.database import Database, table_of
from kintsugi.errors import TooManyError

ROUNDING_S = 0.001  # of sums of floats that stand for a time


class Spent(SQLModel, table=True):
    """What one subject has used of one limit.

    Attributes:
        key: a digest: whom it is about can be an e-mail, which is nobody's business here.
        free_at: seconds since 1970 when all of it is free again; then the row may go.
    """

    key: str = Field(primary_key=True)
    free_at: float = Field(index=True)


@dataclass(frozen=True)
class Limit:
    """`times` at once, and as many in any later `period_s`."""

    name: str
    times: int
    period_s: float

    @property
    def step_s(self) -> float:
        return self.period_s / self.times

    def of(self, subject: str) -> "Use":
        """One use by this subject."""
        return Use(self, subject)


@dataclass(frozen=True)
class Use:
    """One use of a limit by one subject."""

    limit: Limit
    subject: str

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.limit.name} {self.subject}".encode()).hexdigest()


async def take(database: Database, *uses: Use, moment: float | None = None) -> int:
    """Count these uses, all or none, in a transaction of their own.

    What follows may fail and be undone: it was tried all the same.

    Args:
        database: where they are counted; the caller must not be writing.
        uses: what is about to be done, and by whom.
        moment: seconds since 1970, if not now.

    Returns:
        How many are left of the scarcest.

    Raises:
        TooManyError: one of them is used up; nothing was counted.
    """
    at = time.time() if moment is None else moment
    async with database.writing() as session:
        await session.exec(delete(Spent).where(col(Spent.free_at) < at))
        return min([await _take(session, use, at) for use in uses])


async def give_back(session: AsyncSession, *uses: Use) -> None:
    """Undo the counting of what turned out to be in order."""
    for use in uses:
        earlier = col(Spent.free_at) - use.limit.step_s
        mine = update(Spent).where(col(Spent.key) == use.key)
        await session.exec(mine.values(free_at=earlier))


def network_of(address: str) -> str:
    """What one household or office has: an IPv4 address, or a /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


async def _take(session: AsyncSession, use: Use, moment: float) -> int:
    table, limit = table_of(Spent), use.limit
    # The two dialects say it in the same words, but SQLAlchemy has a function for each.
    insert: Any = postgresql.insert if _is_postgresql(session) else sqlite.insert
    busy_until = sa.case((table.c.free_at > moment, table.c.free_at), else_=moment)
    free_at = busy_until + limit.step_s
    statement: sa.Insert = (
        insert(table)
        .values(key=use.key, free_at=moment + limit.step_s)
        .on_conflict_do_update(
            index_elements=[table.c.key],
            set_={"free_at": free_at},
            where=free_at <= moment + limit.period_s + ROUNDING_S,
        )
        .returning(table.c.free_at)
    )
    taken: float | None = (await session.exec(statement)).scalar_one_or_none()
    if taken is None:
        wait_s = await _wait(session, use, moment)
        raise TooManyError(f"Try again in {in_words(wait_s)}.", retry_after_s=wait_s)
    return int((moment + limit.period_s + ROUNDING_S - taken) / limit.step_s)


async def _wait(session: AsyncSession, use: Use, moment: float) -> int:
    row = await session.get(Spent, use.key)
    free_at = row.free_at if row else moment
    return max(1, math.ceil(free_at + use.limit.step_s - use.limit.period_s - moment))


def in_words(seconds: int) -> str:
    """`40 seconds`, `2 minutes`."""
    if seconds < 90:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"


def _is_postgresql(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"
