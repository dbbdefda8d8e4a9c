"""The commands that grade: `grade`, `katas list`, `katas verify`, `doctor`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from grader.authoring.verify import Proof, verify
from grader.grade import grade as grade_files
from grader.grade import without_sandbox
from grader.kata import Catalogue, Kata, bundled_katas, load_catalogue
from grader.report import Report, Verdict
from grader.sandbox import Choice, choose
from grader.sandbox.base import Driver, UnavailableError
from grader.sandbox.pool import Pool
from grader.sandbox.runtime import ensure_runtime
from grader.submission import SubmissionError, read_folder
from kintsugi.doctor import examine
from kintsugi.terminal import print_report

APPROVED, NOT_APPROVED, USAGE, PLATFORM = 0, 1, 2, 3
out = Console()
err = Console(stderr=True)

KatasOption = Annotated[
    list[Path] | None,
    typer.Option("--katas", help="A folder with more katas (track/slug/). May be repeated."),
]
SandboxOption = Annotated[
    str, typer.Option("--sandbox", help="auto, bubblewrap or docker. There is no unsafe way.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]

katas_app = typer.Typer(help="List and prove katas.", no_args_is_help=True)


def add_commands(app: typer.Typer) -> None:
    """Add the grading commands to the `kintsugi` command."""
    app.command("grade")(grade)
    app.command("doctor")(doctor)
    app.add_typer(katas_app, name="katas")


def grade(
    kata: Annotated[str, typer.Argument(help="The kata's slug, as `katas list` shows it.")],
    path: Annotated[Path, typer.Argument(help="A folder with your files (app/...).")],
    as_json: JsonOption = False,
    seed: Annotated[int | None, typer.Option(help="Repeat a run's random inputs.")] = None,
    sandbox: SandboxOption = "auto",
    katas: KatasOption = None,
) -> None:
    """Grade a folder in the sandbox and print the review."""
    subject = _kata(_catalogue(katas), kata)
    try:
        files = read_folder(path)
    except SubmissionError as error:
        _usage(str(error))
    try:
        driver = _driver(sandbox)
    except UnavailableError as error:
        err.print(f"No sandbox can be made here: {escape(str(error))}. {escape(error.mend)}")
        if as_json:
            _print_json(without_sandbox(subject, str(error)).model_dump(mode="json"))
        raise typer.Exit(PLATFORM) from None
    report = _graded(subject, files, driver, seed)
    if as_json:
        _print_json(report.model_dump(mode="json"))
    else:
        print_report(report, subject, {**subject.starter, **files}, out)
    raise typer.Exit(_exit_code(report))


@katas_app.command("list")
def list_katas(as_json: JsonOption = False, katas: KatasOption = None) -> None:
    """Slug, title, track, difficulty and minutes of every kata."""
    catalogue = _catalogue(katas)
    rows = [
        {
            "slug": k.slug,
            "title": k.manifest.title,
            "track": k.manifest.track,
            "difficulty": k.manifest.difficulty,
            "minutes": k.manifest.minutes,
        }
        for k in catalogue.katas.values()
    ]
    if as_json:
        _print_json({"katas": rows})
        return
    table = Table("slug", "title", "track", "difficulty", "minutes", box=None)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    out.print(table)


@katas_app.command("verify")
def verify_katas(
    slugs: Annotated[list[str] | None, typer.Argument(help="Which katas; all without any.")] = None,
    repeat: Annotated[
        int, typer.Option(min=1, help="Starter and reference N times, specimens max(1, N/10).")
    ] = 1,
    load: Annotated[bool, typer.Option("--load", help="Two busy loops run beside.")] = False,
    as_json: JsonOption = False,
    sandbox: SandboxOption = "auto",
    katas: KatasOption = None,
) -> None:
    """Prove katas: everything in a kata's folder is graded and held against what it declares."""
    catalogue = _catalogue(katas)
    chosen = [_kata(catalogue, slug) for slug in slugs or catalogue.katas]
    try:
        driver = _driver(sandbox)
    except UnavailableError as error:
        err.print(f"No sandbox can be made here: {escape(str(error))}. {escape(error.mend)}")
        raise typer.Exit(PLATFORM) from None
    with Pool(driver, size=2) as pool, _progress() as progress:
        task = progress.add_task("verifying", total=None)
        proofs = verify(
            chosen,
            pool,
            repeat=repeat,
            load=load,
            tell=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if as_json:
        _print_json({"katas": [proof.model_dump(mode="json") for proof in proofs]})
    else:
        for proof in proofs:
            out.print(_proof_table(proof))
    well = all(proof.ok for proof in proofs) and not catalogue.problems
    raise typer.Exit(APPROVED if well else NOT_APPROVED)


def doctor(as_json: JsonOption = False, sandbox: SandboxOption = "auto") -> None:
    """Sandbox probes, bounds, database, assets: what is wrong here and how to mend it."""
    diagnosis = examine(_choice(sandbox))
    if as_json:
        _print_json(diagnosis.model_dump(mode="json"))
    else:
        diagnosis.print(out)
    raise typer.Exit(APPROVED if diagnosis.ok else NOT_APPROVED)


def _graded(kata: Kata, files: dict[str, str], driver: Driver, seed: int | None) -> Report:
    with _progress() as progress:
        task = progress.add_task(f"grading {kata.slug}", total=len(kata.manifest.checks))
        return grade_files(kata, files, driver, seed=seed, watch=lambda _: progress.advance(task))


def _exit_code(report: Report) -> int:
    if report.verdict is None:
        return PLATFORM
    return APPROVED if report.verdict is Verdict.APPROVED else NOT_APPROVED


def _catalogue(extra: Sequence[Path] | None) -> Catalogue:
    catalogue = load_catalogue([bundled_katas(), *(extra or [])])
    for problem in catalogue.problems:
        err.print(f"left out: {escape(str(problem))}")
    return catalogue


def _kata(catalogue: Catalogue, slug: str) -> Kata:
    if slug not in catalogue.katas:
        _usage(f"There is no kata {slug!r}. There are: {', '.join(catalogue.katas)}.")
    return catalogue.katas[slug]


def _choice(text: str) -> Choice:
    if text not in ("auto", "bubblewrap", "docker"):
        _usage(f"--sandbox is auto, bubblewrap or docker, not {text!r}.")
    return text


def _driver(text: str) -> Driver:
    choice = _choice(text)
    if sys.platform == "linux":
        with _progress() as progress:
            task = progress.add_task("", total=None)
            ensure_runtime(lambda step: progress.update(task, description=step))
    return choose(choice)


def _usage(text: str) -> NoReturn:
    err.print(escape(text))
    raise typer.Exit(USAGE)


def _print_json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def _progress() -> Progress:
    """On stderr, gone when it is done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=err, transient=True)


def _proof_table(proof: Proof) -> Table:
    state = "proved" if proof.ok else "not proved"
    title = f"{proof.slug}: {state}, {proof.runs} runs, {proof.seconds:.1f} s"
    table = Table("", "row", "name", "reason", title=title, title_justify="left", box=None)
    for row in proof.rows:
        mark = "ok" if row.ok else "NO"
        table.add_row(mark, row.row, escape(row.name), escape(row.reason))
    return table
