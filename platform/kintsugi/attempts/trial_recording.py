"""What the worker writes about trials: one begins, it ends. Once each."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from grader.trial import Call, TrialReport
from kintsugi.attempts.models import Attempt, Trial, TrialState
from kintsugi.database import now, table_of

MAX_STARTS = 3

_attempt = table_of(Attempt)
_trial = table_of(Trial)
WAITING = (TrialState.QUEUED.value, TrialState.RUNNING.value)


@dataclass(frozen=True)
class TrialJob:
    """A trial that this worker has begun."""

    trial_id: str
    attempt_id: str
    kata: str
    files: Mapping[str, str]
    calls: tuple[Call, ...]


class TrialRecorder:
    """The worker's pen for trials."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def begin(self, trial_id: str) -> TrialJob | None:
        """Take up a trial of the draft as it is now; None if there is nothing to do.

        One that has ended three workers is given up instead.
        """
        found = (
            sa.select(_trial, _attempt.c.kata, _attempt.c.files)
            .join(_attempt, _attempt.c.id == _trial.c.attempt_id)
            .where(_trial.c.id == trial_id, _trial.c.state.in_(WAITING))
            .with_for_update(of=_trial)
        )
        with self._engine.begin() as connection:
            row = connection.execute(found).one_or_none()
            if row is None:
                return None
            if row.starts >= MAX_STARTS:
                _end(connection, trial_id, TrialState.BROKEN, error_id=uuid.uuid4().hex[:12])
                return None
            begun = _trial.update().where(_trial.c.id == trial_id)
            values = {"state": TrialState.RUNNING.value, "starts": row.starts + 1}
            connection.execute(begun.values(values))
        calls = tuple(Call.model_validate(call) for call in row.calls)
        return TrialJob(trial_id, row.attempt_id, row.kata, row.files, calls)

    def finish(self, trial_id: str, report: TrialReport) -> None:
        """Store what came of it."""
        text = report.model_dump_json()
        with self._engine.begin() as connection:
            _end(connection, trial_id, TrialState.DONE, report=text)

    def fail(self, trial_id: str, error_id: str) -> None:
        """The platform could not run it."""
        with self._engine.begin() as connection:
            _end(connection, trial_id, TrialState.BROKEN, error_id=error_id)

    def give_up(self, trial_id: str) -> None:
        """No worker survives this trial."""
        self.fail(trial_id, uuid.uuid4().hex[:12])


def _end(connection: sa.Connection, trial_id: str, state: TrialState, **more: str) -> None:
    connection.execute(
        _trial.update()
        .where(_trial.c.id == trial_id, _trial.c.state.in_(WAITING))
        .values(state=state.value, finished_at=now(), **more)
    )
