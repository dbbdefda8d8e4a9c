"""What the owner of an attempt sees: plain values for pages, documents for the API.

What is left out of a report is decided here, in one place for every surface (`disclosed`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from grader.kata import Kata
from grader.report import Reading, Report
from grader.review.first import FirstReview
from grader.review.since import Since
from kintsugi.attempts.models import Attempt, Disclosure, Submission, SubmissionState
from kintsugi.catalogue.models import KataState
from kintsugi.catalogue.service import Standing


@dataclass(frozen=True)
class SubmissionView:
    """A submission on a page. `verdict` is None where it is not disclosed."""

    id: str
    number: int
    state: str
    position: int | None
    created_at: datetime
    files: dict[str, str]
    error_id: str | None
    verdict: str | None

    @property
    def final(self) -> bool:
        return SubmissionState(self.state).final


@dataclass(frozen=True)
class LastSubmission:
    """What became of an attempt's latest submission. `verdict` is None where it is not disclosed.

    Attributes:
        comparable: there is a graded one before it that it can be shown against.
    """

    id: str
    number: int
    state: str
    verdict: str | None
    comparable: bool


@dataclass(frozen=True)
class AttemptView:
    """An attempt on a page.

    Attributes:
        hints: how many are open.
        reference: it was opened on giving up.
    """

    id: str
    kata: Kata
    state: str
    closed: int
    total: int
    last: datetime
    submissions: int
    submission: LastSubmission | None
    hints: int
    reference: bool


@dataclass(frozen=True)
class Earlier:
    """The submission that a later one is compared with.

    Attributes:
        files: as they were handed in.
        since: what has changed in what the graders saw.
    """

    id: str
    number: int
    files: dict[str, str]
    since: Since


@dataclass(frozen=True)
class SubmissionDetail:
    """Everything that the page of one submission shows.

    Attributes:
        grading_off: why nothing is graded at the moment, for one that waits.
        next_kata, next_why: where to go on, and one clause that says why that one.
        first: how the learner's own review compares, beside the first graded submission.
        handed_in: its files, those that were ignored too.
        earlier: the latest graded one before it, where there is one and all of it may be seen.
        hints: how many had been opened when it was handed in.
    """

    kata: Kata
    attempt: Attempt
    submission: SubmissionView
    checks: list[dict[str, Any]]
    report: Report | None
    next_kata: Kata | None
    next_why: str = ""
    grading_off: str | None = None
    earlier: Earlier | None = None
    first: FirstReview | None = None
    handed_in: dict[str, str] = field(default_factory=dict[str, str])
    hints: int = 0

    def context(self) -> dict[str, Any]:
        """For the template, and for its blocks in the event stream."""
        return {
            "kata": self.kata,
            "attempt": self.attempt,
            "submission": self.submission,
            "checks": self.checks,
            "checks_total": len(self.kata.manifest.checks),
            "report": self.report,
            "disclosure": self.attempt.disclosure,
            "next_kata": self.next_kata,
            "next_why": self.next_why,
            "grading_off": self.grading_off,
            "earlier": self.earlier,
            "first": self.first,
            "hints_before": self.hints,
        }


@dataclass(frozen=True)
class Work:
    """Everything that the page of a kata shows about its learner's work."""

    attempt: Attempt
    submissions: list[SubmissionView]
    last: SubmissionView | None


class ChangedLine(BaseModel):
    """One line of a diff; lines that stayed the same are given where they surround a change."""

    change: Literal["added", "removed", ""]
    before: int | None = Field(description="Its number in the earlier file.")
    after: int | None = Field(description="Its number in the later file.")
    text: str
    findings: list[str] = Field(description="Open findings whose place lies here, by their ids.")


class ChangedFile(BaseModel):
    """What changed in one file."""

    path: str
    was: str | None = Field(description="Its path before, if it was renamed.")
    change: Literal["changed", "added", "removed", "renamed"]
    added: int
    removed: int
    note: str | None = Field(description="Why no lines are given.")
    lines: list[ChangedLine]


class ChangesDocument(BaseModel):
    """A submission against the latest graded one before it."""

    id: str
    number: int
    earlier: str = Field(description="The id of the earlier submission.")
    earlier_number: int
    since: Since
    files: list[ChangedFile]


class AttemptCreate(BaseModel):
    """Which kata to work on."""

    kata: str = Field(max_length=100, examples=["library-desk"])


class AttemptDocument(BaseModel):
    """An attempt: the draft, and the revision to name when it is saved."""

    id: str
    kata: str
    files: dict[str, str] = Field(description="The draft: relative path -> text.")
    revision: int
    disclosure: Disclosure
    closes_at: datetime | None
    gave_up_at: datetime | None = Field(description="When the reference was opened on giving up.")
    created_at: datetime


class AttemptList(BaseModel):
    """Some attempts, the one worked on last first."""

    items: list[AttemptDocument]
    next: str | None = Field(description="Send it as `cursor`; null at the end.")


class DraftSave(BaseModel):
    """A draft to save."""

    files: dict[str, str]
    revision: int = Field(description="The one that the changes are based on.")


class DraftSaved(BaseModel):
    """The draft's new revision."""

    revision: int


class SubmissionCreate(BaseModel):
    """What is handed in."""

    files: dict[str, str] = Field(description="Relative path with forward slashes -> text.")


class SubmissionAccepted(BaseModel):
    """Stored and queued; `Location` says where to ask for it."""

    id: str
    state: SubmissionState
    position: int | None = Field(description="Place in the queue from 1; null once it began.")


class SubmissionDocument(SubmissionAccepted):
    """A submission, with its report once it is graded and as far as it is disclosed."""

    report: Report | None


def disclosed(report: Report | None, disclosure: str) -> Report | None:
    """What the owner may see of a report now."""
    if report is None or disclosure == Disclosure.NONE:
        return None
    if disclosure == Disclosure.FULL:
        return report
    # The review's first line already names a finding: all of it is left out.
    hidden: dict[str, Any] = {
        "checks": (),
        "review": None,
        "reading": Reading(),
        "failure": None,
        "tampering": (),
        "notes": (),
        "seed": 0,
    }
    return report.model_copy(update=hidden)


def submission_view(
    submission: Submission, kata: Kata, disclosure: str, position: int | None = None
) -> SubmissionView:
    """As its owner may see it."""
    laid_over, _ = kata.submission(submission.files)
    return SubmissionView(
        id=submission.id,
        number=submission.number,
        state=submission.state,
        position=position,
        created_at=submission.created_at,
        files={path: laid_over[path] for path in kata.manifest.editable},
        error_id=submission.error_id,
        verdict=None if disclosure == Disclosure.NONE else submission.verdict,
    )


def handed_in(files: Mapping[str, str], kata: Kata) -> dict[str, str]:
    """What was handed in, what was ignored too; files that were left out come from the starter."""
    return {path: kata.starter[path] for path in kata.manifest.editable} | dict(files)


def standing(attempt: Attempt, kata: Kata) -> Standing:
    """How far the attempt is, as far as its owner may know."""
    total = len(kata.manifest.findings)
    if attempt.disclosure == Disclosure.NONE:
        return Standing(KataState.BEGUN, 0, total)
    state = KataState.MENDED if attempt.mended else KataState.BEGUN
    return Standing(state, attempt.closed, total)


def attempt_document(attempt: Attempt) -> AttemptDocument:
    return AttemptDocument.model_validate(attempt, from_attributes=True)
