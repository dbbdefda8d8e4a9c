"""The one front door: `grade(kata, files, sandbox)` runs the hidden suite, returns the report."""

import secrets
import time
from collections.abc import Callable
from dataclasses import replace

from grader import review
from grader.failures import LIMIT_SIGNALS, failure_of, timed_out
from grader.kata import Files, Kata
from grader.report import (
    Blame,
    CheckKind,
    CheckResult,
    Outcome,
    Phases,
    Report,
    Tampering,
    Verdict,
)
from grader.sandbox.base import Driver, Limits, SandboxError
from grader.sandbox.relay import End, Run
from grader.sandbox.suite import Order, conduct

SLOW = 0.5  # of the time for a run, where a reference needs a tenth on an idle machine


def grade(
    kata: Kata,
    files: Files,
    sandbox: Driver,
    *,
    seed: int | None = None,
    watch: Callable[[CheckResult], None] | None = None,
) -> Report:
    """Grade a submission.

    Args:
        kata: what is graded.
        files: what was handed in; see `Kata.submission` for what is made of it.
        sandbox: makes the pair of sandboxes.
        seed: repeats a run's random inputs; chosen anew without it.
        watch: is called with each check's result as it comes.

    Returns:
        The report. Whatever goes wrong is in it, with the blame; nothing is raised.
    """
    began = time.monotonic()
    seed = secrets.randbelow(1 << 31) if seed is None else seed
    submitted, notes = kata.submission(files)
    try:
        run, prepare_ms = _run(kata, submitted, sandbox, seed, watch or (lambda _: None), began)
        blame = _blame(kata, run, sandbox, seed)
    except SandboxError as error:
        run, prepare_ms, blame = Run(why=str(error)), 0.0, Blame.PLATFORM
    composed = time.monotonic()
    report = _report(kata, run, blame, seed, notes)
    review_ms = (time.monotonic() - composed) * 1e3
    phases = Phases(
        prepare_ms=round(prepare_ms, 1),
        start_ms=round(run.start_ms, 1),
        run_ms=round(run.run_ms, 1),
        review_ms=round(review_ms, 1),
    )
    return report.model_copy(update={"phases": phases})


def without_sandbox(kata: Kata, why: str) -> Report:
    """The report where no sandbox can be made: nothing was run, and it is nobody's verdict."""
    return _report(kata, Run(why=why), Blame.PLATFORM, 0, [])


def limits_of(kata: Kata) -> Limits:
    """The default limits with what the kata changes."""
    changes = kata.manifest.limits.model_dump(exclude_none=True)
    return replace(Limits(), **changes)


def _run(
    kata: Kata,
    files: Files,
    sandbox: Driver,
    seed: int,
    watch: Callable[[CheckResult], None],
    began: float,
) -> tuple[Run, float]:
    order = Order(
        files=files,
        starter=kata.starter,
        suite=kata.suite,
        checks={c.id: (c.kind, c.finding, c.title) for c in kata.manifest.checks},
        selectors={id: note.places for id, note in kata.notes.items()},
        environment=kata.manifest.environment,
        limits=limits_of(kata),
        seed=seed,
    )
    pair = sandbox.pair()
    try:
        prepare_ms = (time.monotonic() - began) * 1e3
        return conduct(pair, order, watch), prepare_ms
    finally:
        pair.close()


def _blame(kata: Kata, run: Run, sandbox: Driver, seed: int) -> Blame | None:
    """Whose fault it is that a run was not a full one; None for a full one.

    Where the run alone does not tell, a canary does: the reference, graded right after on the same
    worker. Only a failing canary proves that it was not the submission. One that fails in the
    sandboxes, or is far too slow (the machine is too busy to judge), means the platform; one that
    fails in the suite the kata.
    """
    if run.end in (End.FLOOD, End.FILES) or (run.end is End.UNSTARTABLE and not timed_out(run)):
        return Blame.YOU
    full = run.end is End.DONE and not any(c.outcome is Outcome.ERROR for c in run.checks)
    if full and not run.late:
        return None
    canary, _ = _run(kata, kata.reference, sandbox, seed, lambda _: None, time.monotonic())
    if _hindered(canary, limits_of(kata).wall_s):
        return Blame.PLATFORM
    if canary.end is End.DONE and all(c.outcome is Outcome.PASSED for c in canary.checks):
        return None if full else Blame.YOU
    return Blame.KATA


def _hindered(canary: Run, wall_s: float) -> bool:
    """Whether the machine kept the reference from showing that it is right."""
    broke = canary.end in (End.SUITE_DIED, End.APP_DIED, End.WALL) or timed_out(canary)
    return broke or bool(canary.late) or canary.run_ms > SLOW * wall_s * 1e3


def _report(kata: Kata, run: Run, blame: Blame | None, seed: int, notes: list[str]) -> Report:
    checks = _all_checks(kata, run)
    verdict = None if blame in (Blame.KATA, Blame.PLATFORM) else _verdict(run, checks)
    tampering = [*run.tampering]
    if run.end in (End.APP_DIED, End.SUITE_DIED) and blame is Blame.YOU:
        tampering.append(Tampering(kind="sandbox", detail=run.end.value))
    return Report(
        kata=kata.slug,
        kata_version=kata.version,
        verdict=verdict,
        blame=blame,
        failure=failure_of(run, blame),
        score=review.score_of(kata, checks),
        checks=checks,
        review=review.compose(kata, checks, run.reading, verdict) if verdict else None,
        tampering=tuple(tampering),
        notes=tuple(notes),
        reading=run.reading,
        seed=seed,
        limits=limits_of(kata).as_numbers(),
    )


def _all_checks(kata: Kata, run: Run) -> tuple[CheckResult, ...]:
    """The declared checks in their order; those without a result were not run."""
    seen = {c.id: c for c in run.checks}
    return tuple(
        seen.get(spec.id)
        or CheckResult(
            id=spec.id,
            kind=spec.kind,
            finding=spec.finding,
            title=spec.title,
            outcome=Outcome.NOT_RUN,
        )
        for spec in kata.manifest.checks
    )


def _verdict(run: Run, checks: tuple[CheckResult, ...]) -> Verdict:
    """The first that applies; see `product.md`."""
    if run.end is End.UNSTARTABLE and (run.failure or {}).get("kind") != "memory":
        return Verdict.UNRUNNABLE
    if run.end in (End.WALL, End.FLOOD, End.FILES, End.UNSTARTABLE) or LIMIT_SIGNALS & set(
        run.exits
    ):
        return Verdict.LIMIT_EXCEEDED
    broken = (Outcome.FAILED, Outcome.ERROR)  # an error that is not ours: an unreadable answer
    if any(c.kind is CheckKind.KEEP and c.outcome in broken for c in checks):
        return Verdict.REGRESSED
    if run.end is not End.DONE or any(c.outcome is not Outcome.PASSED for c in checks):
        return Verdict.CHANGES_REQUESTED
    return Verdict.APPROVED
