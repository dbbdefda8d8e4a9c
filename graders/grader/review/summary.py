"""The parts of a review that sum up: rules, verdict line, what was done well, the next step."""

from collections.abc import Sequence

from grader.kata import Kata
from grader.report import (
    CheckKind,
    CheckResult,
    Core,
    Finding,
    NextStep,
    Outcome,
    Remark,
    Rule,
    State,
    Verdict,
)
from grader.review.outcomes import Checks, broken_rules, is_closed, passed, score_of

PRAISES = 3


def core_of(kata: Kata, checks: Checks) -> Core:
    """The business functionality, and each rule as kept, broken or not looked at."""
    keeps = [c for c in checks if c.kind is CheckKind.KEEP]
    rules = tuple(Rule(title=c.title, kept=_kept(c)) for c in keeps)
    return Core(text=kata.core, rules=rules)


def verdict_line(kata: Kata, checks: Checks, findings: Sequence[Finding], verdict: Verdict) -> str:
    """One line; a broken rule is said before anything else."""
    score = score_of(kata, checks)
    closed = f"{score.closed} of {score.find_total} findings closed"
    match verdict:
        case Verdict.APPROVED:
            return f"Approved: {closed}, nothing regressed."
        case Verdict.UNRUNNABLE:
            return "The service did not start, so nothing could be judged."
        case Verdict.LIMIT_EXCEEDED:
            return _over_limits(checks, closed)
        case Verdict.REGRESSED:
            return f"Not yet: {_no_longer(broken_rules(checks))}; {closed}."
        case Verdict.CHANGES_REQUESTED:
            return f"Not yet: {closed}{_worst_open(findings)}."


def done_well(kata: Kata, checks: Checks) -> tuple[Remark, ...]:
    """At most three concrete things, each one observed; the worst closed finding first."""
    closed = [f for f in kata.manifest.findings if is_closed(f.id, checks)]
    closed.sort(key=lambda f: f.severity.rank)
    praises = [
        Remark(
            text=kata.notes[f.id].when_closed,
            checks=tuple(c.id for c in checks if c.finding == f.id),
        )
        for f in closed
    ]
    praises += [
        Remark(text=f"Unharmed by the repair: {_sentence(c)}", checks=(c.id,))
        for f in closed
        for c in checks
        if c.finding == f.id and c.kind is CheckKind.GUARD
    ]
    return tuple((praises or _right_anyway(checks))[:PRAISES])


def next_step(
    kata: Kata, checks: Checks, findings: Sequence[Finding], verdict: Verdict
) -> NextStep:
    """One thing to do now; where nothing is left, the kata to go on with."""
    if verdict is Verdict.APPROVED:
        return NextStep(text="Nothing is left to mend here.", kata=kata.manifest.next)
    if verdict is Verdict.UNRUNNABLE:
        text = (
            "Read the failure, start the service on your own machine with"
            " `uvicorn app.main:app`, and hand it in again once it answers."
        )
    elif verdict is Verdict.LIMIT_EXCEEDED:
        text = "Find what took so long or used so much, and hand it in again once it ends."
    else:
        text = _to_mend(broken_rules(checks), findings)
    return NextStep(text=text)


def _kept(check: CheckResult) -> bool | None:
    return None if check.outcome is Outcome.NOT_RUN else passed(check)


def _over_limits(checks: Checks, closed: str) -> str:
    if all(c.outcome is Outcome.NOT_RUN for c in checks):
        return "The service went over its limits, so nothing could be judged."
    return f"The service went over its limits before the run was through: {closed} until then."


def _no_longer(broken: Checks) -> str:
    """What broke, by name where it is one rule."""
    if len(broken) == 1:
        return f"“{broken[0].title}” no longer holds"
    return f"{len(broken)} business rules no longer hold, “{broken[0].title}” first"


def _worst_open(findings: Sequence[Finding]) -> str:
    worst = _worst(findings)
    if worst is None:
        return ", but not every business rule was looked at"
    return f"; the worst open one is “{worst.title}” ({worst.severity})"


def _to_mend(broken: Checks, findings: Sequence[Finding]) -> str:
    worst = _worst(findings)
    steps: list[str] = []
    if broken:
        steps.append(f"restore “{broken[0].title}” first")
    if worst:
        steps.append(f"close “{worst.title}”{'' if steps else ' first'}")
    text = ", then ".join(steps) or "hand it in again, so that every rule is looked at"
    return f"{text[0].upper()}{text[1:]}."


def _worst(findings: Sequence[Finding]) -> Finding | None:
    pending = [f for f in findings if f.state is State.OPEN]
    return min(pending, key=lambda f: f.severity.rank, default=None)


def _right_anyway(checks: Checks) -> list[Remark]:
    """Where no finding is closed: a kept rule, or else whatever passed."""
    right = [c for c in checks if passed(c)]
    right.sort(key=lambda c: c.kind is not CheckKind.KEEP)
    return [Remark(text=f"Kept: {_sentence(c)}", checks=(c.id,)) for c in right[:1]]


def _sentence(check: CheckResult) -> str:
    return f"{check.title.rstrip('.')}."
