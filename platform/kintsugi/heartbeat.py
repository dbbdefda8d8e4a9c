"""Workers tell here that they are alive and what they can do.

The web process learns from it whether anything can be graded now; where a database is shared,
other workers learn from it whose work to take over. Times are the database's, not the hosts'.
"""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.database import table_of

BEAT_S = 2.0
STALL_S = 6.0  # a worker that has not been heard of for so long is dead


class WorkerState(StrEnum):
    """What a worker can do now."""

    STARTING = "starting"
    READY = "ready"
    REFUSED = "refused"


class Executor(SQLModel, table=True):
    """A worker.

    Attributes:
        detail: why it refuses to grade, and what to do about it.
        seen: seconds since 1970 by the database's clock.
    """

    id: str = Field(primary_key=True)
    state: str
    detail: str = ""
    seen: float


class Readiness(SQLModel):
    """Whether submissions are graded now; if not, why, in words for operators."""

    ready: bool
    detail: str = ""


def _clock(dialect: str) -> sa.ColumnElement[Any]:
    if dialect == "postgresql":
        return sa.func.extract("epoch", sa.func.clock_timestamp())
    return (sa.func.julianday("now") - 2440587.5) * 86400.0


def beat(engine: sa.Engine, executor: str, state: WorkerState, detail: str = "") -> None:
    """Say that this worker is alive."""
    table = table_of(Executor)
    values = {"state": state.value, "detail": detail, "seen": _clock(engine.dialect.name)}
    with engine.begin() as connection:
        mine = sa.update(table).where(table.c.id == executor).values(values)
        if connection.execute(mine).rowcount == 0:
            connection.execute(sa.insert(table).values(id=executor, **values))


def dead(engine: sa.Engine) -> list[str]:
    """Workers that have not been heard of for too long."""
    table = table_of(Executor)
    oldest = _clock(engine.dialect.name) - STALL_S
    with engine.begin() as connection:
        return list(connection.scalars(sa.select(table.c.id).where(table.c.seen < oldest)))


def forget(engine: sa.Engine, executors: list[str]) -> None:
    """Called once their work has been taken over."""
    table = table_of(Executor)
    with engine.begin() as connection:
        connection.execute(sa.delete(table).where(table.c.id.in_(executors)))


async def readiness(session: AsyncSession) -> Readiness:
    """Whether a live worker is ready."""
    table = table_of(Executor)
    dialect = session.get_bind().dialect.name
    # A worker that refused ends after saying why: its word stands until another starts.
    alive = sa.or_(
        table.c.seen >= _clock(dialect) - STALL_S, table.c.state == WorkerState.REFUSED.value
    )
    rows = await session.exec(select(Executor.state, Executor.detail).where(alive))
    states = dict(rows.all())
    if WorkerState.READY in states:
        return Readiness(ready=True)
    if WorkerState.REFUSED in states:
        return Readiness(ready=False, detail=states[WorkerState.REFUSED])
    if WorkerState.STARTING in states:
        return Readiness(ready=False, detail="The grading worker is starting.")
    return Readiness(ready=False, detail="No grading worker is running.")
