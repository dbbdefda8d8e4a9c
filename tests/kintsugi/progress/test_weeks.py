"""Weeks in which something was mended. Every time is passed in."""

from datetime import UTC, date, datetime, timedelta, timezone

from kintsugi.progress.weeks import SHOWN, weeks

WEDNESDAY = datetime(2026, 11, 25, 12, tzinfo=UTC)


def ago(*counts: int) -> list[datetime]:
    return [WEDNESDAY - timedelta(weeks=count) for count in counts]


def test_the_last_twelve_weeks_the_oldest_first() -> None:
    shown = weeks([*ago(0, 0, 2), *ago(SHOWN)], WEDNESDAY).shown
    assert len(shown) == SHOWN
    assert (shown[-1].monday, shown[-1].closed) == (date(2026, 11, 23), 2)
    assert [week.closed for week in shown[-3:]] == [1, 0, 2]
    assert sum(week.closed for week in shown) == 3


def test_weeks_in_a_row_reach_as_far_as_they_go() -> None:
    assert weeks(ago(0, 1, 2, 4), WEDNESDAY).in_a_row == 3
    assert weeks(ago(*range(20)), WEDNESDAY).in_a_row == 20


def test_this_week_is_not_over_yet() -> None:
    assert weeks(ago(1, 2), WEDNESDAY).in_a_row == 2
    assert weeks(ago(2, 3), WEDNESDAY).in_a_row == 0


def test_a_week_begins_on_monday_in_utc() -> None:
    sunday_night_elsewhere = datetime(2026, 11, 22, 23, tzinfo=timezone(timedelta(hours=-5)))
    assert weeks([sunday_night_elsewhere], WEDNESDAY).shown[-1].closed == 1


def test_nothing_is_nothing() -> None:
    found = weeks([], WEDNESDAY)
    assert (found.mended, found.in_a_row) == (0, 0)
