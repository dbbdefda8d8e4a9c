"""What was missed comes back as another kata of the same skill: after two, seven, 21 days. Pure.

A finding is missed while it is open in the last submission, or if it was closed with hints or with
the reference open. From the day on which it is due, closing a finding of the same skill in another
kata without help moves it on to the next interval; after the third it is learned. What is done
before that day neither counts nor hurts: repetition works by the time between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kintsugi.attempts.record import Met

INTERVALS = tuple(timedelta(days=days) for days in (2, 7, 21))


@dataclass(frozen=True)
class Return:
    """A missed finding that comes back.

    Attributes:
        due_at: from then on.
        times: how often it has come back already.
    """

    missed: Met
    due_at: datetime
    times: int


def returns(met: Sequence[Met]) -> list[Return]:
    """Everything that comes back, the soonest first."""
    found = [back for each in met if (back := _return(each, met)) is not None]
    return sorted(found, key=lambda back: (back.due_at, back.missed.finding.severity.rank))


def _return(missed: Met, met: Sequence[Met]) -> Return | None:
    since = missed.missed_at
    if since is None:
        return None
    times, due_at = 0, since + INTERVALS[0]
    for closed_at in _repeated(missed, met):
        if closed_at >= due_at:
            times += 1
            if times == len(INTERVALS):
                return None
            due_at = closed_at + INTERVALS[times]
    return Return(missed, due_at, times)


def _repeated(missed: Met, met: Sequence[Met]) -> list[datetime]:
    """When the same skill was shown in other katas: once for each of them, in order."""
    first: dict[str, datetime] = {}
    for each in met:
        other = each.kata.slug != missed.kata.slug
        if other and each.finding.skill is missed.finding.skill and each.alone and each.closed_at:
            first[each.kata.slug] = min(first.get(each.kata.slug, each.closed_at), each.closed_at)
    return sorted(first.values())
