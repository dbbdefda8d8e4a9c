"""Transactions are what they seem, on SQLite too."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from kintsugi.accounts.models import Account
from kintsugi.attempts.models import Attempt
from kintsugi.database import Database, make_sync_engine, new_id
from kintsugi.settings import Settings


def test_no_update_is_lost_among_two_hundred(settings: Settings) -> None:
    async def work() -> int:
        database = Database(settings)
        async with database.writing() as session:
            session.add(Account(id="ida", handle="ida"))
            await session.flush()
            session.add(Attempt(id="one", account_id="ida", kata="k", files={}))

        async def save() -> None:
            async with database.writing() as session:
                attempt = await session.get(Attempt, "one")
                assert attempt
                await asyncio.sleep(0.001)
                attempt.revision += 1

        await asyncio.gather(*(save() for _ in range(200)))
        async with database.reading() as session:
            revision = await session.exec(select(Attempt.revision).where(Attempt.id == "one"))
            found = revision.one()
        await database.close()
        return found

    assert asyncio.run(work()) == 200


def test_readers_do_not_wait_for_a_writer(settings: Settings) -> None:
    async def work() -> int:
        database = Database(settings)
        async with database.writing() as writing:
            writing.add(Account(id="ida", handle="ida"))
            await writing.flush()
            async with asyncio.timeout(2), database.reading() as reading:
                seen = len((await reading.exec(select(Account))).all())
        await database.close()
        return seen

    assert asyncio.run(work()) == 0


def test_what_breaks_inside_leaves_nothing(settings: Settings) -> None:
    async def work() -> int:
        database = Database(settings)
        try:
            async with database.writing() as session:
                session.add(Account(id="ida", handle="ida"))
                await session.flush()
                raise KeyError
        except KeyError:
            pass
        async with database.reading() as session:
            count = len((await session.exec(select(col(Account.id)))).all())
        await database.close()
        return count

    assert asyncio.run(work()) == 0


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 10000)],
)
def test_every_connection_keeps_what_was_accepted(
    tmp_path: Path, pragma: str, value: object
) -> None:
    engine = make_sync_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.connect() as connection:
        assert connection.execute(sa.text(f"PRAGMA {pragma}")).scalar() == value
    engine.dispose()


def test_ids_are_not_to_be_guessed() -> None:
    made = {new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(each) == 16 and each.isalnum() for each in made)
