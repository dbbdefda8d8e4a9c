"""What the routes of this room are given: one visitor's attempts, to read or to write."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from kintsugi.accounts.identity import BrowserVisitor, Caller
from kintsugi.accounts.service import Visitor
from kintsugi.attempts.arrivals import Arrivals
from kintsugi.attempts.events import EventHub
from kintsugi.attempts.service import Attempts
from kintsugi.attempts.submitting import JobQueue, Submissions
from kintsugi.attempts.trials import TrialQueue, Trials
from kintsugi.catalogue.dependencies import ShelfDep
from kintsugi.catalogue.service import Shelf
from kintsugi.database import Database, Reading, Writing, get_database
from kintsugi.settings import Settings


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _queue(request: Request) -> JobQueue:
    """The queue opens while the server is already answering; whoever hands in waits for it."""
    queue: JobQueue = await request.app.state.queue()
    return queue


async def _trial_queue(request: Request) -> TrialQueue:
    queue: TrialQueue = await request.app.state.queue()
    return queue


SettingsDep = Annotated[Settings, Depends(_settings)]
# Before any session: nobody waits for the queue while holding the database's write lock.
QueueDep = Annotated[JobQueue, Depends(_queue)]
TrialQueueDep = Annotated[TrialQueue, Depends(_trial_queue)]


def _page_read(
    session: Reading, shelf: ShelfDep, visitor: BrowserVisitor, settings: SettingsDep
) -> Attempts:
    return Attempts(session, shelf, visitor, settings.signing_key)


def _page_write(
    visitor: BrowserVisitor, session: Writing, shelf: ShelfDep, settings: SettingsDep
) -> Attempts:
    return Attempts(session, shelf, visitor, settings.signing_key)


def _api_read(
    session: Reading, shelf: ShelfDep, visitor: Caller, settings: SettingsDep
) -> Attempts:
    return Attempts(session, shelf, visitor, settings.signing_key)


def _api_write(
    visitor: Caller, session: Writing, shelf: ShelfDep, settings: SettingsDep
) -> Attempts:
    return Attempts(session, shelf, visitor, settings.signing_key)


def _hub(request: Request) -> EventHub:
    hub: EventHub = request.app.state.hub
    return hub


HubDep = Annotated[EventHub, Depends(_hub)]
PageAttempts = Annotated[Attempts, Depends(_page_read, scope="function")]
PageAttemptsToWrite = Annotated[Attempts, Depends(_page_write, scope="function")]
ApiAttempts = Annotated[Attempts, Depends(_api_read, scope="function")]
ApiAttemptsToWrite = Annotated[Attempts, Depends(_api_write, scope="function")]


def _page_submissions(
    queue: QueueDep, attempts: PageAttemptsToWrite, settings: SettingsDep
) -> Submissions:
    return Submissions(attempts, queue, settings.submissions_per_minute)


def _api_submissions(
    queue: QueueDep, attempts: ApiAttemptsToWrite, settings: SettingsDep
) -> Submissions:
    return Submissions(attempts, queue, settings.submissions_per_minute)


PageSubmissions = Annotated[Submissions, Depends(_page_submissions, scope="function")]
ApiSubmissions = Annotated[Submissions, Depends(_api_submissions, scope="function")]


def _page_trials(queue: TrialQueueDep, attempts: PageAttemptsToWrite) -> Trials:
    return Trials(attempts, queue)


def _api_trials(queue: TrialQueueDep, attempts: ApiAttemptsToWrite) -> Trials:
    return Trials(attempts, queue)


def _arrivals(request: Request) -> Arrivals:
    arrivals: Arrivals = request.app.state.arrivals
    return arrivals


ArrivalsDep = Annotated[Arrivals, Depends(_arrivals)]
PageTrials = Annotated[Trials, Depends(_page_trials, scope="function")]
ApiTrials = Annotated[Trials, Depends(_api_trials, scope="function")]


@dataclass(frozen=True)
class Reader:
    """Reads a visitor's attempts in short sessions, for a page that waits in between."""

    database: Database
    shelf: Shelf
    visitor: Visitor
    key: str

    @contextlib.asynccontextmanager
    async def attempts(self) -> AsyncGenerator[Attempts]:
        async with self.database.reading() as session:
            yield Attempts(session, self.shelf, self.visitor, self.key)


def _reader(
    database: Annotated[Database, Depends(get_database)],
    shelf: ShelfDep,
    visitor: BrowserVisitor,
    settings: SettingsDep,
) -> Reader:
    return Reader(database, shelf, visitor, settings.signing_key)


PageReader = Annotated[Reader, Depends(_reader)]
