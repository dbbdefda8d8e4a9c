"""The weeks in which something was mended; of a week without nothing is said. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

SHOWN = 12
WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Week:
    """One week from Monday, in UTC, and how many findings were closed in it."""

    monday: date
    closed: int


@dataclass(frozen=True)
class Weeks:
    """The last weeks, the oldest first.

    Attributes:
        in_a_row: how many in a row, up to this week or the last: this one is not over yet.
    """

    shown: tuple[Week, ...]
    in_a_row: int

    @property
    def mended(self) -> int:
        """In how many of them something was mended."""
        return sum(week.closed > 0 for week in self.shown)


def weeks(closings: Iterable[datetime], at: datetime) -> Weeks:
    """Count by weeks.

    Args:
        closings: when findings were closed.
        at: the moment; its week is the last that is shown.
    """
    closed = Counter(_monday(each) for each in closings)
    now = _monday(at)
    shown = tuple(
        Week(now - ago * WEEK, closed[now - ago * WEEK]) for ago in reversed(range(SHOWN))
    )
    return Weeks(shown, _in_a_row(closed, now if closed[now] else now - WEEK))


def _in_a_row(closed: Counter[date], monday: date) -> int:
    count = 0
    while closed[monday - count * WEEK]:
        count += 1
    return count


def _monday(moment: datetime) -> date:
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())
