"""The reference: the author's repair against one's own, once approved or on giving up."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlmodel import col, select

from grader.kata import Kata
from kintsugi.attempts.admitting import is_closed, refuse_closed
from kintsugi.attempts.comparing import changed_file
from kintsugi.attempts.help_views import Choice, ReferenceDocument
from kintsugi.attempts.models import Attempt, Submission
from kintsugi.attempts.service import Attempts
from kintsugi.attempts.views import handed_in
from kintsugi.database import now
from kintsugi.diffs import FileDiff, diff
from kintsugi.errors import ForbiddenError

STILL_CLOSED = (
    "The reference opens once a submission is approved, or when you give up: POST to the same"
    ' address with {"sure": true}.'
)


class Beside(StrEnum):
    """What of one's own the reference is compared with."""

    SUBMISSION = "submission"
    DRAFT = "draft"


@dataclass(frozen=True)
class Reference:
    """The page of a reference, whether it is open or not.

    Attributes:
        open: approved, or given up.
        can_open: it is still closed, and giving up would open it.
        last: the latest submission, whatever came of it.
        beside: what it is compared with.
        files: what changes from one's own to the reference; empty while it is closed.
    """

    attempt: Attempt
    kata: Kata
    open: bool
    can_open: bool
    last: Submission | None
    beside: Beside
    files: list[FileDiff] = field(default_factory=list[FileDiff])

    @property
    def choices(self) -> list[Choice]:
        """What the author says about each repair, in the kata's order."""
        return _choices(self.kata) if self.open else []

    def context(self) -> dict[str, Any]:
        """For the template."""
        return {"kata": self.kata, "attempt": self.attempt, "reference": self}

    def document(self) -> ReferenceDocument:
        """For the API.

        Raises:
            ForbiddenError: it is closed.
        """
        if not self.open:
            raise ForbiddenError(STILL_CLOSED, title="Still closed")
        beside_submission = self.last and self.beside is Beside.SUBMISSION
        return ReferenceDocument(
            kata=self.kata.slug,
            gave_up_at=self.attempt.gave_up_at,
            submission=self.last.id if self.last and beside_submission else None,
            files=_editable(self.kata, self.kata.reference),
            changes=[changed_file(file) for file in self.files],
            choices=self.choices,
        )


@dataclass(frozen=True)
class References:
    """Where a visitor looks at references."""

    attempts: Attempts

    async def look(self, attempt_id: str, beside: Beside = Beside.SUBMISSION) -> Reference:
        """The reference against the last submission or the draft; without one the draft.

        Raises:
            NotFoundError: no such attempt, someone else's, or one that has no reference.
        """
        return await self._of(await self.attempts.learning(attempt_id), beside)

    async def give_up(self, attempt_id: str) -> Reference:
        """Open it now. The moment is noted once; what is approved already needs no giving up.

        Raises:
            NotFoundError: as `look`.
            ConflictError: the attempt is closed.
        """
        attempt = await self.attempts.learning(attempt_id, to_write=True)
        if not (attempt.mended or attempt.gave_up_at):
            refuse_closed(attempt)
            attempt.gave_up_at = attempt.touched_at = now()
        return await self._of(attempt, Beside.SUBMISSION)

    async def _of(self, attempt: Attempt, beside: Beside) -> Reference:
        kata = self.attempts.shelf.katas[attempt.kata]
        is_open = attempt.mended or attempt.gave_up_at is not None
        last = await self._last(attempt)
        beside = beside if last else Beside.DRAFT
        own = handed_in(last.files, kata) if last and beside is Beside.SUBMISSION else attempt.files
        # Hostile files may take a second: that is not the event loop's.
        files = await asyncio.to_thread(_changes, own, kata) if is_open else []
        can_open = not is_open and not is_closed(attempt)
        return Reference(attempt, kata, is_open, can_open, last, beside, files)

    async def _last(self, attempt: Attempt) -> Submission | None:
        found = (
            select(Submission)
            .where(Submission.attempt_id == attempt.id)
            .order_by(col(Submission.number).desc())
            .limit(1)
        )
        return (await self.attempts.session.exec(found)).one_or_none()


def _changes(own: Mapping[str, str], kata: Kata) -> list[FileDiff]:
    return diff(_editable(kata, own), _editable(kata, kata.reference))


def _editable(kata: Kata, files: Mapping[str, str]) -> dict[str, str]:
    return {path: files.get(path, kata.starter[path]) for path in kata.manifest.editable}


def _choices(kata: Kata) -> list[Choice]:
    return [
        Choice(
            id=finding.id,
            skill=finding.skill,
            severity=finding.severity,
            title=finding.title,
            recommendation=note.recommendation,
            trade_off=note.trade_off,
            alternatives=note.alternatives,
        )
        for finding in kata.manifest.findings
        if (note := kata.notes.get(finding.id))
    ]
