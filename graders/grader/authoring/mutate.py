"""Grades mutants of a kata's reference: what share of them does the suite refuse?"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from grader.authoring.equivalents import Mark, load_marks, stale
from grader.authoring.mutants import Mutant, mutants_of, spread
from grader.grade import grade, limits_of
from grader.kata import EQUIVALENT, Files, Kata, LimitSpec
from grader.report import Blame, CheckResult, Outcome, Report, Value, Verdict
from grader.sandbox.base import Driver

MOST = 80
GOOD = 0.85  # below this, a suite is not looking
PATIENCE = 4  # times a run's limits: a busy machine is not to kill a mutant

Tell = Callable[[str, int, int, int], None]


class Score(Value):
    """How a kata's suite did against mutants. `rate` leaves the equivalent ones aside."""

    slug: str
    mutants: int
    killed: int
    equivalent: int
    rate: float
    survivors: tuple[str, ...]


@dataclass(frozen=True)
class Mutation:
    """What mutating one kata found.

    Attributes:
        faults: what is wrong with the kata: marks in `equivalent.toml` that are not true any more,
            or a reference that is refused itself.
        errors: mutants that could not be graded; they are not counted.
    """

    score: Score
    faults: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.score.rate >= GOOD and not self.faults and not self.errors


@dataclass(frozen=True)
class Fate:
    """What became of one mutant: killed (by a check or a verdict), alive, or not graded."""

    killed_by: str = ""
    error: str = ""


class _KilledError(Exception):
    """A check failed: the rest of the run cannot change that."""


def mutate(
    katas: Sequence[Kata],
    sandbox: Driver,
    *,
    most: int = MOST,
    workers: int = 2,
    tell: Tell = lambda slug, killed, done, total: None,
) -> list[Mutation]:
    """Grade mutants of each kata's reference.

    Args:
        katas: the katas whose suites are tried.
        sandbox: makes pairs; from several threads at once.
        most: mutants of a kata at most, spread evenly over operators.
        workers: gradings at a time.
        tell: is called with a kata's slug, its mutants killed, done, and their total.

    Raises:
        KataError: a kata's `equivalent.toml` cannot be read.
    """
    marks = {kata.slug: load_marks(kata.folder) for kata in katas}
    with ThreadPoolExecutor(workers) as pool:
        return [_mutation(kata, marks[kata.slug], sandbox, pool, most, tell) for kata in katas]


def _mutation(
    kata: Kata,
    marks: Sequence[Mark],
    sandbox: Driver,
    pool: ThreadPoolExecutor,
    most: int,
    tell: Tell,
) -> Mutation:
    kata = _patient(kata)
    whole = _graded(kata, kata.reference, sandbox)
    if whole.error:
        return Mutation(_score(kata, [], marks), errors=(f"the reference: {whole.error}",))
    if whole.killed_by:
        why = f"the reference itself is refused: {whole.killed_by}"
        return Mutation(_score(kata, [], marks), faults=(why,))
    every = mutants_of(kata)
    chosen = spread(every, most)
    tell(kata.slug, 0, 0, len(chosen))
    pending = [(mutant, pool.submit(_fate, kata, mutant, sandbox)) for mutant in chosen]
    fates = _collected(kata.slug, pending, tell)
    alive = [
        f"{EQUIVALENT}: it is told apart, by {f.killed_by}: {mark}"
        for mark in marks
        for m, f in fates
        if f.killed_by and mark.means(m)
    ]
    return Mutation(
        _score(kata, fates, marks),
        faults=(*stale(marks, every), *alive),
        errors=tuple(f"{m.id} ({m.file}, line {m.line}): {f.error}" for m, f in fates if f.error),
    )


def _collected(
    slug: str, pending: Sequence[tuple[Mutant, Future[Fate]]], tell: Tell
) -> list[tuple[Mutant, Fate]]:
    fates: list[tuple[Mutant, Fate]] = []
    for mutant, future in pending:
        fates.append((mutant, future.result()))
        killed = sum(bool(fate.killed_by) for _, fate in fates)
        tell(slug, killed, len(fates), len(pending))
    return fates


def _score(kata: Kata, fates: Sequence[tuple[Mutant, Fate]], marks: Sequence[Mark]) -> Score:
    counted = [(mutant, fate) for mutant, fate in fates if not fate.error]
    alive = [mutant for mutant, fate in counted if not fate.killed_by]
    survivors = [m for m in alive if not any(mark.means(m) for mark in marks)]
    equivalent = len(alive) - len(survivors)
    killed = len(counted) - len(alive)
    told_apart = len(counted) - equivalent
    return Score(
        slug=kata.slug,
        mutants=len(counted),
        killed=killed,
        equivalent=equivalent,
        rate=round(killed / told_apart, 3) if told_apart else 0.0,
        survivors=tuple(mutant.diff for mutant in survivors),
    )


def _patient(kata: Kata) -> Kata:
    limits = limits_of(kata)
    more = LimitSpec(wall_s=limits.wall_s * PATIENCE, start_s=limits.start_s * PATIENCE)
    return replace(kata, manifest=kata.manifest.model_copy(update={"limits": more}))


def _fate(kata: Kata, mutant: Mutant, sandbox: Driver) -> Fate:
    return _graded(kata, {**kata.reference, mutant.file: mutant.text}, sandbox)


def _graded(kata: Kata, files: Files, sandbox: Driver) -> Fate:
    """Grade until the first check that fails."""
    try:
        report = grade(kata, files, sandbox, watch=_stop_at_failure)
        if report.blame is Blame.PLATFORM:  # the machine may have been busy: once more
            report = grade(kata, files, sandbox, watch=_stop_at_failure)
    except _KilledError as killed:
        return Fate(killed_by=str(killed))
    return _fate_of(report)


def _fate_of(report: Report) -> Fate:
    if report.verdict is None:
        why = f": {report.failure.text}" if report.failure else ""
        return Fate(error=f"blame {report.blame}{why}")
    return Fate(killed_by="" if report.verdict is Verdict.APPROVED else report.verdict)


def _stop_at_failure(check: CheckResult) -> None:
    if check.outcome is Outcome.FAILED:
        raise _KilledError(check.id)
