"""Engine, sessions and transactions: what SQLite and PostgreSQL need to behave the same.

A request that writes has one transaction, committed before its answer leaves (`Writing`): what was
answered is stored. One that reads has a transaction of its own (`Reading`) and never waits for
writers.
"""

import asyncio
import contextlib
import secrets
import string
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import sqlalchemy as sa
from fastapi import Depends, Request
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.settings import Settings

PRAGMAS = ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
ALPHABET = string.ascii_lowercase + string.digits
ID_LENGTH = 16  # of 36 signs: 82 bits, not to be guessed

# Named, so that Alembic can change and drop them on every database.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    """A name for a row that may stand in an address."""
    return "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))


def now() -> datetime:
    return datetime.now(UTC)


class Moment(sa.TypeDecorator[datetime]):
    """An aware time in UTC; SQLite keeps no zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def prepare_sqlite(engine: sa.Engine) -> None:
    """Pragmas on every connection, and transactions that are what they seem.

    SQLAlchemy opens transactions instead of the driver: with the driver's own, 173 of 200
    concurrent read-modify-writes of one row were lost, with BEGIN IMMEDIATE none.
    """

    def connect(connection: Any, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: sa.Connection) -> None:
        only_reads = connection.get_execution_options().get("read_only")
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connect)
    event.listen(engine, "begin", begin)


def make_engine(url: str) -> AsyncEngine:
    """The web process's engine. Errors name no parameters: they hold what learners wrote."""
    if not url.startswith("sqlite"):
        return create_async_engine(
            url, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True
        )
    engine = create_async_engine(
        url, pool_size=8, max_overflow=0, pool_timeout=30, hide_parameters=True
    )
    prepare_sqlite(engine.sync_engine)
    return engine


def make_sync_engine(url: str) -> sa.Engine:
    """The worker's engine: it grades in threads."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = sa.create_engine(url, hide_parameters=True)
    prepare_sqlite(engine)
    return engine


def table_of(model: type[SQLModel]) -> sa.Table:
    """For statements without objects."""
    return cast(sa.Table, sa.inspect(model).local_table)


async def add_once(session: AsyncSession, row: SQLModel) -> None:
    """Store a row, unless another transaction has just stored one of the same key."""
    with contextlib.suppress(IntegrityError):
        async with session.begin_nested():
            session.add(row)


class Database:
    """Sessions of the web process."""

    def __init__(self, settings: Settings) -> None:
        self.engine = make_engine(settings.url)
        reading = self.engine.execution_options(read_only=True)
        self._readers = async_sessionmaker(reading, class_=AsyncSession, expire_on_commit=False)
        self._writers = async_sessionmaker(self.engine, class_=AsyncSession, expire_on_commit=False)
        # SQLite has one writer at a time. Waiting for it here is fair and 0.3 s at most under
        # load; waiting inside SQLite polls, and took up to 3.7 s.
        self._turn: contextlib.AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if settings.embedded else contextlib.nullcontext()
        )

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncSession]:
        """A session that does not write."""
        async with self._readers() as session:
            yield session

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncSession]:
        """A session whose work is committed when the block ends well, and undone when not."""
        async with self._turn, self._writers() as session, session.begin():
            yield session

    async def close(self) -> None:
        await self.engine.dispose()


def get_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def _reading(request: Request) -> AsyncGenerator[AsyncSession]:
    async with get_database(request).reading() as session:
        yield session


async def _writing(request: Request) -> AsyncGenerator[AsyncSession]:
    async with get_database(request).writing() as session:
        yield session


# scope="function": the commit comes before the answer is sent, not after.
Reading = Annotated[AsyncSession, Depends(_reading, scope="function")]
Writing = Annotated[AsyncSession, Depends(_writing, scope="function")]
