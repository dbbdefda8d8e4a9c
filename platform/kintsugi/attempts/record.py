"""What a learner has met so far: each finding, whether it was closed, and with which help. Pure.

A finding is met once a submission was graded that looked at it. Closed once is closed: a later,
worse submission takes nothing away, it only says that the finding is open now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from grader.kata import FindingSpec, Kata
from grader.report import State


@dataclass(frozen=True)
class Graded:
    """A submission whose suite looked at everything. `standing`: finding -> open or closed."""

    kata: str
    handed_in: datetime
    standing: Mapping[str, str]


@dataclass(frozen=True)
class Help:
    """What was opened of one kata, over all attempts at it.

    Attributes:
        hints: when each was opened first, by its number.
        reference: when it was opened before an approval; None if it was not.
    """

    hints: Mapping[int, datetime]
    reference: datetime | None = None


@dataclass(frozen=True)
class Begun:
    """A kata that was begun: the best of all attempts at it."""

    kata: Kata
    touched_at: datetime
    mended: bool
    closed: int
    gave_up: bool


@dataclass(frozen=True)
class Met:
    """A finding that a learner has met.

    Attributes:
        last_at: when the latest submission that was graded had been handed in.
        open: it is open in that one.
        closed_at: when the first submission that closed it had been handed in.
        hints, reference: what was open by then; without a closing, what is open now.
    """

    kata: Kata
    finding: FindingSpec
    last_at: datetime
    open: bool
    closed_at: datetime | None
    hints: int
    reference: bool

    @property
    def alone(self) -> bool:
        """Closed without any help."""
        return self.closed_at is not None and not self.hints and not self.reference

    @property
    def missed_at(self) -> datetime | None:
        """Since when it counts as missed: it is open, or it was closed with help only."""
        if self.open:
            return self.last_at
        return None if self.alone else self.closed_at


@dataclass(frozen=True)
class Record:
    """Everything that a learner has shown; only attempts that may be seen whole are part of it.

    Attributes:
        begun: the katas, the one worked on last first.
    """

    met: tuple[Met, ...] = ()
    begun: tuple[Begun, ...] = ()

    @property
    def mended(self) -> set[str]:
        return {each.kata.slug for each in self.begun if each.mended}


def findings_met(
    graded: Sequence[Graded], help_with: Mapping[str, Help], katas: Mapping[str, Kata]
) -> tuple[Met, ...]:
    """By kata and by finding, in the order in which the katas declare them.

    Args:
        graded: in the order in which they were handed in.
        help_with: what was opened, by the kata.
        katas: a finding that its kata does not declare any more is left out.
    """
    by_kata: dict[str, list[Graded]] = {}
    for each in graded:
        by_kata.setdefault(each.kata, []).append(each)
    return tuple(
        met
        for slug, kata in katas.items()
        if slug in by_kata
        for finding in kata.manifest.findings
        for met in _met(kata, finding, by_kata[slug], help_with.get(slug, Help({})))
    )


def _met(kata: Kata, finding: FindingSpec, graded: Iterable[Graded], had: Help) -> list[Met]:
    """The one finding, or nothing where no submission looked at it."""
    looked = [each for each in graded if finding.id in each.standing]
    if not looked:
        return []
    closed = (each.handed_in for each in looked if each.standing[finding.id] == State.CLOSED)
    closed_at = next(closed, None)
    hints = [at for at in had.hints.values() if closed_at is None or at < closed_at]
    reference = had.reference is not None and (closed_at is None or had.reference < closed_at)
    last = looked[-1]
    is_open = last.standing[finding.id] == State.OPEN
    return [Met(kata, finding, last.handed_in, is_open, closed_at, len(hints), reference)]
