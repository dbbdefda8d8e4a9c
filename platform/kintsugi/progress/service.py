"""One learner's progress, out of what they have shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from grader.kata import Kata
from kintsugi.attempts.onward import Choice, Onward, onward
from kintsugi.attempts.record import Record
from kintsugi.attempts.repetition import Return, returns
from kintsugi.attempts.service import Attempts
from kintsugi.catalogue.models import KataState
from kintsugi.database import now
from kintsugi.progress.levels import SkillLevel, profile
from kintsugi.progress.models import (
    EvidenceDocument,
    KataDocument,
    NextDocument,
    ProgressDocument,
    ReturnDocument,
    SkillDocument,
    WeekDocument,
)
from kintsugi.progress.weeks import Weeks, weeks


@dataclass(frozen=True)
class Comeback:
    """A skill that comes back: the finding that is due first, and the kata it comes back as."""

    back: Return
    kata: Kata


@dataclass(frozen=True)
class Progress:
    """Everything that the page shows."""

    at: datetime
    record: Record
    skills: tuple[SkillLevel, ...]
    comebacks: tuple[Comeback, ...]
    weeks: Weeks
    step: Onward | None

    @property
    def closed(self) -> int:
        return sum(skill.closed for skill in self.skills)

    @property
    def met(self) -> int:
        return sum(skill.met for skill in self.skills)

    def document(self) -> ProgressDocument:
        """For the API."""
        step = self.step
        return ProgressDocument(
            skills=[_skill(each) for each in self.skills],
            katas=_katas(self.record),
            returns=[_return(each) for each in self.comebacks],
            weeks=[WeekDocument(monday=w.monday, closed=w.closed) for w in self.weeks.shown],
            weeks_in_a_row=self.weeks.in_a_row,
            next=NextDocument(kata=step.kata.slug, title=step.kata.manifest.title, why=step.why)
            if step
            else None,
        )


def progress(record: Record, offered: Mapping[str, Kata], at: datetime) -> Progress:
    """What a record says at that moment. Pure."""
    return Progress(
        at=at,
        record=record,
        skills=profile(record, offered),
        comebacks=_comebacks(record, offered),
        weeks=weeks((met.closed_at for met in record.met if met.closed_at), at),
        step=onward(record, offered, at),
    )


async def progress_of(attempts: Attempts) -> Progress:
    """The visitor's."""
    return progress(await attempts.record(), attempts.shelf.offered, now())


def _comebacks(record: Record, offered: Mapping[str, Kata]) -> tuple[Comeback, ...]:
    """One for each skill, the soonest first; a skill that no kata is left for is left out."""
    choice = Choice(record, offered)
    found: dict[str, Comeback] = {}
    for back in returns(record.met):
        skill = back.missed.finding.skill
        kata = choice.training(skill, without=back.missed.kata.slug)
        if kata and skill not in found:
            found[skill] = Comeback(back, kata)
    return tuple(found.values())


def _skill(level: SkillLevel) -> SkillDocument:
    return SkillDocument(
        skill=level.skill,
        level=level.level,
        points=level.points,
        goal=level.goal,
        closed=level.closed,
        met=level.met,
        evidence=[
            EvidenceDocument(
                kata=each.kata.slug,
                closed=each.closed,
                met=each.met,
                points=each.points,
                hints=each.hints,
                reference=each.reference,
            )
            for each in level.evidence
        ],
    )


def _katas(record: Record) -> list[KataDocument]:
    return [
        KataDocument(
            kata=each.kata.slug,
            state=KataState.MENDED if each.mended else KataState.BEGUN,
            closed=each.closed,
            total=len(each.kata.manifest.findings),
            reference=each.gave_up,
        )
        for each in record.begun
    ]


def _return(comeback: Comeback) -> ReturnDocument:
    missed = comeback.back.missed
    return ReturnDocument(
        skill=missed.finding.skill,
        finding=missed.finding.title,
        kata=missed.kata.slug,
        due_at=comeback.back.due_at,
        times=comeback.back.times,
        comes_as=comeback.kata.slug,
    )
