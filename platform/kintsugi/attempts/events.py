"""Progress, as it comes: one reader of the events' table for everyone who watches.

While somebody watches, the reader asks for new rows every 100 ms, one query for all. Whoever
connects reads what has happened so far from the database, so a lost signal costs delay and never
truth. No watcher holds a database session while it waits.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator

from sqlmodel import col, func, select

from kintsugi.attempts.models import Event, Submission, SubmissionState
from kintsugi.database import Database

POLL_S = 0.1
FINAL = {SubmissionState.GRADED, SubmissionState.SUPERSEDED, SubmissionState.BROKEN}


class Subscription:
    """What has happened to one submission since somebody began to watch it."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._news = asyncio.Event()
        self.position: int | None = None

    def add(self, event: Event) -> None:
        self._events.append(event)
        self._news.set()

    def move(self, position: int | None) -> None:
        if position != self.position:
            self.position = position
            self._news.set()

    def wake(self) -> None:
        self._news.set()

    async def news(self, timeout_s: float) -> list[Event]:
        """Wait for something new; nothing after the time, or when only the position has changed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), timeout_s)
        self._news.clear()
        events, self._events = self._events, []
        return events


class EventHub:
    """The reader, and everyone who watches through it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.watched: dict[str, set[Subscription]] = defaultdict(set)
        self._wanted = asyncio.Event()
        self.listening = asyncio.Event()
        self._last = 0
        self.closed = False

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            await self._wanted.wait()
            self._last = await self._newest()
            self.listening.set()
            while self.watched:
                await self._read()
                await asyncio.sleep(POLL_S)
            self.listening.clear()
            self._wanted.clear()

    @contextlib.asynccontextmanager
    async def watching(self, submission_id: str) -> AsyncGenerator[Subscription]:
        """From here on nothing of this submission is missed."""
        subscription = Subscription()
        self.watched[submission_id].add(subscription)
        self._wanted.set()
        try:
            await self.listening.wait()
            yield subscription
        finally:
            self.watched[submission_id].discard(subscription)
            if not self.watched[submission_id]:
                del self.watched[submission_id]

    def close(self) -> None:
        """The server stops: streams end now, and browsers come back to the next server."""
        self.closed = True
        for subscription in self._everyone():
            subscription.wake()

    async def _newest(self) -> int:
        async with self._database.reading() as session:
            return (await session.exec(select(func.max(Event.id)))).one() or 0

    async def _read(self) -> None:
        async with self._database.reading() as session:
            new = select(Event).where(col(Event.id) > self._last).order_by(col(Event.id))
            events = (await session.exec(new.limit(1000))).all()
            if not events:
                return
            line = await session.exec(
                select(Submission.id)
                .where(Submission.state == SubmissionState.QUEUED.value)
                .order_by(col(Submission.created_at))
            )
            places = {submission_id: place for place, submission_id in enumerate(line, start=1)}
        self._last = events[-1].id or 0
        for event in events:
            for subscription in self.watched.get(event.submission_id, ()):
                subscription.add(event)
        for submission_id, subscriptions in self.watched.items():
            for subscription in subscriptions:
                subscription.move(places.get(submission_id))

    def _everyone(self) -> Iterator[Subscription]:
        for subscriptions in self.watched.values():
            yield from subscriptions
