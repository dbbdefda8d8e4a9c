"""So many times at once, then one more each step; counted by every process together."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from kintsugi.database import Database
from kintsugi.errors import TooManyError
from kintsugi.limits import Limit, Spent, give_back, in_words, network_of, take
from kintsugi.settings import Settings

DOOR = Limit("door", times=3, period_s=60)
HOUSE = Limit("house", times=5, period_s=60)
NOON = 1_800_000_000.0


def run(settings: Settings, scenario: Callable[[Database], Awaitable[None]]) -> None:
    async def whole() -> None:
        database = Database(settings)
        await scenario(database)
        await database.close()

    asyncio.run(whole())


async def refused(database: Database, moment: float, limit: Limit = DOOR) -> int:
    """How many seconds to wait."""
    with pytest.raises(TooManyError) as told:
        await take(database, limit.of("ida"), moment=moment)
    return int(told.value.headers["Retry-After"])


def test_so_many_at_once_and_then_one_a_step(settings: Settings) -> None:
    async def scenario(database: Database) -> None:
        left = [await take(database, DOOR.of("ida"), moment=NOON) for _ in range(3)]
        assert left == [2, 1, 0]
        assert await refused(database, NOON) == 20
        assert await refused(database, NOON + 15) == 5
        assert await take(database, DOOR.of("ida"), moment=NOON + 20) == 0
        assert await refused(database, NOON + 20) == 20

    run(settings, scenario)


def test_a_refusal_costs_nothing(settings: Settings) -> None:
    async def scenario(database: Database) -> None:
        for _ in range(3):
            await take(database, DOOR.of("ida"), moment=NOON)
        for second in range(19):
            await refused(database, NOON + second)
        await take(database, DOOR.of("ida"), moment=NOON + 20)

    run(settings, scenario)


def test_one_does_not_use_up_what_another_has(settings: Settings) -> None:
    async def scenario(database: Database) -> None:
        for _ in range(3):
            await take(database, DOOR.of("ida"), moment=NOON)
        assert await take(database, DOOR.of("bo"), moment=NOON) == 2
        assert await take(database, HOUSE.of("ida"), moment=NOON) == 4

    run(settings, scenario)


def test_of_several_all_are_counted_or_none(settings: Settings) -> None:
    async def scenario(database: Database) -> None:
        for _ in range(3):
            await take(database, HOUSE.of("all"), DOOR.of("ida"), moment=NOON)
        for _ in range(5):
            with pytest.raises(TooManyError):
                await take(database, HOUSE.of("all"), DOOR.of("ida"), moment=NOON)
        assert await take(database, HOUSE.of("all"), DOOR.of("bo"), moment=NOON) == 1

    run(settings, scenario)


def test_what_was_in_order_is_given_back(settings: Settings) -> None:
    async def scenario(database: Database) -> None:
        for _ in range(10):
            await take(database, DOOR.of("ida"), moment=NOON)
            async with database.writing() as session:
                await give_back(session, DOOR.of("ida"))

    run(settings, scenario)


def test_many_at_the_same_moment_cannot_pass_together(settings: Settings) -> None:
    async def scenario(database: Database) -> None:
        other = Database(settings)  # another web process
        tries = [
            take(one, DOOR.of("ida"), moment=NOON) for one in (database, other) for _ in range(10)
        ]
        came = await asyncio.gather(*tries, return_exceptions=True)
        await other.close()
        assert sum(isinstance(each, int) for each in came) == 3
        assert sum(isinstance(each, TooManyError) for each in came) == 17

    run(settings, scenario)


def test_the_database_does_not_say_whom_it_is_about_and_forgets(settings: Settings) -> None:
    async def scenario(database: Database) -> None:
        await take(database, DOOR.of("ida@example.org"), moment=NOON)
        await take(database, DOOR.of("bo@example.org"), moment=NOON + 21)
        async with database.reading() as session:
            assert await session.get(Spent, DOOR.of("ida@example.org").key) is None
            kept = await session.get(Spent, DOOR.of("bo@example.org").key)
        assert kept is not None
        assert "bo" not in kept.key

    run(settings, scenario)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_one_household_is_one_subject(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_wait_is_told_in_words() -> None:
    assert [in_words(s) for s in (1, 20, 89, 90, 600)] == [
        "1 second",
        "20 seconds",
        "89 seconds",
        "2 minutes",
        "10 minutes",
    ]
