"""Hints: three steps by a kata's author, opened one by one and only when they are asked for."""

from dataclasses import dataclass
from datetime import datetime

from grader.kata import Kata
from grader.notes import HINTS
from kintsugi.attempts.admitting import is_closed, refuse_closed
from kintsugi.attempts.help_views import HintDocument, HintsDocument
from kintsugi.attempts.helped import opened_hints
from kintsugi.attempts.models import Attempt, OpenedHint
from kintsugi.attempts.service import Attempts
from kintsugi.database import add_once, now
from kintsugi.errors import ConflictError

OUT_OF_ORDER = "Hints open one after the other. The next one is number {next}."
ALL_OPEN = "Every hint is open already."


@dataclass(frozen=True)
class Hint:
    """An opened hint. Its name says what kind of step it is."""

    number: int
    name: str
    text: str
    opened_at: datetime


@dataclass(frozen=True)
class HintPanel:
    """What is open, and what could be.

    Attributes:
        next: the number that can be opened now; None if all are open, or the attempt is closed.
    """

    attempt: Attempt
    opened: tuple[Hint, ...]
    total: int
    next: int | None

    @property
    def next_name(self) -> str:
        return HINTS[self.next - 1] if self.next else ""

    def document(self) -> HintsDocument:
        """For the API."""
        opened = [
            HintDocument(number=h.number, name=h.name, text=h.text, opened_at=h.opened_at)
            for h in self.opened
        ]
        return HintsDocument(opened=opened, total=self.total, next=self.next)


@dataclass(frozen=True)
class Hints:
    """Where a visitor opens hints."""

    attempts: Attempts

    async def panel(self, attempt_id: str) -> HintPanel:
        """What is open.

        Raises:
            NotFoundError: no such attempt, someone else's, or one that has no hints.
        """
        return await self._panel(await self.attempts.learning(attempt_id))

    async def of(self, attempt: Attempt) -> HintPanel | None:
        """Beside an attempt of the visitor's that is shown anyway; None where it has no hints."""
        return await self._panel(attempt) if self.attempts.may_learn(attempt) else None

    async def open(self, attempt_id: str, number: int) -> HintPanel:
        """Open the next one. One that is open already stays as it is: a form may be sent twice.

        Raises:
            NotFoundError: as `panel`.
            ConflictError: it is not the next, or the attempt is closed.
        """
        attempt = await self.attempts.learning(attempt_id, to_write=True)
        panel = await self._panel(attempt)
        if number <= len(panel.opened):
            return panel
        refuse_closed(attempt)
        if number != panel.next:
            text = OUT_OF_ORDER.format(next=panel.next) if panel.next else ALL_OPEN
            raise ConflictError(text, title="Not the next hint")
        attempt.touched_at = now()
        await add_once(self.attempts.session, OpenedHint(attempt_id=attempt.id, number=number))
        return await self._panel(attempt)

    async def _panel(self, attempt: Attempt) -> HintPanel:
        kata = self.attempts.shelf.katas[attempt.kata]
        rows = await opened_hints(self.attempts.session, attempt.id)
        opened = tuple(_hint(row, kata) for row in rows if row.number <= len(kata.hints))
        more = len(opened) < len(kata.hints) and not is_closed(attempt)
        return HintPanel(attempt, opened, len(kata.hints), len(opened) + 1 if more else None)


def _hint(row: OpenedHint, kata: Kata) -> Hint:
    at = row.number - 1
    return Hint(row.number, HINTS[at], kata.hints[at], row.opened_at)
