"""What check results mean for findings and rules."""

from collections.abc import Sequence

from grader.kata import Kata
from grader.report import CheckKind, CheckResult, Outcome, Score

Checks = Sequence[CheckResult]
WRONG = (Outcome.FAILED, Outcome.ERROR)


def score_of(kata: Kata, checks: Checks) -> Score:
    """Count kept rules and closed findings."""
    keeps = [c for c in checks if c.kind is CheckKind.KEEP]
    return Score(
        kept=sum(passed(c) for c in keeps),
        keep_total=len(keeps),
        closed=sum(is_closed(f.id, checks) for f in kata.manifest.findings),
        find_total=len(kata.manifest.findings),
    )


def passed(check: CheckResult) -> bool:
    return check.outcome is Outcome.PASSED


def is_closed(finding: str, checks: Checks) -> bool:
    """Whether all of a finding's checks passed, those that hunt it and those that guard it."""
    mine = [c for c in checks if c.finding == finding]
    return bool(mine) and all(passed(c) for c in mine)


def broken_rules(checks: Checks) -> list[CheckResult]:
    """The `keep` checks that were looked at and did not hold."""
    return [c for c in checks if c.kind is CheckKind.KEEP and c.outcome in WRONG]
