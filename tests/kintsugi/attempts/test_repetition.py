"""What was missed comes back. Every time is passed in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from grader_factories import tiny_kata

from grader.kata import FindingSpec, Kata
from grader.report import Severity, Skill
from kintsugi.attempts.record import Met
from kintsugi.attempts.repetition import Return, returns

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def day(number: float) -> datetime:
    return MONDAY + timedelta(days=number)


class Katas:
    """Findings in katas that are made up as they are named."""

    def __init__(self, base: Kata) -> None:
        self._base = base

    def __call__(self, slug: str, at: float, skill: Skill = Skill.AUTH, **changes: Any) -> Met:
        """A finding of a kata, closed without help on that day unless `changes` say otherwise."""
        manifest = self._base.manifest.model_copy(update={"slug": slug})
        finding = FindingSpec(id="F1", skill=skill, severity=Severity.HIGH, title="A door is open")
        kata = replace(self._base, manifest=manifest)
        return replace(Met(kata, finding, day(at), False, day(at), 0, False), **changes)

    def missed(self, slug: str, at: float, skill: Skill = Skill.AUTH) -> Met:
        return self(slug, at, skill, open=True, closed_at=None)


@pytest.fixture
def katas(tmp_path: Path) -> Katas:
    return Katas(tiny_kata(tmp_path))


def only(met: list[Met]) -> Return:
    (back,) = returns(met)
    return back


def test_what_stayed_open_is_due_after_two_days(katas: Katas) -> None:
    back = only([katas.missed("gate", 0)])
    assert (back.due_at, back.times) == (day(2), 0)


@pytest.mark.parametrize("helped", [{"hints": 1}, {"reference": True}])
def test_what_was_closed_with_help_comes_back_too(katas: Katas, helped: dict[str, Any]) -> None:
    assert only([katas("gate", 5, **helped)]).due_at == day(7)


def test_what_was_closed_without_help_does_not(katas: Katas) -> None:
    assert returns([katas("gate", 0)]) == []


def test_each_repetition_in_time_makes_the_next_interval_longer(katas: Katas) -> None:
    met = [katas.missed("gate", 0), katas("vault", 3)]
    assert only(met) == Return(met[0], day(3 + 7), 1)
    met.append(katas("desk", 10))
    assert only(met) == Return(met[0], day(10 + 21), 2)
    assert returns([*met, katas("form", 31)]) == []


def test_what_comes_too_early_neither_counts_nor_hurts(katas: Katas) -> None:
    met = [katas.missed("gate", 0), katas("vault", 1), katas("desk", 1.9)]
    assert only(met) == Return(met[0], day(2), 0)


def test_three_katas_on_one_day_are_one_repetition(katas: Katas) -> None:
    met = [katas.missed("gate", 0), katas("vault", 2), katas("desk", 2.1), katas("form", 2.2)]
    assert only(met).times == 1


def test_several_findings_of_one_kata_are_one_repetition(katas: Katas) -> None:
    met = [katas.missed("gate", 0), katas("vault", 3), katas("vault", 30)]
    assert only(met).times == 1


@pytest.mark.parametrize(
    "other",
    [
        {"slug": "gate", "at": 3},
        {"slug": "vault", "at": 3, "skill": Skill.ASYNC},
        {"slug": "vault", "at": 3, "hints": 2},
    ],
    ids=["the same kata", "another skill", "with help"],
)
def test_nothing_else_moves_it_on(katas: Katas, other: dict[str, Any]) -> None:
    missed = katas.missed("gate", 0)
    backs = returns([missed, katas(**other)])
    assert Return(missed, day(2), 0) in backs


def test_the_soonest_comes_first(katas: Katas) -> None:
    later, sooner = katas.missed("gate", 4), katas.missed("vault", 1, Skill.ASYNC)
    assert [back.missed for back in returns([later, sooner])] == [sooner, later]
