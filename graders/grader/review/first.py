"""A learner's own review of the starter against ours: what was found, missed, not confirmed. Pure.

A listed flaw matches a finding of the same skill if its lines touch the finding's place in the
starter, three lines round it, or the function of a route that the finding's note names. How severe
it is does not decide: a difference is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.inside.suite.places import Places, Span
from grader.kata import FindingSpec, Kata
from grader.report import Severity, Skill, Value

NEAR = 3  # lines


class Flaw(Value):
    """What a learner listed. `end` is the last line."""

    skill: Skill
    severity: Severity
    file: str
    line: int
    end: int
    text: str


class Found(Value):
    """A listed flaw that is a finding of the starter.

    Attributes:
        severity: what the review says; the flaw has what the learner said.
    """

    flaw: Flaw
    finding: str
    title: str
    severity: Severity

    @property
    def worse(self) -> int:
        """How many steps worse the review takes it; below zero where it is less."""
        return self.flaw.severity.rank - self.severity.rank


class FirstReview(Value):
    """The learner's review beside ours.

    Attributes:
        repeated: flaws that are a finding which another flaw had named already.
        missed: findings by title.
        alarms: flaws that are no finding of ours: not confirmed, which does not make them wrong.
    """

    found: tuple[Found, ...] = ()
    repeated: tuple[Found, ...] = ()
    missed: tuple[str, ...] = ()
    alarms: tuple[Flaw, ...] = ()


@dataclass(frozen=True)
class Spots:
    """Where a finding lies in the starter; nowhere in particular where both are empty."""

    place: Span | None = None
    routes: tuple[Span, ...] = ()


_known: dict[tuple[str, str], Mapping[str, Spots]] = {}


def starter_spots(kata: Kata) -> Mapping[str, Spots]:
    """Finding -> where it lies in the starter. Our own files alone are parsed, once a version."""
    key = (kata.slug, kata.version)
    if key not in _known:
        places = Places(kata.starter)
        _known[key] = {name: _spots(places, note.places) for name, note in kata.notes.items()}
    return _known[key]


def first_review(
    flaws: Sequence[Flaw], findings: Sequence[FindingSpec], spots: Mapping[str, Spots]
) -> FirstReview:
    """Match listed flaws with findings: each with one at most, and as many as possible.

    Args:
        flaws: what the learner listed, in that order.
        findings: those of the starter.
        spots: where they lie there.
    """
    candidates = [_candidates(flaw, findings, spots) for flaw in flaws]
    taken: dict[str, int] = {}
    for number in range(len(flaws)):
        _take(number, candidates, taken, set())
    named = {f.id: f for f in findings}
    owner = {number: finding for finding, number in taken.items()}
    rest = [n for n in range(len(flaws)) if n not in owner]
    return FirstReview(
        found=tuple(_found(flaws[n], named[owner[n]]) for n in sorted(owner)),
        repeated=tuple(_found(flaws[n], named[candidates[n][0]]) for n in rest if candidates[n]),
        missed=tuple(f.title for f in findings if f.id not in taken),
        alarms=tuple(flaws[n] for n in rest if not candidates[n]),
    )


def _spots(places: Places, selectors: Sequence[str]) -> Spots:
    found = [places.find(selector) for selector in selectors]
    routes = [
        span
        for selector, spans in zip(selectors, found, strict=True)
        if selector.startswith("route ")
        for span in spans
    ]
    return Spots(next((spans[0] for spans in found if spans), None), tuple(routes))


def _candidates(
    flaw: Flaw, findings: Sequence[FindingSpec], spots: Mapping[str, Spots]
) -> list[str]:
    """The findings that a flaw may be: the nearest first, then of the most alike severity.

    One without a line in the starter comes last: there the skill has to do.
    """
    gaps = {f.id: _gap(flaw, spots.get(f.id, Spots())) for f in findings if f.skill is flaw.skill}
    alike = [(gaps[f.id], f) for f in findings if gaps.get(f.id) is not None]

    def rank(each: tuple[int | None, FindingSpec]) -> tuple[int, int]:
        return each[0] or 0, abs(flaw.severity.rank - each[1].severity.rank)

    return [finding.id for _, finding in sorted(alike, key=rank)]


def _gap(flaw: Flaw, spots: Spots) -> int | None:
    """How many lines lie between; None where it is too far for a match."""
    if spots == Spots():
        return NEAR + 1
    place = [(spots.place, NEAR)] if spots.place else []
    gaps = [
        gap
        for span, allowed in (*place, *((route, 0) for route in spots.routes))
        if span.file == flaw.file
        and (gap := max(0, span.line - flaw.end, flaw.line - span.end)) <= allowed
    ]
    return min(gaps, default=None)


def _take(
    number: int, candidates: Sequence[Sequence[str]], taken: dict[str, int], tried: set[str]
) -> bool:
    """Give a flaw one of its findings; another flaw that has it takes one of its others."""
    for finding in candidates[number]:
        if finding in tried:
            continue
        tried.add(finding)
        if finding not in taken or _take(taken[finding], candidates, taken, tried):
            taken[finding] = number
            return True
    return False


def _found(flaw: Flaw, finding: FindingSpec) -> Found:
    return Found(flaw=flaw, finding=finding.id, title=finding.title, severity=finding.severity)
