"""The commands that grade: `grade`, `doctor`."""

import json
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from pydantic import ValidationError

from grader.grade import grade as grade_files
from grader.grade import without_sandbox
from grader.kata import Kata
from grader.report import Report, Verdict
from grader.review import document
from grader.review.since import since as compare
from grader.sandbox.base import Driver, UnavailableError
from grader.submission import SubmissionError, read_folder
from kintsugi.cli_shared import (
    APPROVED,
    NOT_APPROVED,
    PLATFORM,
    JsonOption,
    KatasOption,
    SandboxOption,
    catalogue_of,
    choice_of,
    driver_of,
    kata_of,
    out,
    print_json,
    progress,
    say_unavailable,
    usage,
)
from kintsugi.doctor import examine
from kintsugi.terminal import print_report

SINCE = "since"  # the member that `--since` adds to the document of `--json`
REPORT_CAP = 8 << 20  # bytes


def add_commands(app: typer.Typer) -> None:
    """Add the grading commands to the `kintsugi` command."""
    app.command("grade")(grade)
    app.command("doctor")(doctor)


def grade(
    kata: Annotated[str, typer.Argument(help="The kata's slug, as `katas list` shows it.")],
    path: Annotated[Path, typer.Argument(help="A folder with your files (app/...).")],
    as_json: JsonOption = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the review as one Markdown document.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Repeat a run's random inputs.")] = None,
    sandbox: SandboxOption = "auto",
    katas: KatasOption = None,
    since: Annotated[
        Path | None,
        typer.Option(help="An earlier report (made with --json): says what has changed."),
    ] = None,
) -> None:
    """Grade a folder in the sandbox and print the review."""
    subject = kata_of(catalogue_of(katas), kata)
    try:
        files = read_folder(path)
    except SubmissionError as error:
        usage(str(error))
    earlier = _earlier(since, subject) if since else None
    try:
        driver = driver_of(sandbox)
    except UnavailableError as error:
        say_unavailable(error)
        if as_json:
            print_json(without_sandbox(subject, str(error)).model_dump(mode="json"))
        raise typer.Exit(PLATFORM) from None
    report = _graded(subject, files, driver, seed)
    changed = compare(earlier, report) if earlier else None
    title, (graded, _) = subject.manifest.title, subject.submission(files)
    if as_json:
        more = {SINCE: changed.model_dump(mode="json")} if changed else {}
        print_json({**report.model_dump(mode="json"), **more})
    elif as_markdown:
        typer.echo(document(report, title, graded), nl=False)
    else:
        print_report(report, title, graded, out, changed)
    raise typer.Exit(_exit_code(report))


def doctor(as_json: JsonOption = False, sandbox: SandboxOption = "auto") -> None:
    """Sandbox probes, bounds, database, assets: what is wrong here and how to mend it."""
    diagnosis = examine(choice_of(sandbox))
    if as_json:
        print_json(diagnosis.model_dump(mode="json"))
    else:
        diagnosis.print(out)
    raise typer.Exit(APPROVED if diagnosis.ok else NOT_APPROVED)


def _earlier(path: Path, kata: Kata) -> Report:
    """The report in a file; ends the command where it is none, or one of another kata."""
    how = f"Make one with: kintsugi grade {kata.slug} FOLDER --json > {path.name}"
    try:
        if path.stat().st_size > REPORT_CAP:
            usage(f"{path} is too large for a report. {how}")
        document: Any = json.loads(path.read_bytes())
        if isinstance(document, dict):
            cast(dict[str, Any], document).pop(SINCE, None)
        report = Report.model_validate(document)
    except OSError as error:
        usage(f"{path} cannot be read: {error.strerror}. {how}")
    except (ValueError, RecursionError, ValidationError):
        usage(f"{path} is not a report. {how}")
    if report.kata != kata.slug:
        usage(f"{path} is a report of the kata {report.kata!r}, not of {kata.slug!r}.")
    return report


def _graded(kata: Kata, files: dict[str, str], driver: Driver, seed: int | None) -> Report:
    with progress() as bar:
        task = bar.add_task(f"grading {kata.slug}", total=len(kata.manifest.checks))
        return grade_files(kata, files, driver, seed=seed, watch=lambda _: bar.advance(task))


def _exit_code(report: Report) -> int:
    if report.verdict is None:
        return PLATFORM
    return APPROVED if report.verdict is Verdict.APPROVED else NOT_APPROVED
