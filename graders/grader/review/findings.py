"""The findings of a review: regressions first, then open ones, then closed ones."""

from collections.abc import Mapping, Sequence

from grader.kata import FindingSpec, Kata
from grader.notes import FindingNote, RuleNote
from grader.report import (
    CheckKind,
    CheckResult,
    Finding,
    Outcome,
    Place,
    Severity,
    Skill,
    State,
    Verdict,
)
from grader.review.markdown import escape, fill
from grader.review.outcomes import WRONG, Checks, broken_rules, is_closed, passed

IN_FULL = 7  # open findings; more would not be read
EVIDENCE_LINES = 6  # of the checks' own sentences
BESIDE_A_NOTE = 3  # where the note's sentence has said it in general
SIDE_EFFECT = "The flaw itself is closed, but the repair has a side effect."
NOT_REACHED = "The run ended before this could be looked at."


def findings_of(
    kata: Kata, checks: Checks, places: Mapping[str, Place], verdict: Verdict
) -> tuple[Finding, ...]:
    """All findings of a kata, and before them a regression for each broken rule."""
    regressions = [_regression(kata, c) for c in broken_rules(checks)]
    specs = sorted(kata.manifest.findings, key=_by_skill_then_severity)
    open_specs = [f for f in specs if not is_closed(f.id, checks)]
    opened = [
        _open(spec, kata.notes[spec.id], checks, places.get(spec.id), in_full=number < IN_FULL)
        for number, spec in enumerate(open_specs)
    ]
    closed = [_closed(f, kata.notes[f.id]) for f in specs if is_closed(f.id, checks)]
    not_yet = [*regressions, *opened]
    return (*_with_near_miss(not_yet, near_miss(kata, checks, verdict)), *closed)


def near_miss(kata: Kata, checks: Checks, verdict: Verdict) -> str:
    """What the notes say about a well-known wrong fix; empty where this is not exactly one.

    It is recognised by the set of checks that it fails, and by its verdict.
    """
    failing = frozenset(c.id for c in checks if not passed(c))
    alike = [
        s.name
        for s in kata.specimens
        if s.expected.kind == "near_miss"
        and (s.expected.verdict, s.expected.failing) == (verdict, failing)
    ]
    known = kata.near_misses.get(alike[0]) if len(alike) == 1 else None
    return known.text if known else ""


def _by_skill_then_severity(finding: FindingSpec) -> tuple[int, int]:
    return list(Skill).index(finding.skill), finding.severity.rank


def _regression(kata: Kata, check: CheckResult) -> Finding:
    note = kata.rules.get(check.id) or _any_rule(check.title)
    spec = next(c for c in kata.manifest.checks if c.id == check.id)
    return Finding(
        id=check.id,
        skill=spec.skill or kata.manifest.skills[0],
        severity=spec.severity or Severity.HIGH,
        title=note.title,
        state=State.REGRESSION,
        evidence=(f"The rule “{check.title}” no longer held.", *_said([check])),
        why=note.why,
        recommendation=note.recommendation,
    )


def _any_rule(title: str) -> RuleNote:
    """What is true of every broken rule, for one that has no words of its own."""
    return RuleNote(
        title=f"Broken rule: {title}",
        why="The service kept this rule before the change, and people rely on it. Whoever looks at"
        " the repair will not look for the damage here.",
        recommendation="Restore this rule before anything else: follow the observed request"
        " through your change, and give back what the starter did there.",
    )


def _open(
    spec: FindingSpec, note: FindingNote, checks: Checks, place: Place | None, *, in_full: bool
) -> Finding:
    finding = Finding(
        id=spec.id,
        skill=spec.skill,
        severity=spec.severity,
        title=spec.title,
        state=State.OPEN,
        place=place,
        recommendation=note.recommendation,
    )
    if not in_full:
        return finding
    return finding.model_copy(
        update={
            "evidence": _evidence(note, [c for c in checks if c.finding == spec.id]),
            "why": note.why,
            "example": note.example,
            "trade_off": note.trade_off,
            "references": note.references,
        }
    )


def _closed(spec: FindingSpec, note: FindingNote) -> Finding:
    return Finding(
        id=spec.id,
        skill=spec.skill,
        severity=spec.severity,
        title=spec.title,
        state=State.CLOSED,
        evidence=(note.when_closed,),
    )


def _evidence(note: FindingNote, mine: Checks) -> tuple[str, ...]:
    """What was observed of an open finding, and which of its checks were not reached."""
    unreached = [c for c in mine if c.outcome is Outcome.NOT_RUN]
    if len(unreached) == len(mine):
        return (NOT_REACHED,)
    first = _first_line(note, mine)
    lines = [first, *_observed(mine)[: BESIDE_A_NOTE if first else EVIDENCE_LINES]]
    if unreached:
        titles = "; ".join(f"“{c.title}”" for c in unreached)
        lines.append(f"Not reached before the run ended: {titles}.")
    return tuple(line for line in lines if line)


def _first_line(note: FindingNote, mine: Checks) -> str:
    """The note's sentence where the flaw was seen; that it is a side effect where only that was."""
    finds = [c for c in mine if c.kind is CheckKind.FIND]
    if all(passed(c) for c in finds) and any(c.outcome in WRONG for c in mine):
        return SIDE_EFFECT
    seen = [c for c in finds if c.outcome is Outcome.FAILED]
    return fill(note.evidence, _facts(seen)) if seen else ""


def _facts(checks: Checks) -> dict[str, object]:
    """The facts by name. A check's last word counts, and an earlier check before a later one."""
    facts: dict[str, object] = {}
    for check in checks:
        own = {name: fact for e in check.evidence for name, fact in e.facts.items()}
        facts = own | facts
    return facts


def _observed(mine: Checks) -> tuple[str, ...]:
    """The failed checks' own sentences; their titles where they have none."""
    wrong = [c for c in mine if c.outcome in WRONG]
    return _said(wrong) or tuple(f"This did not hold: “{c.title}”." for c in wrong)


def _said(checks: Checks) -> tuple[str, ...]:
    """What the checks observed, each sentence once."""
    sentences = dict.fromkeys(escape(e.text) for c in checks for e in c.evidence if e.text.strip())
    return tuple(sentences)[:EVIDENCE_LINES]


def _with_near_miss(findings: Sequence[Finding], text: str) -> list[Finding]:
    """Its text as the first evidence of the worst finding, of a regression before any other."""
    if not text or not findings:
        return list(findings)
    worst = min(findings, key=lambda f: (f.state is not State.REGRESSION, f.severity.rank))
    told = worst.model_copy(update={"evidence": (text, *worst.evidence)})
    return [told if f is worst else f for f in findings]
