"""What the page of a kata shows: the brief, the draft and its submissions, and the latest trial."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from grader.kata import Kata
from grader.report import Rule
from grader.trial import Call, Method
from kintsugi.attempts import overview, trials
from kintsugi.attempts.hints import Hints
from kintsugi.attempts.models import Disclosure, Submission, SubmissionState
from kintsugi.attempts.published import report_of
from kintsugi.attempts.service import Attempts
from kintsugi.attempts.trial_views import TrialView
from kintsugi.attempts.views import Work
from kintsugi.catalogue import service as catalogue

TEMPLATE = "catalogue/kata.html"
FIELDS = ("method", "path", "headers", "body")


@dataclass(frozen=True)
class Filling:
    """What stands in the form of a trial.

    Attributes:
        choice: `example-1`, `route-3` or `call-2`: what was chosen to begin with.
        typed: what was sent and has to be changed; it comes first.
        keep: whether the earlier calls are to be sent first.
        fault: what has to be changed.
    """

    choice: str = ""
    typed: Mapping[str, str] = field(default_factory=dict[str, str])
    keep: bool = True
    fault: str = ""


async def context(attempts: Attempts, kata: Kata, filling: Filling) -> dict[str, Any]:
    """For the template, and for its block `trial`."""
    shelf, work = attempts.shelf, await overview.work(attempts, kata)
    trial = await trials.view(attempts, await trials.latest(attempts, work.attempt))
    standings = await overview.standings(attempts)
    files = work.attempt.files
    return {
        "kata": kata,
        "entry": catalogue.entry(shelf, kata, standings),
        "attempt": work.attempt,
        "files": files,
        "locked": {path: text for path, text in kata.starter.items() if path not in files},
        "submission": work.last,
        "submissions": work.submissions,
        "checks_total": len(kata.manifest.checks),
        "rules": await _rules(attempts, work),
        "hints": await Hints(attempts).of(work.attempt),
        "leads_to": shelf.next_of(kata),
        "trial": trial,
        "methods": get_args(Method),
        "typed": _typed(kata, trial, filling),
        "keep": filling.keep,
        "fault": filling.fault,
    }


async def _rules(attempts: Attempts, work: Work) -> tuple[Rule, ...]:
    """The business rules, as the latest graded submission kept them; none before there is one."""
    graded = next((s for s in work.submissions if s.state == SubmissionState.GRADED), None)
    if graded is None or work.attempt.disclosure != Disclosure.FULL:
        return ()
    submission = await attempts.session.get_one(Submission, graded.id)
    report = await report_of(attempts.session, submission)
    return report.review.core.rules if report and report.review else ()


def _typed(kata: Kata, trial: TrialView | None, filling: Filling) -> dict[str, str]:
    if filling.typed:
        return {name: filling.typed.get(name, "") for name in FIELDS}
    chosen = _chosen(kata, trial, filling.choice)
    if chosen is None:
        return {"method": "GET", "path": "/", "headers": "", "body": ""}
    return {
        "method": chosen.method,
        "path": chosen.path,
        "headers": header_lines(chosen.headers),
        "body": chosen.body,
    }


def _chosen(kata: Kata, trial: TrialView | None, choice: str) -> Call | None:
    """What was chosen; else the request sent last, else the author's first."""
    kind, _, number = choice.partition("-")
    sent = trial.calls if trial else []
    routes = trial.report.routes if trial and trial.report else ()
    among: dict[str, list[Any]] = {
        "example": list(kata.trial.examples),
        "route": list(routes),
        "call": sent,
    }
    found = among.get(kind, [])
    if number.isdecimal() and 0 < int(number) <= len(found):
        return found[int(number) - 1]
    return next(iter([*sent[-1:], *kata.trial.examples]), None)


def header_lines(headers: Mapping[str, str]) -> str:
    """As they stand in the form: one a line."""
    return "\n".join(f"{name}: {value}" for name, value in headers.items())
