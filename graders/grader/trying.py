"""Lets a learner try a draft: `try_out(kata, files, calls, sandbox)` sends requests to it.

The pair of sandboxes, the limits and the filters are those of a grading. The suite's side holds no
suite: only the outside world, and what sends the requests. Nothing here is a verdict.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from grader.failures import LIMIT_SIGNALS, failure_of, fault_code, timed_out
from grader.grade import limits_of
from grader.inside.wire import exit_words
from grader.kata import Files, Kata
from grader.report import Blame, Failure
from grader.sandbox.base import Driver, Limits, SandboxError
from grader.sandbox.relay import End
from grader.sandbox.trial import TrialOrder, TrialRun, conduct_trial
from grader.trial import Call, TrialEnd, TrialReport

LONGEST_S = 20.0  # katas with races have more for a grading
SECRET = 48  # characters


def try_out(
    kata: Kata, files: Files, calls: Sequence[Call], sandbox: Driver, *, whose: str = ""
) -> TrialReport:
    """Send requests to a draft, one after the other, in a process of its own.

    Args:
        kata: whose draft it is.
        files: the draft; see `Kata.submission` for what is made of it.
        calls: what is sent, in this order.
        sandbox: makes the pair of sandboxes.
        whose: the same word gives the service the same JWT_SECRET: a token from an earlier trial
            of one attempt is good in a later one.

    Returns:
        What came back. Whatever goes wrong is in it; nothing is raised.
    """
    submitted, _ = kata.submission(files)
    try:
        run = _run(kata, submitted, calls, sandbox, whose)
        ours = _is_ours(kata, run, sandbox)
    except SandboxError as error:
        run, ours = TrialRun(why=str(error)), True
    return TrialReport(
        kata=kata.slug,
        kata_version=kata.version,
        end="broken" if ours else _end(run, len(calls)),
        failure=_failure(run, len(calls), ours=ours),
        exchanges=tuple(run.exchanges),
        routes=run.routes,
        starting=run.starting,
        later=run.later,
        tampering=tuple(run.tampering),
        start_ms=round(run.start_ms, 1),
        run_ms=round(run.run_ms, 1),
    )


def trial_limits(kata: Kata) -> Limits:
    """Those of a grading; a kata whose gradings take long has no more than the usual for a try."""
    limits = limits_of(kata)
    return replace(limits, wall_s=min(limits.wall_s, LONGEST_S))


def _run(kata: Kata, files: Files, calls: Sequence[Call], sandbox: Driver, whose: str) -> TrialRun:
    order = TrialOrder(
        files=files,
        calls=calls,
        partners=kata.partners,
        environment={"JWT_SECRET": _secret(whose), **kata.trial.environment},
        limits=trial_limits(kata),
    )
    pair = sandbox.pair()
    try:
        return conduct_trial(pair, order)
    finally:
        pair.close()


def _secret(whose: str) -> str:
    """It guards nothing: its service lives for one trial, and only its owner speaks to it."""
    return hashlib.sha256(f"trial {whose}".encode()).hexdigest()[:SECRET]


def _is_ours(kata: Kata, run: TrialRun, sandbox: Driver) -> bool:
    """Whether the platform failed: where the run alone does not tell, the reference does."""
    if run.end not in (End.APP_DIED, End.SUITE_DIED, End.SUITE_BROKEN) and not timed_out(run):
        return False
    return _run(kata, kata.reference, (), sandbox, "").end is not End.DONE


def _end(run: TrialRun, calls: int) -> TrialEnd:
    if run.end is End.UNSTARTABLE:
        return "unstarted"
    whole = run.end is End.DONE and not run.exits and len(run.exchanges) == calls
    return "answered" if whole else "stopped"


def _failure(run: TrialRun, calls: int, *, ours: bool) -> Failure | None:
    if ours:
        text = "The platform could not run this. It is not your code's fault: try again."
        return Failure(text=text, code=fault_code())
    if run.end is End.WALL:
        return Failure(text="The trial was stopped: its answers took too long.")
    if run.end is not End.DONE or LIMIT_SIGNALS & set(run.exits):
        return failure_of(run, Blame.YOU)
    if run.exits:
        return Failure(text=f"The service ended by itself ({exit_words(run.exits[0])}).")
    if len(run.exchanges) < calls:
        text = "Two requests in a row had no answer, so the rest was not sent."
        return Failure(text=text)
    return None
