"""How far someone is with each of the seven skills. Pure.

**Points.** A closed finding is worth its severity (critical 4, high 3, medium 2, low 1) times the
difficulty of its kata (1.0 for the first of the five degrees, then half a time more for each: 1.5,
2.0, 2.5, 3.0). Help that was open by then lessens it: one hint leaves nine tenths, two hints three
quarters, three hints six tenths; the reference leaves a quarter. Each finding counts once, when it
is closed first, and nothing decays: neither time nor a worse submission takes points away.

**Level.** From 0 to 5: reached at 3, 10, 20, 35 and 55 points. The first takes one serious finding,
the second two or three katas, the fifth most of what there is about a skill.

**Goal.** The next level; where the katas on offer hold too little for that, all that they hold.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from grader.kata import FindingSpec, Kata
from grader.report import Severity, Skill
from kintsugi.attempts.record import Met, Record

WORTH = {Severity.CRITICAL: 4, Severity.HIGH: 3, Severity.MEDIUM: 2, Severity.LOW: 1}
WITH_HINTS = (1.0, 0.9, 0.75, 0.6)  # with none, one, two, three open
WITH_REFERENCE = 0.25
LEVELS = (3.0, 10.0, 20.0, 35.0, 55.0)  # points from which level 1, 2 ... is reached


@dataclass(frozen=True)
class Evidence:
    """What one kata shows of a skill.

    Attributes:
        hints: the most that were open when one of its findings was closed.
        reference: it was open when one was closed.
    """

    kata: Kata
    closed: int
    met: int
    points: float
    hints: int
    reference: bool


@dataclass(frozen=True)
class SkillLevel:
    """How far someone is with a skill.

    Attributes:
        goal: the points to reach next.
        last: when a finding of it was closed last.
    """

    skill: Skill
    points: float
    goal: float
    last: datetime | None
    evidence: tuple[Evidence, ...]

    @property
    def level(self) -> int:
        return level_at(self.points)

    @property
    def closed(self) -> int:
        return sum(each.closed for each in self.evidence)

    @property
    def met(self) -> int:
        return sum(each.met for each in self.evidence)


def worth(finding: FindingSpec, kata: Kata) -> float:
    """The points of a finding that is closed without help."""
    return WORTH.get(finding.severity, 0) * (1 + kata.manifest.difficulty) / 2


def earned(met: Met) -> float:
    """The points of a finding as it was closed."""
    if met.closed_at is None:
        return 0.0
    share = WITH_HINTS[min(met.hints, len(WITH_HINTS) - 1)]
    return worth(met.finding, met.kata) * min(share, WITH_REFERENCE if met.reference else 1)


def level_at(points: float) -> int:
    """0 to 5."""
    return bisect_right(LEVELS, points)


def reach(points: float) -> float:
    """Where the points lie on a scale from 0 to 1 on which every level is as wide as another."""
    level = level_at(points)
    if level == len(LEVELS):
        return 1.0
    below = LEVELS[level - 1] if level else 0.0
    return (level + (points - below) / (LEVELS[level] - below)) / len(LEVELS)


def profile(record: Record, offered: Mapping[str, Kata]) -> tuple[SkillLevel, ...]:
    """All seven skills, also those that were not met yet."""
    return tuple(_skill(skill, record.met, offered) for skill in Skill)


def _skill(skill: Skill, every: Iterable[Met], offered: Mapping[str, Kata]) -> SkillLevel:
    met = [each for each in every if each.finding.skill is skill]
    points = sum(earned(each) for each in met)
    by_kata: dict[str, list[Met]] = {}
    for each in met:
        by_kata.setdefault(each.kata.slug, []).append(each)
    return SkillLevel(
        skill=skill,
        points=points,
        goal=_goal(points, _on_offer(skill, offered)),
        last=max((each.closed_at for each in met if each.closed_at), default=None),
        evidence=tuple(_evidence(found) for found in by_kata.values()),
    )


def _goal(points: float, on_offer: float) -> float:
    following = LEVELS[min(level_at(points), len(LEVELS) - 1)]
    return min(following, max(on_offer, points))


def _on_offer(skill: Skill, offered: Mapping[str, Kata]) -> float:
    return sum(
        worth(finding, kata)
        for kata in offered.values()
        for finding in kata.manifest.findings
        if finding.skill is skill
    )


def _evidence(met: list[Met]) -> Evidence:
    closed = [each for each in met if each.closed_at]
    return Evidence(
        kata=met[0].kata,
        closed=len(closed),
        met=len(met),
        points=sum(earned(each) for each in closed),
        hints=max((each.hints for each in closed), default=0),
        reference=any(each.reference for each in closed),
    )
