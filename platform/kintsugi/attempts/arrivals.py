"""Who waits for a trial is told when it is over: one query for everybody who waits.

No waiting page holds a database session.
"""

import asyncio
import contextlib
from collections import defaultdict

from sqlmodel import col, select

from kintsugi.attempts.models import Trial, TrialState
from kintsugi.database import Database

POLL_S = 0.05
FINAL = [state.value for state in TrialState if state.final]


class Arrivals:
    """The reader, and everyone who waits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._wanted = asyncio.Event()
        self._closed = False

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            await self._wanted.wait()
            while self._waiting:
                await self._read()
                await asyncio.sleep(POLL_S)
            self._wanted.clear()

    async def wait(self, trial_id: str, within_s: float) -> None:
        """Return when a trial is over, after so many seconds, or when the server stops."""
        if self._closed:
            return
        over = asyncio.Event()
        self._waiting[trial_id].add(over)
        self._wanted.set()
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), within_s)
        finally:
            self._waiting[trial_id].discard(over)
            if not self._waiting[trial_id]:
                del self._waiting[trial_id]

    def close(self) -> None:
        """The server stops: nobody waits any longer."""
        self._closed = True
        for trial_id in list(self._waiting):
            self._tell(trial_id)

    async def _read(self) -> None:
        over = select(Trial.id).where(
            col(Trial.id).in_(list(self._waiting)), col(Trial.state).in_(FINAL)
        )
        async with self._database.reading() as session:
            for trial_id in (await session.exec(over)).all():
                self._tell(trial_id)

    def _tell(self, trial_id: str) -> None:
        for event in self._waiting.get(trial_id, ()):
            event.set()
