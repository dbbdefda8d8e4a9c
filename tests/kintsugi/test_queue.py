"""The queue's contract: stored with the submission or not at all, taken by someone, once."""

import asyncio
import threading
import time
from collections.abc import Callable, Generator

import pytest
import sqlalchemy as sa

from kintsugi.accounts.models import Account
from kintsugi.attempts.models import Attempt, Grading, Submission, Trial
from kintsugi.database import Database, make_sync_engine
from kintsugi.queue import Consumer, Queue, forgive
from kintsugi.settings import Settings

Consume = Callable[..., None]


@pytest.fixture
def queue(settings: Settings) -> Generator[Queue]:
    made = Queue(settings)
    yield made
    made.close()


def accept(settings: Settings, queue: Queue, *ids: str, account: str = "ida") -> None:
    """Store and queue submissions, each with its transaction; a name with `!` breaks in it."""

    async def work() -> None:
        database = Database(settings)
        for name in ids:
            try:
                async with database.writing() as session:
                    session.add(
                        Submission(
                            id=name,
                            attempt_id=account,
                            account_id=account,
                            number=int(name.strip("!")[1:]),
                            files={},
                        )
                    )
                    await session.flush()
                    session.add(Grading(id=f"g-{name}", submission_id=name))
                    await session.flush()
                    await queue.enqueue(
                        session, submission_id=name, grading_id=f"g-{name}", account_id=account
                    )
                    if name.endswith("!"):
                        raise KeyError(name)
            except KeyError:
                pass
        await database.close()

    asyncio.run(work())


def ask_for_trials(settings: Settings, queue: Queue, *ids: str, account: str = "ida") -> None:
    """Store and queue trials."""

    async def work() -> None:
        database = Database(settings)
        for name in ids:
            async with database.writing() as session:
                session.add(Trial(id=name, attempt_id=account, account_id=account, calls=[]))
                await session.flush()
                await queue.enqueue_trial(session, trial_id=name, account_id=account)
        await database.close()

    asyncio.run(work())


@pytest.fixture(autouse=True)
def accounts(settings: Settings) -> None:
    async def work() -> None:
        database = Database(settings)
        for name in ("ida", "bo"):
            async with database.writing() as session:
                session.add(Account(id=name, handle=name))
                await session.flush()
                session.add(Attempt(id=name, account_id=name, kata="k", files={}))
        await database.close()

    asyncio.run(work())


def counts(settings: Settings) -> tuple[int, int]:
    """Submissions stored, jobs queued."""
    engine = make_sync_engine(settings.sync_url)
    with engine.connect() as connection:
        found = [
            connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
            for table in ("submission", "workflow_status")
        ]
    engine.dispose()
    return found[0], found[1]


class Taken:
    """Stands for the graders: notes what it was given, and how many at once."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.ids: list[str] = []
        self.most = 0
        self._now = 0
        self._seconds = seconds
        self._lock = threading.Condition()

    def __call__(self, submission_id: str) -> None:
        with self._lock:
            self.ids.append(submission_id)
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(self._seconds)
        with self._lock:
            self._now -= 1
            self._lock.notify_all()

    def wait_for_one(self) -> None:
        """Until the first has begun."""
        deadline = time.monotonic() + 20
        while not self.ids:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def wait(self, done: Callable[[list[str]], bool]) -> list[str]:
        with self._lock:
            assert self._lock.wait_for(lambda: done(self.ids) and not self._now, 20), self.ids
            return list(self.ids)


@pytest.fixture
def consume(settings: Settings) -> Generator[Consume]:
    made: list[Consumer] = []

    def begin(taken: Taken, tried: Taken | None = None) -> None:
        made.append(Consumer(settings, "local", taken, tried or taken))

    yield begin
    for consumer in made:
        consumer.close()


def test_rolled_back_is_neither_stored_nor_queued(settings: Settings, queue: Queue) -> None:
    accept(settings, queue, "s1!")
    assert counts(settings) == (0, 0)
    accept(settings, queue, "s1")
    assert counts(settings) == (1, 1)


def test_what_was_queued_before_the_worker_came_is_taken_once_and_in_order(
    settings: Settings, queue: Queue, consume: Consume
) -> None:
    taken = Taken()
    accept(settings, queue, "s1", "s2", "s3")
    consume(taken)
    assert taken.wait(lambda ids: len(ids) >= 3) == ["s1", "s2", "s3"]


def test_what_a_server_was_grading_when_it_went_down_is_never_given_up(
    settings: Settings, queue: Queue, consume: Consume
) -> None:
    accept(settings, queue, "s1")
    engine = make_sync_engine(settings.sync_url)
    with engine.begin() as connection:  # as it is left behind, after more tries than are allowed
        connection.execute(
            sa.text(
                "UPDATE workflow_status SET status = 'PENDING', executor_id = 'local',"
                " recovery_attempts = 9"
            )
        )
    engine.dispose()
    forgive(settings)
    taken = Taken()
    consume(taken)
    assert taken.wait(lambda ids: len(ids) >= 1) == ["s1"]


def test_one_account_does_not_hold_up_another(
    settings: Settings, queue: Queue, consume: Consume
) -> None:
    taken = Taken(0.1)
    accept(settings, queue, *(f"s{n}" for n in range(12)))
    accept(settings, queue, "b1", account="bo")
    settings.workers = 4
    consume(taken)
    ids = taken.wait(lambda ids: len(ids) == 13)
    assert ids.index("b1") < 8
    assert taken.most <= 4


def test_no_more_are_graded_at_once_than_the_worker_may(
    settings: Settings, queue: Queue, consume: Consume
) -> None:
    taken = Taken(0.1)
    settings.workers = 1
    accept(settings, queue, "s1", "s2", "s3")
    accept(settings, queue, "b1", account="bo")
    consume(taken)
    taken.wait(lambda ids: len(ids) == 4)
    assert taken.most == 1


def test_a_trial_never_waits_behind_gradings(
    settings: Settings, queue: Queue, consume: Consume
) -> None:
    graded, tried = Taken(3.0), Taken()
    settings.workers = 1
    accept(settings, queue, "s1", "s2")
    consume(graded, tried)
    graded.wait_for_one()
    ask_for_trials(settings, queue, "t1", "t2")
    assert tried.wait(lambda ids: len(ids) == 2) == ["t1", "t2"]
    assert graded.ids == ["s1"], "the first grading is still under way"


def test_one_accounts_trials_run_one_after_the_other(
    settings: Settings, queue: Queue, consume: Consume
) -> None:
    tried = Taken(0.2)
    ask_for_trials(settings, queue, "t1", "t2", "t3")
    consume(Taken(), tried)
    assert tried.wait(lambda ids: len(ids) == 3) == ["t1", "t2", "t3"]
    assert tried.most == 1
