"""Proves a kata: grades everything in its folder and holds the result against what it declares."""

import ast
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from grader.grade import grade
from grader.kata import Expectation, Files, Kata
from grader.report import Blame, CheckKind, Outcome, Report, State, Value, Verdict
from grader.sandbox.base import Driver

TRIES = 3  # as a worker does where the platform was at fault
LEAK_LENGTH = 12  # shorter literals of a suite are words that a brief may use, too


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
    workers: int = 2,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> list[Proof]:
    """Verify katas, all of their runs in parallel.

    Args:
        katas: the katas to prove.
        sandbox: makes pairs; from several threads at once.
        repeat: starter and reference are graded so often.
        specimens: each specimen is graded so often; max(1, repeat / 10) times without it.
        load: keep two busy loops running beside.
        workers: gradings at a time.
        tell: is called with the runs done and their total.
    """
    few = max(1, repeat // 10) if specimens is None else specimens
    tasks = {kata.slug: _tasks(kata, repeat, few) for kata in katas}
    total = sum(task.times for mine in tasks.values() for task in mine)
    done = 0

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

    with _busy(2 if load else 0), ThreadPoolExecutor(workers) as pool:
        began = time.monotonic()
        futures = {
            kata.slug: [
                (task, [pool.submit(graded, kata, task) for _ in range(task.times)])
                for task in tasks[kata.slug]
            ]
            for kata in katas
        }
        return [_proof(kata, futures[kata.slug], began) for kata in katas]


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


def _proof(kata: Kata, graded: list[tuple[Task, list[Future[Report]]]], began: float) -> Proof:
    rows: list[Row] = []
    runs = 0
    for task, futures in graded:
        reports = [future.result() for future in futures]
        runs += len(reports)
        rows.append(_judge(task, reports))
        if task.row == "starter":
            rows.append(_places(kata, reports[0]))
    rows += [_notes(kata), _leaks(kata), _brief(kata)]
    seconds = round(time.monotonic() - began, 2)
    ok = all(row.ok for row in rows)
    return Proof(slug=kata.slug, ok=ok, runs=runs, seconds=seconds, rows=tuple(rows))


def _judge(task: Task, reports: list[Report]) -> Row:
    wrong = [reason for report in reports if (reason := deviation(task.expected, report))]
    reason = f"{len(wrong)} of {len(reports)}: {wrong[0]}" if wrong else ""
    return Row(row=task.row, name=task.name, ok=not wrong, reason=reason)


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


def _notes(kata: Kata) -> Row:
    for id, note in kata.notes.items():
        try:
            ast.parse(note.example)
        except SyntaxError as error:
            reason = f"notes/{id}.md: the example does not parse: {error.msg}"
            return Row(row="notes", name="examples parse", ok=False, reason=reason)
    known = {s.name for s in kata.specimens if s.expected.kind == "near_miss"}
    if lost := sorted(known ^ set(kata.near_misses)):
        reason = f"near-misses.md and specimens/ differ on {', '.join(lost)}"
        return Row(row="notes", name="near misses", ok=False, reason=reason)
    return Row(row="notes", name="notes", ok=True)


def _leaks(kata: Kata) -> Row:
    shown = "\n".join([kata.brief, *kata.starter.values()])
    titles = [x.title for x in (*kata.manifest.findings, *kata.manifest.checks)]
    for text in titles:
        if text.lower() in shown.lower():
            return Row(
                row="leaks", name="titles", ok=False, reason=f"{text!r} is shown to learners"
            )
    for literal in sorted(_hidden_literals(kata)):
        if literal in kata.brief:
            reason = f"{literal!r} of the suite stands in the brief"
            return Row(row="leaks", name="hidden inputs", ok=False, reason=reason)
    return Row(row="leaks", name="nothing of the suite is shown", ok=True)


def _hidden_literals(kata: Kata) -> Iterator[str]:
    """Strings of the suite that are no part of the service's own vocabulary."""
    service = "\n".join([*kata.starter.values(), *kata.reference.values()])
    for text in kata.suite.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                value = node.value.strip()
                if len(value) >= LEAK_LENGTH and value not in service:
                    yield value


def _brief(kata: Kata) -> Row:
    words = len(kata.brief.split())
    ok = 60 <= words <= 600
    reason = "" if ok else f"{words} words; a brief has 60 to 600"
    return Row(row="brief", name="length", ok=ok, reason=reason)


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
