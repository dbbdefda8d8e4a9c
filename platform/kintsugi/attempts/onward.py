"""The kata to go on with, by what stays open for a learner. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.kata import Kata
from grader.report import Skill

ENOUGH = 2  # graded katas; fewer say nothing about a learner


@dataclass(frozen=True)
class Result:
    """What the latest review of one kata said.

    Attributes:
        open: the skill of each finding that is open.
    """

    kata: str
    mended: bool
    open: tuple[Skill, ...]


@dataclass(frozen=True)
class Onward:
    """A kata, and one clause that says why."""

    kata: Kata
    why: str


def onward(here: Kata, results: Sequence[Result], offered: Mapping[str, Kata]) -> Onward | None:
    """A kata that is not mended yet and trains what stays open most often.

    The first in order that is new and at most one step harder than anything mended; one whose main
    skill it is comes before others.

    Args:
        here: the kata that has just been reviewed.
        results: the latest of each kata.
        offered: the katas on offer, in order.

    Returns:
        None where too little is known or no kata is left: then the kata's own `next` stands.
    """
    still = Counter(skill for result in results for skill in result.open)
    if len(results) < ENOUGH or not still:
        return None
    weakest = max(Skill, key=lambda skill: still[skill])  # the first of equals
    mended = {result.kata for result in results if result.mended} | {here.slug}
    begun = {result.kata for result in results}
    steps = [offered[slug].manifest.difficulty for slug in mended if slug in offered]
    level = max(steps, default=here.manifest.difficulty)

    def rank(kata: Kata) -> tuple[int, bool, bool, int]:
        manifest = kata.manifest
        too_hard = max(0, manifest.difficulty - level - 1)
        return too_hard, kata.slug in begun, manifest.skills[0] != weakest, manifest.order

    left = [k for k in offered.values() if k.slug not in mended and weakest in k.manifest.skills]
    if not left:
        return None
    return Onward(min(left, key=rank), _why(weakest, still[weakest], still.total()))


def _why(skill: Skill, count: int, total: int) -> str:
    name = skill.words
    name = name if name.startswith("API") else name.lower()
    if count == total:
        return f"all that stays open for you is {name}"
    if 2 * count > total:
        return f"most of what stays open for you is {name}"
    return f"{name} is what stays open for you most often"
