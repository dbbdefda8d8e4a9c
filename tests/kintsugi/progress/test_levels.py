"""The rule of levels: severity times difficulty, less with help, and nothing decays."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from grader_factories import tiny_kata

from grader.kata import FindingSpec, Kata
from grader.report import Severity, Skill
from kintsugi.attempts.record import Met, Record
from kintsugi.progress.levels import LEVELS, SkillLevel, earned, level_at, profile, reach

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def tiny(tmp_path: Path) -> Kata:
    """API design in F1 (medium), security in F2 (critical)."""
    return tiny_kata(tmp_path)


def harder(kata: Kata, difficulty: int, slug: str = "tiny") -> Kata:
    update = {"difficulty": difficulty, "slug": slug}
    return replace(kata, manifest=kata.manifest.model_copy(update=update))


def closed(kata: Kata, severity: Severity = Severity.CRITICAL, **changes: Any) -> Met:
    """A finding of security, closed without help."""
    finding = FindingSpec(id="F2", skill=Skill.SECURITY, severity=severity, title="A door")
    return replace(Met(kata, finding, NOON, False, NOON, 0, False), **changes)


def security(*met: Met, offered: Kata) -> SkillLevel:
    levels = profile(Record(met=met), {offered.slug: offered})
    return next(level for level in levels if level.skill is Skill.SECURITY)


@pytest.mark.parametrize(
    ("severity", "difficulty", "points"),
    [
        (Severity.CRITICAL, 1, 4),
        (Severity.HIGH, 1, 3),
        (Severity.MEDIUM, 3, 4),
        (Severity.LOW, 2, 1.5),
        (Severity.CRITICAL, 5, 12),
        (Severity.ADVICE, 5, 0),
    ],
)
def test_severity_times_difficulty(
    tiny: Kata, severity: Severity, difficulty: int, points: float
) -> None:
    assert earned(closed(harder(tiny, difficulty), severity)) == points


@pytest.mark.parametrize(
    ("helped", "share"),
    [
        ({"hints": 1}, 0.9),
        ({"hints": 2}, 0.75),
        ({"hints": 3}, 0.6),
        ({"hints": 9}, 0.6),
        ({"reference": True}, 0.25),
        ({"hints": 3, "reference": True}, 0.25),
    ],
)
def test_help_lessens_it(tiny: Kata, helped: dict[str, Any], share: float) -> None:
    assert earned(closed(tiny, **helped)) == pytest.approx(4 * share)


def test_open_is_worth_nothing_and_open_again_takes_nothing_away(tiny: Kata) -> None:
    assert earned(closed(tiny, open=True, closed_at=None)) == 0
    assert earned(closed(tiny, open=True)) == 4


def test_nothing_decays(tiny: Kata) -> None:
    assert earned(closed(tiny, closed_at=NOON - timedelta(days=3000))) == 4


@pytest.mark.parametrize(
    ("points", "level"), [(0, 0), (2.9, 0), (3, 1), (10, 2), (34, 3), (35, 4), (55, 5), (999, 5)]
)
def test_levels_begin_at_their_points(points: float, level: int) -> None:
    assert level_at(points) == level


def test_every_level_is_as_wide_on_the_scale() -> None:
    assert [reach(points) for points in (0, *LEVELS)] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert reach(1.5) == pytest.approx(0.1)
    assert reach(1000) == 1


def test_profile_has_all_seven_with_their_evidence_by_kata(tiny: Kata) -> None:
    other = harder(tiny, 3, "other")
    met = (
        closed(tiny),
        closed(other, hints=2),
        closed(other, closed_at=None, open=True),
    )
    levels = profile(Record(met=met), {"tiny": tiny})
    assert [level.skill for level in levels] == list(Skill)
    assert [level.met for level in levels if level.skill is not Skill.SECURITY] == [0] * 6
    found = next(level for level in levels if level.skill is Skill.SECURITY)
    assert (found.points, found.closed, found.met, found.last) == (10, 2, 3, NOON)
    first, second = found.evidence
    assert (first.kata.slug, first.closed, first.met, first.points) == ("tiny", 1, 1, 4)
    assert (second.kata.slug, second.closed, second.met, second.points) == ("other", 1, 2, 6)
    assert (first.hints, second.hints, second.reference) == (0, 2, False)


class TestGoal:
    def test_it_is_the_next_level(self, tiny: Kata) -> None:
        assert security(offered=harder(tiny, 5)).goal == LEVELS[0]
        assert security(closed(tiny), offered=harder(tiny, 5)).goal == LEVELS[1]

    def test_it_is_all_that_is_on_offer_where_that_is_less(self, tiny: Kata) -> None:
        assert security(closed(tiny), offered=harder(tiny, 3)).goal == 8

    def test_what_was_earned_in_katas_that_are_gone_is_no_less(self, tiny: Kata) -> None:
        level = security(closed(harder(tiny, 2)), offered=tiny)
        assert (level.points, level.goal) == (6, 6)

    def test_a_skill_that_no_kata_trains_has_none(self, tiny: Kata) -> None:
        levels = profile(Record(), {"tiny": tiny})
        assert next(level for level in levels if level.skill is Skill.ASYNC).goal == 0
