"""The findings of a review: regressions first, then open ones, then closed ones."""

from collections.abc import Sequence

from grader.kata import FindingSpec, Kata
from grader.notes import FindingNote, RuleNote
from grader.report import CheckResult, Finding, Reading, Severity, Skill, State, Verdict
from grader.review.evidence import evidence_of, exhibits_of, said
from grader.review.naming import in_their_names
from grader.review.outcomes import Checks, broken_rules, is_closed, passed

IN_FULL = 7  # open findings; more would not be read


def findings_of(
    kata: Kata, checks: Checks, reading: Reading, verdict: Verdict
) -> tuple[Finding, ...]:
    """All findings of a kata, and before them a regression for each broken rule."""
    regressions = [_regression(kata, c) for c in broken_rules(checks)]
    specs = sorted(kata.manifest.findings, key=_by_skill_then_severity)
    open_specs = [f for f in specs if not is_closed(f.id, checks)]
    opened = [
        _open(spec, kata.notes[spec.id], checks, reading, in_full=number < IN_FULL)
        for number, spec in enumerate(open_specs)
    ]
    closed = [_closed(f, kata.notes[f.id], checks) for f in specs if is_closed(f.id, checks)]
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
        evidence=(f"The rule “{check.title}” no longer held.", *said([check])),
        exhibits=exhibits_of([check]),
        why=note.why,
        recommendation=note.recommendation,
        checks=(check.id,),
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
    spec: FindingSpec, note: FindingNote, checks: Checks, reading: Reading, *, in_full: bool
) -> Finding:
    mine = [c for c in checks if c.finding == spec.id]
    finding = Finding(
        id=spec.id,
        skill=spec.skill,
        severity=spec.severity,
        title=spec.title,
        state=State.OPEN,
        place=reading.places.get(spec.id),
        recommendation=note.recommendation,
        checks=tuple(c.id for c in mine if not passed(c)),
    )
    if not in_full:
        return finding
    return finding.model_copy(
        update={
            "evidence": evidence_of(note, mine),
            "exhibits": exhibits_of(mine),
            "why": note.why,
            "example": in_their_names(note.example, reading.names),
            "trade_off": note.trade_off,
            "references": note.references,
        }
    )


def _closed(spec: FindingSpec, note: FindingNote, checks: Checks) -> Finding:
    return Finding(
        id=spec.id,
        skill=spec.skill,
        severity=spec.severity,
        title=spec.title,
        state=State.CLOSED,
        evidence=(note.when_closed,),
        checks=tuple(c.id for c in checks if c.finding == spec.id),
    )


def _with_near_miss(findings: Sequence[Finding], text: str) -> list[Finding]:
    """Its text as the first evidence of the worst finding, of a regression before any other."""
    if not text or not findings:
        return list(findings)
    worst = min(findings, key=lambda f: (f.state is not State.REGRESSION, f.severity.rank))
    told = worst.model_copy(update={"evidence": (text, *worst.evidence)})
    return [told if f is worst else f for f in findings]
