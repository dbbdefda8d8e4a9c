"""Proves a kata: grades everything in its folder and holds the result against what it declares."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from grader.authoring import texts
from grader.authoring.shown import shown
from grader.authoring.skeleton import unwritten
from grader.authoring.tried import tried
from grader.grade import grade, limits_of
from grader.kata import Expectation, Files, Kata, KataError
from grader.report import Blame, CheckKind, Outcome, Report, State, Value, Verdict
from grader.sandbox.base import Driver

TRIES = 3  # as a worker does where the platform was at fault
ORDER = (
    *("folder", "unwritten", "starter", "reference", "alternative", "near_miss", "extra"),
    *("repeats", "load", "notes", "places", "leaks", "brief", "examples"),
)


class Row(Value):
    """One thing that had to hold. `reason` says exactly why it did not."""

    row: str
    name: str
    ok: bool
    reason: str = ""


class Proof(Value):
    """What verifying one kata found."""

    slug: str
    ok: bool
    runs: int
    seconds: float
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Task:
    """One sample to grade `times` times, and what each report must say."""

    row: str
    name: str
    files: Files
    expected: Expectation
    times: int


def verify(
    katas: Sequence[Kata],
    sandbox: Driver,
    *,
    repeat: int = 1,
    specimens: int | None = None,
    load: bool = False,
    workers: int | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> list[Proof]:
    """Verify katas, all of their runs in parallel. What is only begun is not graded.

    Args:
        katas: the katas to prove.
        sandbox: makes pairs; from several threads at once.
        repeat: starter and reference are graded so often.
        specimens: each specimen is graded so often; max(1, repeat / 10) times without it.
        load: keep two busy loops running beside.
        workers: gradings at a time; without it two more than processors, since a run also waits
            (735 s for all katas with two on two processors, 617 s with four); as many under load.
        tell: is called with the runs done and their total.
    """
    few = max(1, repeat // 10) if specimens is None else specimens
    begun = {kata.slug: _unwritten(kata) for kata in katas}
    tasks = {k.slug: [] if begun[k.slug] else _tasks(k, repeat, few) for k in katas}
    with_examples = [kata for kata in katas if kata.trial.examples and not begun[kata.slug]]
    total = sum(task.times for mine in tasks.values() for task in mine) + len(with_examples)
    done = 0

    def examples(kata: Kata) -> Row:
        nonlocal done
        reason = "; ".join(tried(kata, sandbox))
        done += 1
        tell(done, total)
        name = "each is answered with success"
        return Row(row="examples", name=name, ok=not reason, reason=reason)

    def graded(kata: Kata, task: Task) -> Report:
        nonlocal done
        report = grade(kata, task.files, sandbox)
        for _ in range(TRIES - 1):
            if report.blame is not Blame.PLATFORM:
                break
            report = grade(kata, task.files, sandbox)
        done += 1
        tell(done, total)
        return report

    many = workers or (os.cpu_count() or 1) + (0 if load else 2)
    with _busy(2 if load else 0), ThreadPoolExecutor(many) as pool:
        began = time.monotonic()
        futures = {
            kata.slug: [
                (task, [pool.submit(graded, kata, task) for _ in range(task.times)])
                for task in tasks[kata.slug]
            ]
            for kata in _slowest_first(katas)
        }
        sent = {kata.slug: pool.submit(examples, kata) for kata in with_examples}

        def proof(kata: Kata) -> Proof:
            more = [sent[kata.slug].result()] if kata.slug in sent else []
            return _proof(kata, futures[kata.slug], more, load, began)

        return [begun[kata.slug] or proof(kata) for kata in katas]


def _slowest_first(katas: Sequence[Kata]) -> list[Kata]:
    """What may take longest begins first, so that nobody waits for it alone in the end."""
    return sorted(katas, key=lambda kata: -limits_of(kata).wall_s)


def _tasks(kata: Kata, repeat: int, few: int) -> list[Task]:
    finds = frozenset(c.id for c in kata.checks(CheckKind.FIND))
    all_open = frozenset(f.id for f in kata.manifest.findings)
    starter = Expectation(
        kind="near_miss", verdict=Verdict.CHANGES_REQUESTED, failing=finds, findings=all_open
    )
    reference = Expectation(kind="alternative", verdict=Verdict.APPROVED)
    return [
        Task("starter", "starter", kata.starter, starter, repeat),
        Task("reference", "reference", kata.reference, reference, repeat),
        *(Task(s.expected.kind, s.name, s.files, s.expected, few) for s in kata.specimens),
    ]


def _proof(
    kata: Kata,
    graded: list[tuple[Task, list[Future[Report]]]],
    more: list[Row],
    load: bool,
    began: float,
) -> Proof:
    runs = [(task, [future.result() for future in futures]) for task, futures in graded]
    rows = [*more, *(_judge(task, reports) for task, reports in runs)]
    if any(len(reports) > 1 for _, reports in runs):
        rows.append(_repeats(runs))
    if load:
        wrong = [row.name for row in rows if not row.ok]
        reason = f"not as declared: {', '.join(wrong)}" if wrong else ""
        rows.append(Row(row="load", name="beside two busy loops", ok=not wrong, reason=reason))
    rows += [*_said(kata), *(_places(kata, reports[0]) for task, reports in runs if _first(task))]
    rows.append(_shown(kata, [report for _, reports in runs for report in reports]))
    return Proof(
        slug=kata.slug,
        ok=all(row.ok for row in rows),
        runs=sum(len(reports) for _, reports in runs),
        seconds=round(time.monotonic() - began, 2),
        rows=tuple(sorted(rows, key=lambda row: ORDER.index(row.row))),
    )


def _first(task: Task) -> bool:
    return task.row == "starter"


def broken(problem: KataError) -> Proof:
    """What is said of a folder that cannot be read as a kata."""
    row = Row(row="folder", name=str(problem.file), ok=False, reason=problem.reason)
    return Proof(slug=problem.folder, ok=False, runs=0, seconds=0.0, rows=(row,))


def _unwritten(kata: Kata) -> Proof | None:
    """For a kata that is only begun: one row for each thing that is still to be written."""
    rows = tuple(
        Row(row="unwritten", name=f"{file}, line {line}", ok=False, reason=about)
        for file, line, about in unwritten(kata.folder)
    )
    return Proof(slug=kata.slug, ok=False, runs=0, seconds=0.0, rows=rows) if rows else None


def _judge(task: Task, reports: list[Report]) -> Row:
    wrong = [reason for report in reports if (reason := deviation(task.expected, report))]
    reason = f"{len(wrong)} of {len(reports)}: {wrong[0]}" if wrong else ""
    return Row(row=task.row, name=task.name, ok=not wrong, reason=reason)


def _repeats(runs: list[tuple[Task, list[Report]]]) -> Row:
    """Whether every sample got the same verdict, by the same checks, every time."""
    most = max(len(reports) for _, reports in runs)
    torn = [task.name for task, reports in runs if len({_outcome(r) for r in reports}) > 1]
    reason = f"not the same every time: {', '.join(torn)}" if torn else ""
    return Row(row="repeats", name=f"up to {most} times", ok=not torn, reason=reason)


def _outcome(report: Report) -> tuple[Verdict | None, frozenset[str]]:
    return report.verdict, frozenset(c.id for c in report.checks if c.outcome is not Outcome.PASSED)


def deviation(expected: Expectation, report: Report) -> str:
    """How a report differs from what was expected; empty where it does not."""
    if report.verdict is not expected.verdict:
        said = report.verdict or f"blame {report.blame}"
        failure = f" ({report.failure.text})" if report.failure else ""
        return f"verdict {said}, expected {expected.verdict}{failure}; {_failed(report)}"
    failing = frozenset(c.id for c in report.checks if c.outcome is not Outcome.PASSED)
    if failing != expected.failing:
        more, fewer = sorted(failing - expected.failing), sorted(expected.failing - failing)
        return "; ".join(
            [f"{id} failed: {_why(report, id)}" for id in more] + [f"{id} passed" for id in fewer]
        )
    findings = report.review.findings if report.review else ()
    found = frozenset(f.id for f in findings if f.state is State.OPEN)
    if found != expected.findings:
        return f"open findings {sorted(found)}, expected {sorted(expected.findings)}"
    return ""


def _failed(report: Report) -> str:
    failed = [c.id for c in report.checks if c.outcome is not Outcome.PASSED]
    return "; ".join(f"{id}: {_why(report, id)}" for id in failed)


def _why(report: Report, id: str) -> str:
    check = next(c for c in report.checks if c.id == id)
    said = check.evidence[-1].text if check.evidence else "no evidence"
    return f"{check.outcome.value}, {said}"


def _places(kata: Kata, report: Report) -> Row:
    findings = report.review.findings if report.review else ()
    placed = {f.id for f in findings if f.place is not None}
    lost = [f.id for f in kata.manifest.findings if f.id not in placed]
    reason = f"no place on the starter for {', '.join(lost)}" if lost else ""
    return Row(row="places", name="on the starter", ok=not lost, reason=reason)


def _shown(kata: Kata, reports: list[Report]) -> Row:
    reason = "; ".join(shown(kata, reports))
    return Row(row="leaks", name="nothing hidden in a review", ok=not reason, reason=reason)


def _said(kata: Kata) -> Iterator[Row]:
    """What is wrong with the words of a kata, each thing in a row; one row where all is well."""
    looks = {
        ("notes", "tone"): texts.tone(kata),
        ("notes", "examples"): texts.examples(kata),
        ("notes", "near misses"): texts.near_misses(kata),
        ("notes", "broken rules"): texts.rules(kata),
        ("leaks", "nothing of the suite is shown"): texts.leaks(kata),
        ("brief", "length"): texts.brief(kata),
    }
    for (row, name), wrong in looks.items():
        reasons = [*wrong]
        yield from (Row(row=row, name=name, ok=False, reason=reason) for reason in reasons)
        if not reasons:
            yield Row(row=row, name=name, ok=True)
    yield from (
        Row(row="notes", name="near misses", ok=True, reason=note) for note in texts.alike(kata)
    )


@contextmanager
def _busy(loops: int) -> Generator[None]:
    """So many busy processes beside, for as long as the block runs."""
    code = "while True: pass"
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()
