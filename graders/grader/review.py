"""Composes the review: check results + notes + places -> what the reviewer says. Pure, under 10 ms.

Code decides which remark is made; the kata's notes hold the words. Nothing is said that a check did
not observe. What comes from the run (evidence, facts) may be the submission's own text: it is
escaped, so that it can never become Markdown.
"""

import re
from collections.abc import Mapping, Sequence

from grader.kata import FindingSpec, Kata
from grader.notes import FindingNote
from grader.report import (
    CheckKind,
    CheckResult,
    Core,
    Finding,
    NextStep,
    Outcome,
    Place,
    Review,
    Rule,
    Score,
    Severity,
    Skill,
    State,
    Verdict,
)

IN_FULL = 7  # open findings; more would not be read
EVIDENCE_LINES = 6
PRAISES = 3
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>&~$])")
SLOT = re.compile(r"\{(\w+)\}")
Checks = Sequence[CheckResult]


def score_of(kata: Kata, checks: Checks) -> Score:
    """Count kept rules and closed findings."""
    keeps = [c for c in checks if c.kind is CheckKind.KEEP]
    return Score(
        kept=sum(c.outcome is Outcome.PASSED for c in keeps),
        keep_total=len(keeps),
        closed=sum(_is_closed(f.id, checks) for f in kata.manifest.findings),
        find_total=len(kata.manifest.findings),
    )


def compose(kata: Kata, checks: Checks, places: Mapping[str, Place], verdict: Verdict) -> Review:
    """Compose the review of a run that has a verdict.

    Args:
        kata: its notes hold the words.
        checks: a result for each declared check.
        places: finding -> lines of the submission, where they could be resolved.
        verdict: of the whole run.
    """
    regressions = [_regression(kata, c) for c in _broken(checks)]
    specs = sorted(kata.manifest.findings, key=_order)
    open_specs = [f for f in specs if not _is_closed(f.id, checks)]
    closed = [_closed(f, kata.notes[f.id]) for f in specs if _is_closed(f.id, checks)]
    opened = [
        _open(spec, kata.notes[spec.id], checks, places, in_full=number < IN_FULL)
        for number, spec in enumerate(open_specs)
    ]
    findings = _with_near_miss(kata, checks, [*regressions, *opened])
    return Review(
        core=_core(kata, checks),
        verdict_line=_verdict_line(kata, checks, findings, verdict),
        findings=(*findings, *closed),
        done_well=_done_well(kata, checks),
        production=kata.production,
        next=_next(kata, findings, verdict),
    )


def escape(text: object) -> str:
    """Make text stand for itself in Markdown, on one line."""
    return MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def _order(finding: FindingSpec) -> tuple[int, int]:
    return list(Skill).index(finding.skill), finding.severity.rank


def _is_closed(finding: str, checks: Checks) -> bool:
    mine = [c for c in checks if c.finding == finding]
    return bool(mine) and all(c.outcome is Outcome.PASSED for c in mine)


def _broken(checks: Checks) -> list[CheckResult]:
    wrong = (Outcome.FAILED, Outcome.ERROR)
    return [c for c in checks if c.kind is CheckKind.KEEP and c.outcome in wrong]


def _core(kata: Kata, checks: Checks) -> Core:
    rules = [
        Rule(
            title=c.title,
            kept=None if c.outcome is Outcome.NOT_RUN else c.outcome.value == "passed",
        )
        for c in checks
        if c.kind is CheckKind.KEEP
    ]
    return Core(text=kata.core, rules=tuple(rules))


# Findings


def _regression(kata: Kata, check: CheckResult) -> Finding:
    said = _said([check]) or ("This rule of the business did not hold.",)
    return Finding(
        id=check.id,
        skill=kata.manifest.skills[0],
        severity=Severity.HIGH,
        title=f"Broken rule: {check.title}",
        state=State.REGRESSION,
        evidence=said,
        why="This worked before the change. A repair that breaks a business rule costs more than"
        " the flaw it closes, because nobody expects it.",
        recommendation=f"Restore this rule first, as the brief states it: {check.title}.",
    )


def _open(
    spec: FindingSpec,
    note: FindingNote,
    checks: Checks,
    places: Mapping[str, Place],
    *,
    in_full: bool,
) -> Finding:
    short = Finding(
        id=spec.id,
        skill=spec.skill,
        severity=spec.severity,
        title=spec.title,
        state=State.OPEN,
        place=places.get(spec.id),
        recommendation=note.recommendation,
    )
    if not in_full:
        return short
    return short.model_copy(
        update={
            "evidence": _evidence(spec, note, checks),
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


def _evidence(spec: FindingSpec, note: FindingNote, checks: Checks) -> tuple[str, ...]:
    mine = [c for c in checks if c.finding == spec.id and c.outcome is not Outcome.PASSED]
    reached = [c for c in mine if c.outcome is not Outcome.NOT_RUN]
    if not reached:
        return ("The run ended before this could be looked at.",)
    finds = [c for c in reached if c.kind is CheckKind.FIND]
    lines = list(_said(reached))
    if finds and (text := _filled(note.evidence, finds)):
        lines.insert(0, text)
    if not finds:
        lines.insert(0, "The flaw itself is closed, but the change has a side effect.")
    return tuple(lines[:EVIDENCE_LINES])


def _said(checks: Sequence[CheckResult]) -> tuple[str, ...]:
    """What the checks observed, each sentence once."""
    return tuple(dict.fromkeys(escape(e.text) for c in checks for e in c.evidence if e.text))


def _filled(text: str, checks: Sequence[CheckResult]) -> str:
    """The note's sentence with the facts in its slots; empty where one is not known."""
    facts = {name: value for c in checks for e in c.evidence for name, value in e.facts.items()}
    if any(slot not in facts for slot in SLOT.findall(text)):
        return ""
    return SLOT.sub(lambda slot: escape(facts[slot[1]]), text)


def _with_near_miss(kata: Kata, checks: Checks, findings: list[Finding]) -> list[Finding]:
    """A well-known wrong fix, recognised by exactly the checks that it fails, is called by name."""
    failing = frozenset(c.id for c in checks if c.outcome is not Outcome.PASSED)
    alike = [
        s
        for s in kata.specimens
        if s.expected.kind == "near_miss" and s.expected.failing == failing
    ]
    if len(alike) != 1 or not findings or alike[0].name not in kata.near_misses:
        return findings
    worst = min(findings, key=lambda f: (f.state is not State.REGRESSION, f.severity.rank))
    text = kata.near_misses[alike[0].name].text
    told = worst.model_copy(update={"evidence": (text, *worst.evidence)})
    return [told if f is worst else f for f in findings]


# The other parts


def _verdict_line(kata: Kata, checks: Checks, findings: Sequence[Finding], verdict: Verdict) -> str:
    score = score_of(kata, checks)
    closed = f"{score.closed} of {score.find_total} findings closed"
    open_now = [f for f in findings if f.state is State.OPEN]
    match verdict:
        case Verdict.APPROVED:
            return f"Approved: {closed}, every business rule kept."
        case Verdict.UNRUNNABLE:
            return "The service did not start, so nothing could be judged yet."
        case Verdict.LIMIT_EXCEEDED:
            return f"The run went over its limits before it was through: {closed} until then."
        case Verdict.REGRESSED:
            broken = score.keep_total - score.kept
            rules = "one business rule" if broken == 1 else f"{broken} business rules"
            return f"Not yet: {rules} that held before no longer holds; {closed}."
        case Verdict.CHANGES_REQUESTED:
            if not open_now:
                return f"Not yet: {closed}, but not every check was reached."
            worst = min(open_now, key=lambda f: f.severity.rank)
            return f"Not yet: {closed}. The worst open one is “{worst.title}” ({worst.severity})."


def _done_well(kata: Kata, checks: Checks) -> tuple[str, ...]:
    closed = [f for f in kata.manifest.findings if _is_closed(f.id, checks)]
    closed.sort(key=lambda f: f.severity.rank)
    praises = [kata.notes[f.id].when_closed for f in closed]
    if not praises:
        kept = [c for c in checks if c.kind is CheckKind.KEEP and c.outcome is Outcome.PASSED]
        praises = [f"Kept: {c.title}." for c in kept[:1]]
    return tuple(praises[:PRAISES])


def _next(kata: Kata, findings: Sequence[Finding], verdict: Verdict) -> NextStep:
    if verdict is Verdict.UNRUNNABLE:
        text = "Start the service on your own machine and read the first line of the error."
    elif verdict is Verdict.APPROVED:
        text = "Nothing is left to mend here."
        return NextStep(text=text, kata=kata.manifest.next)
    elif not findings:
        text = "Find out why the service did not answer in time, then hand it in again."
    elif findings[0].state is State.REGRESSION:
        text = f"Restore the broken rule first. {findings[0].title.removeprefix('Broken rule: ')}."
    else:
        worst = min(findings, key=lambda f: f.severity.rank)
        text = f"Close “{worst.title}” first."
    return NextStep(text=text)
