"""The kata to go on with, and why: the one place where this is decided. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from grader.kata import Kata
from grader.report import Skill
from kintsugi.attempts.record import Met, Record
from kintsugi.attempts.repetition import returns

ENOUGH = 2  # graded katas; fewer say nothing about a learner
FRESH = timedelta(days=7)  # what was begun longer ago is not what one is at


@dataclass(frozen=True)
class Onward:
    """A kata, and one clause that says why."""

    kata: Kata
    why: str


@dataclass(frozen=True)
class Choice:
    """What there is to choose from.

    Attributes:
        offered: the katas on offer, in order.
        here: the kata that has just been reviewed, if one has.
    """

    record: Record
    offered: Mapping[str, Kata]
    here: Kata | None = None

    @property
    def left(self) -> dict[str, Kata]:
        """What is not mended yet, in order."""
        gone = {*self.record.mended, *([self.here.slug] if self.here else [])}
        return {slug: kata for slug, kata in self.offered.items() if slug not in gone}

    def training(self, skill: Skill, without: str = "") -> Kata | None:
        """A kata that trains a skill.

        The first in order that is new and at most one step harder than anything mended; one whose
        main skill it is comes before others. `without` names a kata that is taken only where there
        is no other.
        """
        begun = {each.kata.slug for each in self.record.begun}
        level = self._level()

        def rank(kata: Kata) -> tuple[bool, int, bool, bool, int]:
            manifest = kata.manifest
            too_hard = max(0, manifest.difficulty - level - 1)
            other = manifest.skills[0] != skill
            return kata.slug == without, too_hard, kata.slug in begun, other, manifest.order

        trains = [kata for kata in self.left.values() if skill in kata.manifest.skills]
        return min(trains, key=rank, default=None)

    def _level(self) -> int:
        """The hardest that was mended; without any the kata at hand."""
        mended = [each.kata for each in self.record.begun if each.mended]
        known = [*mended, *([self.here] if self.here else [])]
        return max((kata.manifest.difficulty for kata in known), default=1)


def onward(
    record: Record, offered: Mapping[str, Kata], at: datetime, here: Kata | None = None
) -> Onward | None:
    """What next, by the first that applies.

    1. The kata that was begun in the last week (not after a review: that one ended just now).
    2. A finding that was missed and is due again: another kata of its skill.
    3. The skill of most that stays open, once two katas were graded.
    4. The kata that the last one names, else the next in order.

    Args:
        record: what the learner has shown.
        offered: the katas on offer, in order.
        at: the moment.
        here: the kata that has just been reviewed.

    Returns:
        None where everything is mended.
    """
    choice = Choice(record, offered, here)
    begun = None if here else _begun(choice, at)
    return begun or _due(choice, at) or _weakest(choice) or _following(choice)


def _begun(choice: Choice, at: datetime) -> Onward | None:
    for each in choice.record.begun:
        fresh = at - each.touched_at <= FRESH
        if fresh and not each.gave_up and each.kata.slug in choice.left:
            total = len(each.kata.manifest.findings)
            closed = f", {each.closed} of {total} findings are closed" if each.closed else ""
            return Onward(each.kata, f"you have begun it{closed}")
    return None


def _due(choice: Choice, at: datetime) -> Onward | None:
    for back in returns(choice.record.met):
        kata = choice.training(back.missed.finding.skill, without=back.missed.kata.slug)
        if back.due_at <= at and kata:
            return Onward(kata, _why_back(back.missed))
    return None


def _why_back(missed: Met) -> str:
    skill = said(missed.finding.skill)
    if missed.open:
        how = "stayed open"
    else:
        how = "was closed with the reference open" if missed.reference else "was closed with hints"
    return f"{skill} is due again, “{missed.finding.title}” {how} in {missed.kata.slug}"


def _weakest(choice: Choice) -> Onward | None:
    met = choice.record.met
    still = Counter(each.finding.skill for each in met if each.open)
    if len({each.kata.slug for each in met}) < ENOUGH or not still:
        return None
    weakest = max(Skill, key=lambda skill: still[skill])  # the first of equals
    kata = choice.training(weakest)
    return Onward(kata, _why_weak(weakest, still[weakest], still.total())) if kata else None


def _why_weak(skill: Skill, count: int, total: int) -> str:
    if count == total:
        return f"all that stays open for you is {said(skill)}"
    if 2 * count > total:
        return f"most of what stays open for you is {said(skill)}"
    return f"{said(skill)} is what stays open for you most often"


def _following(choice: Choice) -> Onward | None:
    left = list(choice.left.values())
    if not left:
        return None
    if not choice.record.begun and not choice.here:
        return Onward(left[0], "it asks the least")
    last = choice.here or choice.record.begun[0].kata
    named = choice.left.get(last.manifest.next or "")
    if named:
        return Onward(named, f"it follows {last.slug}")
    later = (kata for kata in left if kata.manifest.order > last.manifest.order)
    return Onward(next(later, left[0]), "it is the next on the path")


def said(skill: Skill) -> str:
    """A skill's name within a sentence."""
    return skill.words if skill.words.startswith("API") else skill.words.lower()
