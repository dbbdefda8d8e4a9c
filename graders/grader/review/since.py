"""What has changed from one graded submission to a later one of the same kata. Pure.

Only what both runs looked at is compared: a service that did not start has opened nothing again.
"""

from collections.abc import Mapping

from grader.report import (
    CheckKind,
    Finding,
    Outcome,
    Place,
    Report,
    Severity,
    Skill,
    State,
    Value,
    Verdict,
)
from grader.review.outcomes import WRONG

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Move(Value):
    """One finding at both times. A place is None where the review named no line."""

    id: str
    skill: Skill
    severity: Severity
    title: str
    before: Place | None = None
    now: Place | None = None

    @property
    def moved(self) -> bool:
        """Whether it is still there, but at other lines."""
        return None not in (self.before, self.now) and self.before != self.now


class Since(Value):
    """What has changed.

    Attributes:
        closed, reopened, still_open: findings that both runs looked at; what was and stayed
            closed is in none of them.
        unseen: findings that one of the runs did not come to: nothing is said of them.
        broken, restored: rules of the business, by the titles of their checks.
        kata_changed: the kata's own version is another one.
        sentence: all of it, summed up.
    """

    verdict_before: Verdict | None
    verdict_now: Verdict | None
    closed: tuple[Move, ...] = ()
    reopened: tuple[Move, ...] = ()
    still_open: tuple[Move, ...] = ()
    unseen: tuple[Move, ...] = ()
    broken: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    kata_changed: bool = False
    sentence: str = ""


def since(before: Report, now: Report, name: str = "the last time") -> Since:
    """Compare two reports on the same kata.

    Args:
        before: of the earlier submission.
        now: of the later one.
        name: how the sentence calls the earlier one, such as `submission 1`.
    """
    stood, stands = _standing(before), _standing(now)
    moves = _moves(before, now)
    kept, keeps = _rules(before), _rules(now)
    found = Since(
        verdict_before=before.verdict,
        verdict_now=now.verdict,
        closed=_that(moves, stood, stands, True, False),
        reopened=_that(moves, stood, stands, False, True),
        still_open=_that(moves, stood, stands, True, True),
        unseen=tuple(m for m in moves if None in (stood.get(m.id), stands.get(m.id))),
        broken=tuple(t for i, (t, ok) in keeps.items() if not ok and i in kept and kept[i][1]),
        restored=tuple(t for i, (t, ok) in keeps.items() if ok and i in kept and not kept[i][1]),
        kata_changed=before.kata_version != now.kata_version,
    )
    seen = bool(keeps.keys() & kept.keys()) or len(found.unseen) < len(moves)
    return found.model_copy(update={"sentence": _sentence(found, name, seen=seen)})


def _graded(report: Report) -> Mapping[str, Finding]:
    findings = report.review.findings if report.review else ()
    return {f.id: f for f in findings if f.state in (State.OPEN, State.CLOSED)}


def _standing(report: Report) -> dict[str, bool]:
    """Finding -> whether it was seen open; one that no check could tell of is left out."""
    wrong = {c.finding for c in report.checks if c.outcome in WRONG}
    stands: dict[str, bool] = {}
    for finding in _graded(report).values():
        if finding.state is State.CLOSED:
            stands[finding.id] = False
        elif finding.id in wrong:
            stands[finding.id] = True
    return stands


def _moves(before: Report, now: Report) -> tuple[Move, ...]:
    """The findings that both reports know, in the order and the words of the later one."""
    earlier = _graded(before)
    return tuple(
        Move(
            id=f.id,
            skill=f.skill,
            severity=f.severity,
            title=f.title,
            before=earlier[f.id].place,
            now=f.place,
        )
        for f in _graded(now).values()
        if f.id in earlier
    )


def _that(
    moves: tuple[Move, ...],
    stood: Mapping[str, bool],
    stands: Mapping[str, bool],
    was_open: bool,
    is_open: bool,
) -> tuple[Move, ...]:
    wanted = (was_open, is_open)
    return tuple(m for m in moves if (stood.get(m.id), stands.get(m.id)) == wanted)


def _rules(report: Report) -> dict[str, tuple[str, bool]]:
    """Check -> title of the rule and whether it held; one that was not looked at is left out."""
    return {
        c.id: (c.title, c.outcome is Outcome.PASSED)
        for c in report.checks
        if c.kind is CheckKind.KEEP and c.outcome is not Outcome.NOT_RUN
    }


def _sentence(found: Since, name: str, *, seen: bool) -> str:
    if not seen:
        return f"Since {name}: nothing can be compared, because one of the two runs saw too little."
    parts = [
        _count(len(found.closed), "finding", "closed"),
        _count(len(found.reopened), "finding", "open again"),
        _count(len(found.broken), "rule", "broken"),
        _count(len(found.restored), "rule", "restored"),
    ]
    told = ", ".join(part for part in parts if part) or _unchanged(found)
    notes = [f"Since {name}: {told}."]
    if found.unseen:
        unseen = _count(len(found.unseen), "finding")
        notes.append(f"Not both runs came to {unseen}.")
    if found.kata_changed:
        notes.append("The kata itself has changed in between.")
    return " ".join(notes)


def _unchanged(found: Since) -> str:
    if not found.still_open:
        return "nothing has changed in what was checked"
    return f"nothing has changed, {_count(len(found.still_open), 'finding', 'still open')}"


def _count(number: int, noun: str, end: str = "") -> str:
    """`two findings closed`; empty for none."""
    if not number:
        return ""
    words = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{words} {noun}{'' if number == 1 else 's'} {end}".rstrip()
