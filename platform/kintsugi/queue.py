"""The queue of gradings: accepted with the submission's own transaction, lost by nobody.

The only file that knows DBOS. Its tables lie in the same database as ours. What DBOS leaves to us
is to notice that a worker on another host has died (`Watch`): its own way is a service outside,
so we use one private call of the pinned version, `_recover_pending_workflows`. The public
`resume_workflow` would set the count of attempts back and make a poisonous job endless.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig
from dbos import EnqueueOptions as Options
from sqlalchemy.exc import OperationalError
from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi import heartbeat
from kintsugi.heartbeat import WorkerState
from kintsugi.settings import Settings

APPLICATION = "kintsugi"
VERSION = "1"  # of the jobs' form; a job is taken over only by workers of the same version
PRACTICE = "practice"
POLL_S = 0.05
TRY = "try"  # a queue with slots of its own: a trial never waits behind gradings
TRIES_AT_ONCE = 2  # of one worker; one of an account
PER_ACCOUNT = 2  # of one account at once, however many it has queued
MAX_RECOVERIES = 3
BROKEN_STATUS = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
EMBEDDED = "local"  # the same after a restart: DBOS then takes up what this executor had begun

log = logging.getLogger(__name__)


class Queue:
    """The web process's side: it only puts jobs in."""

    def __init__(self, settings: Settings) -> None:
        """Connect, making DBOS's tables if they are missing."""
        DBOS.migrate(_system_url(settings))
        self._client = DBOSClient(
            system_database_url=_system_url(settings), application_name=APPLICATION
        )

    async def enqueue(
        self, session: AsyncSession, *, submission_id: str, grading_id: str, account_id: str
    ) -> None:
        """Queue a grading with the session's transaction: both are stored, or neither."""
        options: Options = {
            "workflow_name": "grade",
            "queue_name": PRACTICE,
            "queue_partition_key": account_id,
            "workflow_id": f"grading-{grading_id}",
            "app_version": VERSION,
            "application_name": APPLICATION,
        }
        await self._put(session, options, submission_id)

    async def enqueue_trial(self, session: AsyncSession, *, trial_id: str, account_id: str) -> None:
        """Queue a trial with the session's transaction."""
        options: Options = {
            "workflow_name": "try_out",
            "queue_name": TRY,
            "queue_partition_key": account_id,
            "workflow_id": f"trial-{trial_id}",
            "app_version": VERSION,
            "application_name": APPLICATION,
        }
        await self._put(session, options, trial_id)

    async def _put(self, session: AsyncSession, options: Options, argument: str) -> None:
        def put(connection: sa.Connection) -> None:
            self._client.enqueue_in_transaction(connection, options, argument)

        await (await session.connection()).run_sync(put)

    def close(self) -> None:
        self._client.destroy()


def forgive(settings: Settings) -> None:
    """The whole server went down: what it was grading begins anew, as if for the first time.

    Only before the first worker of a server, where nobody else can have begun anything.
    """
    DBOS.migrate(_system_url(settings))
    client = DBOSClient(system_database_url=_system_url(settings), application_name=APPLICATION)
    waiting = client.list_workflows(
        name="grade", status=["PENDING", "ENQUEUED"], load_input=False, load_output=False
    )
    if waiting:
        client.resume_workflows([each.workflow_id for each in waiting], queue_name=PRACTICE)
    client.destroy()


class Consumer:
    """A worker's side: takes jobs and calls `grade` and `try_out` in threads of its own."""

    def __init__(
        self,
        settings: Settings,
        executor: str,
        grade: Callable[[str], None],
        try_out: Callable[[str], None],
    ) -> None:
        """Begin to take jobs.

        Args:
            settings: of the whole application.
            executor: this worker's name; one that is used again takes up what it had begun.
            grade: is called with a submission's id, up to `settings.workers` at once.
            try_out: is called with a trial's id, up to `TRIES_AT_ONCE` at once.
        """
        # Recovered jobs come through a queue of DBOS's own, which has no such bound.
        slots = threading.BoundedSemaphore(settings.workers)
        tries = threading.BoundedSemaphore(TRIES_AT_ONCE)

        @DBOS.workflow(name="grade", max_recovery_attempts=MAX_RECOVERIES)
        def run(submission_id: str) -> None:
            with slots:
                grade(submission_id)

        @DBOS.workflow(name="try_out", max_recovery_attempts=MAX_RECOVERIES)
        def run_trial(trial_id: str) -> None:
            with tries:
                try_out(trial_id)

        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": _system_url(settings),
            "executor_id": executor,
            "application_version": VERSION,
            "log_level": "ERROR",
        }
        self._runs = (run, run_trial)
        DBOS(config=config)
        DBOS.launch()
        DBOS.register_queue(
            PRACTICE,
            worker_concurrency=settings.workers,
            partition_concurrency=PER_ACCOUNT,
            polling_interval_sec=POLL_S,
        )
        DBOS.register_queue(
            TRY,
            worker_concurrency=TRIES_AT_ONCE,
            partition_concurrency=1,
            polling_interval_sec=POLL_S,
        )

    def given_up(self) -> list[str]:
        """Submissions that ended every worker that tried them, as far as DBOS knows."""
        return _given_up("grade")

    def given_up_trials(self) -> list[str]:
        """The same of trials."""
        return _given_up("try_out")

    def close(self) -> None:
        DBOS.destroy(destroy_registry=True)


class Watch:
    """Tells that this worker lives, and takes over the work of those that do not."""

    def __init__(
        self,
        settings: Settings,
        engine: sa.Engine,
        executor: str,
        give_up: Callable[[], None],
    ) -> None:
        """Begin; `give_up` is called with every beat."""
        self._shared = not settings.embedded
        self._engine = engine
        self._executor = executor
        self._give_up = give_up
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                self._beat()
            except OperationalError as error:
                log.warning("no heartbeat: %s", error)
            self._stop.wait(heartbeat.BEAT_S)

    def _beat(self) -> None:
        heartbeat.beat(self._engine, self._executor, WorkerState.READY)
        self._give_up()
        if self._shared and (gone := heartbeat.dead(self._engine)):
            DBOS._recover_pending_workflows(gone)  # pyright: ignore[reportPrivateUsage]
            heartbeat.forget(self._engine, gone)


def _given_up(name: str) -> list[str]:
    found = DBOS.list_workflows(status=BROKEN_STATUS, name=name, limit=50, sort_desc=True)
    return [_argument(status.input) for status in found if status.input]


def _argument(given: Any) -> str:
    return str(given["args"][0])


def _system_url(settings: Settings) -> str:
    return settings.sync_url
