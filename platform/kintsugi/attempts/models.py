"""Tables of attempts. What callers see of them is in `views`."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from kintsugi.database import Moment, new_id, now


class SubmissionState(StrEnum):
    """Where a submission stands; it never goes back, except from grading to queued."""

    QUEUED = "queued"
    GRADING = "grading"
    GRADED = "graded"
    SUPERSEDED = "superseded"
    BROKEN = "broken"

    @property
    def final(self) -> bool:
        return self in (self.GRADED, self.SUPERSEDED, self.BROKEN)


class TrialState(StrEnum):
    """Where a trial stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    BROKEN = "broken"

    @property
    def final(self) -> bool:
        return self in (self.DONE, self.BROKEN)


class Disclosure(StrEnum):
    """What of a report its owner may see now."""

    NONE = "none"
    VERDICT = "verdict"
    FULL = "full"


class Attempt(SQLModel, table=True):
    """One learner's work on one kata.

    Attributes:
        files: the draft: the editable files as they were last saved.
        revision: counts the saves; a save names the one it began from.
        review_first: its learner lists flaws before anything is handed in.
        closes_at: after it nothing can be saved or handed in.
        closed, total: findings closed by the best submission so far, of how many.
        mended: a submission was approved.
        gave_up_at: when its learner opened the reference instead of mending on.
        touched_at: when the learner last did something to it.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True, ondelete="CASCADE")
    kata: str
    disclosure: str = Disclosure.FULL.value
    review_first: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    closes_at: datetime | None = Field(default=None, sa_type=Moment)
    files: dict[str, str] = Field(sa_type=sa.JSON)
    revision: int = 0
    closed: int = 0
    total: int = 0
    mended: bool = False
    gave_up_at: datetime | None = Field(default=None, sa_type=Moment)
    created_at: datetime = Field(default_factory=now, sa_type=Moment)
    touched_at: datetime = Field(default_factory=now, sa_type=Moment)


class ListedFlaw(SQLModel, table=True):
    """One flaw of the starter, as a learner named it before handing in."""

    id: str = Field(default_factory=new_id, primary_key=True)
    attempt_id: str = Field(foreign_key="attempt.id", index=True, ondelete="CASCADE")
    skill: str
    severity: str
    file: str
    line: int
    last_line: int
    text: str
    created_at: datetime = Field(default_factory=now, sa_type=Moment)


class OpenedHint(SQLModel, table=True):
    """One of a kata's hints, opened in an attempt; the first is number 1."""

    attempt_id: str = Field(foreign_key="attempt.id", primary_key=True, ondelete="CASCADE")
    number: int = Field(primary_key=True)
    opened_at: datetime = Field(default_factory=now, sa_type=Moment)


class Submission(SQLModel, table=True):
    """One immutable hand-in.

    Attributes:
        number: counts the attempt's submissions, from 1.
        verdict: of the published grading.
        error_id: names what broke, for the operators.
    """

    __table_args__ = (
        sa.UniqueConstraint("attempt_id", "number", name="uq_submission_attempt_id"),
        sa.Index("ix_submission_state_created_at", "state", "created_at"),
    )

    id: str = Field(default_factory=new_id, primary_key=True)
    attempt_id: str = Field(foreign_key="attempt.id", ondelete="CASCADE")
    account_id: str = Field(foreign_key="account.id", index=True, ondelete="CASCADE")
    number: int
    files: dict[str, str] = Field(sa_type=sa.JSON)
    state: str = SubmissionState.QUEUED.value
    verdict: str | None = None
    error_id: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)


class Grading(SQLModel, table=True):
    """One run of the suite over a submission. Its report is written once.

    Attributes:
        starts: how often a worker has begun it; a worker that dies leaves it to another.
        standing: what `Report.standing` says, beside the report: reports are long, and whoever
            counts findings reads many.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    submission_id: str = Field(foreign_key="submission.id", index=True, ondelete="CASCADE")
    starts: int = 0
    report: str | None = Field(default=None, sa_type=sa.Text)
    standing: dict[str, str] | None = Field(default=None, sa_type=sa.JSON)
    created_at: datetime = Field(default_factory=now, sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)


class Event(SQLModel, table=True):
    """One step of a submission, for those who watch. `id` gives the order."""

    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    submission_id: str = Field(foreign_key="submission.id", index=True, ondelete="CASCADE")
    kind: str
    data: dict[str, Any] = Field(default_factory=dict, sa_type=sa.JSON)
    created_at: datetime = Field(default_factory=now, sa_type=Moment)


class Trial(SQLModel, table=True):
    """Requests of a learner's to the own draft, and what came of them.

    Attributes:
        calls: what is sent, in order (`grader.trial.Call`).
        starts: how often a worker has begun it.
        report: `grader.trial.TrialReport`, written once.
        error_id: names what broke, for the operators.
    """

    __table_args__ = (sa.Index("ix_trial_attempt_id_created_at", "attempt_id", "created_at"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    attempt_id: str = Field(foreign_key="attempt.id", ondelete="CASCADE")
    account_id: str = Field(foreign_key="account.id", index=True, ondelete="CASCADE")
    calls: list[dict[str, Any]] = Field(sa_type=sa.JSON)
    state: str = TrialState.QUEUED.value
    starts: int = 0
    report: str | None = Field(default=None, sa_type=sa.Text)
    error_id: str | None = None
    created_at: datetime = Field(default_factory=now, sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
