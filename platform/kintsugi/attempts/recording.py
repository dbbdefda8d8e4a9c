"""What the worker writes: a grading begins, its checks come, it ends. Once each.

A worker may be killed at any moment and another take its place, or come back from a long sleep
while another has its work. So every write states what it expects to find.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from grader.report import CheckResult, Report, Verdict
from kintsugi.attempts.models import Attempt, Event, Grading, Submission, SubmissionState
from kintsugi.database import now, table_of

MAX_STARTS = 3
EVENTS_LOCK = 0x65766E74  # PostgreSQL's advisory lock: ids of events in the order of commits

_attempt = table_of(Attempt)
_submission = table_of(Submission)
_grading = table_of(Grading)
_event = table_of(Event)
WAITING = (SubmissionState.QUEUED.value, SubmissionState.GRADING.value)
GRADABLE = (*WAITING, SubmissionState.GRADED.value)  # a graded one may be graded again


@dataclass(frozen=True)
class Job:
    """A grading that this worker has begun."""

    submission_id: str
    grading_id: str
    attempt_id: str
    kata: str
    files: dict[str, str]


class Recorder:
    """The worker's pen."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def begin(self, submission_id: str) -> Job | None:
        """Take up the submission's unfinished grading; None if there is nothing to do.

        One that has ended three workers is given up instead of begun again.
        """
        with self._engine.begin() as connection:
            row = connection.execute(_unfinished(submission_id)).one_or_none()
            if row is None:
                return None
            if row.starts >= MAX_STARTS:
                _break(connection, submission_id, _error_id())
                return None
            begun = _grading.update().where(_grading.c.id == row.grading_id)
            connection.execute(begun.values(starts=row.starts + 1))
            connection.execute(
                _submission.update()
                .where(_submission.c.id == submission_id, _submission.c.state.in_(WAITING))
                .values(state=SubmissionState.GRADING.value)
            )
            add_event(connection, submission_id, "started")
            return Job(submission_id, row.grading_id, row.attempt_id, row.kata, row.files)

    def started_again(self, job: Job) -> None:
        """The checks so far do not count: the platform begins anew."""
        with self._engine.begin() as connection:
            if _is_gone(connection, job):
                return
            add_event(connection, job.submission_id, "started")

    def checks(self, job: Job, results: Sequence[CheckResult]) -> None:
        """Results as they come; for those who watch, the report has them again."""
        with self._engine.begin() as connection:
            if _is_gone(connection, job):
                return
            for result in results:
                data = result.model_dump(mode="json", include={"id", "kind", "title", "outcome"})
                add_event(connection, job.submission_id, "check", data)

    def finish(self, job: Job, report: Report) -> bool:
        """Store the report and publish it; False if it is too late for that.

        Another worker may have been quicker, or the submission has been given up meanwhile.
        """
        verdict = report.verdict.value if report.verdict else None
        with self._engine.begin() as connection:
            if not _store_report(connection, job, report):
                return False
            published = connection.execute(
                _submission.update()
                .where(_submission.c.id == job.submission_id, _submission.c.state.in_(GRADABLE))
                .values(state=SubmissionState.GRADED.value, verdict=verdict, finished_at=now())
            )
            if published.rowcount == 0:
                return False
            _note_progress(connection, job, report)
            add_event(connection, job.submission_id, "graded", {"verdict": verdict})
            return True

    def fail(self, job: Job, report: Report | None, error_id: str) -> None:
        """Nobody's verdict: not the submission's fault. What is known is kept for operators."""
        with self._engine.begin() as connection:
            if report is None or _store_report(connection, job, report):
                _break(connection, job.submission_id, error_id)

    def forgive(self) -> None:
        """The whole server went down: that is held against nothing it was grading."""
        with self._engine.begin() as connection:
            unfinished = _grading.update().where(_grading.c.report.is_(None))
            connection.execute(unfinished.values(starts=0))

    def give_up(self, submission_id: str) -> None:
        """No worker survives this submission."""
        with self._engine.begin() as connection:
            _break(connection, submission_id, _error_id())


def add_event(
    connection: sa.Connection, submission_id: str, kind: str, data: dict[str, Any] | None = None
) -> None:
    """One step for those who watch, with the caller's transaction."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({EVENTS_LOCK})")
    row = {"submission_id": submission_id, "kind": kind, "data": data or {}, "created_at": now()}
    connection.execute(_event.insert().values(row))


def _is_gone(connection: sa.Connection, job: Job) -> bool:
    """Whoever handed it in has deleted everything meanwhile."""
    found = sa.select(_submission.c.id).where(_submission.c.id == job.submission_id)
    return connection.execute(found.with_for_update()).one_or_none() is None


def _unfinished(submission_id: str) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            _grading.c.id.label("grading_id"),
            _grading.c.starts,
            _submission.c.attempt_id,
            _submission.c.files,
            _attempt.c.kata,
        )
        .join(_submission, _submission.c.id == _grading.c.submission_id)
        .join(_attempt, _attempt.c.id == _submission.c.attempt_id)
        .where(
            _submission.c.id == submission_id,
            _submission.c.state.in_(GRADABLE),
            _grading.c.report.is_(None),
        )
        .order_by(_grading.c.created_at)
        .limit(1)
        .with_for_update(of=(_grading, _submission))
    )


def _store_report(connection: sa.Connection, job: Job, report: Report) -> bool:
    stored = connection.execute(
        _grading.update()
        .where(_grading.c.id == job.grading_id, _grading.c.report.is_(None))
        .values(report=report.model_dump_json(), standing=report.standing, finished_at=now())
    )
    return stored.rowcount == 1


def _note_progress(connection: sa.Connection, job: Job, report: Report) -> None:
    """Keep the attempt's best: a later, worse submission does not undo a mended kata."""
    best = sa.case(
        (_attempt.c.closed < report.score.closed, report.score.closed), else_=_attempt.c.closed
    )
    mended = _attempt.c.mended | (report.verdict is Verdict.APPROVED)
    connection.execute(
        _attempt.update()
        .where(_attempt.c.id == job.attempt_id)
        .values(closed=best, total=report.score.find_total, mended=mended)
    )


def _break(connection: sa.Connection, submission_id: str, error_id: str) -> None:
    broken = connection.execute(
        _submission.update()
        .where(_submission.c.id == submission_id, _submission.c.state.in_(WAITING))
        .values(state=SubmissionState.BROKEN.value, error_id=error_id, finished_at=now())
    )
    if broken.rowcount:
        add_event(connection, submission_id, "broken", {"error_id": error_id})


def _error_id() -> str:
    return uuid.uuid4().hex[:12]
