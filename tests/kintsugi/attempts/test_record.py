"""What a learner has met, out of what was graded and what was opened."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from grader_factories import tiny_kata

from grader.kata import Kata
from kintsugi.attempts.record import Graded, Help, Met, findings_met

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
OPEN, CLOSED = "open", "closed"


@pytest.fixture
def tiny(tmp_path: Path) -> Kata:
    return tiny_kata(tmp_path)


def day(number: int) -> datetime:
    return MONDAY + timedelta(days=number)


def hand_in(number: int, first: str, second: str) -> Graded:
    return Graded("tiny", day(number), {"F1": first, "F2": second})


def met(tiny: Kata, *graded: Graded, had: Help | None = None) -> tuple[Met, ...]:
    return findings_met(graded, {"tiny": had} if had else {}, {"tiny": tiny})


def test_finding_is_closed_by_the_first_submission_that_closes_it(tiny: Kata) -> None:
    first, second = met(tiny, hand_in(0, OPEN, OPEN), hand_in(1, CLOSED, OPEN))
    assert (first.finding.id, first.closed_at, first.open, first.alone) == (
        "F1",
        day(1),
        False,
        True,
    )
    assert (second.closed_at, second.open, second.last_at) == (None, True, day(1))


def test_closed_stays_closed_and_a_worse_submission_opens_it_again(tiny: Kata) -> None:
    first, _ = met(tiny, hand_in(0, CLOSED, OPEN), hand_in(3, OPEN, OPEN))
    assert (first.closed_at, first.open, first.missed_at) == (day(0), True, day(3))


def test_nothing_is_missed_that_was_closed_without_help(tiny: Kata) -> None:
    first, _ = met(tiny, hand_in(0, CLOSED, CLOSED))
    assert first.missed_at is None


def test_hints_count_that_were_open_before(tiny: Kata) -> None:
    had = Help({1: day(1), 2: day(2), 3: day(5)})
    first, second = met(tiny, hand_in(0, CLOSED, OPEN), hand_in(3, CLOSED, CLOSED), had=had)
    assert (first.hints, first.alone) == (0, True)
    assert (second.hints, second.alone, second.missed_at) == (2, False, day(3))


def test_reference_counts_from_when_it_was_opened(tiny: Kata) -> None:
    had = Help({}, reference=day(1))
    first, second = met(tiny, hand_in(0, CLOSED, OPEN), hand_in(3, CLOSED, CLOSED), had=had)
    assert (first.reference, first.alone) == (False, True)
    assert (second.reference, second.alone, second.missed_at) == (True, False, day(3))


def test_what_is_open_now_stays_open_with_all_help_that_there_was(tiny: Kata) -> None:
    had = Help({1: day(4)}, reference=day(5))
    _, second = met(tiny, hand_in(0, CLOSED, OPEN), had=had)
    assert (second.hints, second.reference, second.missed_at) == (1, True, day(0))


def test_findings_and_katas_that_are_gone_are_left_out(tiny: Kata) -> None:
    gone = Graded("tiny", day(0), {"F9": CLOSED})
    assert met(tiny, gone, Graded("gone", day(0), {"F1": CLOSED})) == ()
