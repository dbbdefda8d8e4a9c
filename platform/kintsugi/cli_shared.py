"""What the commands share: options, exit codes, the catalogue, a sandbox, progress."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from grader.kata import Catalogue, Kata, bundled_katas, load_catalogue
from grader.sandbox import Choice, choose
from grader.sandbox.base import Driver, UnavailableError
from grader.sandbox.runtime import ensure_runtime

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


def catalogue_of(extra: Sequence[Path] | None) -> Catalogue:
    """Our katas and those of more folders; says which folders are left out, and why."""
    catalogue = load_catalogue([bundled_katas(), *(extra or [])])
    for problem in catalogue.problems:
        err.print(f"left out: {escape(str(problem))}")
    return catalogue


def kata_of(catalogue: Catalogue, slug: str) -> Kata:
    if slug not in catalogue.katas:
        usage(f"There is no kata {slug!r}. There are: {', '.join(catalogue.katas)}.")
    return catalogue.katas[slug]


def choice_of(text: str) -> Choice:
    if text not in ("auto", "bubblewrap", "docker"):
        usage(f"--sandbox is auto, bubblewrap or docker, not {text!r}.")
    return text


def driver_of(text: str) -> Driver:
    """The sandbox that was asked for.

    Raises:
        UnavailableError: there is none here.
    """
    choice = choice_of(text)
    if sys.platform == "linux":
        with progress() as bar:
            task = bar.add_task("", total=None)
            ensure_runtime(lambda step: bar.update(task, description=step))
    return choose(choice)


def driver_or_exit(text: str) -> Driver:
    """The same; ends the command where there is none."""
    try:
        return driver_of(text)
    except UnavailableError as error:
        say_unavailable(error)
        raise typer.Exit(PLATFORM) from None


def say_unavailable(error: UnavailableError) -> None:
    err.print(f"No sandbox can be made here: {escape(str(error))}. {escape(error.mend)}")


def usage(text: str) -> NoReturn:
    """End the command: it was called wrongly."""
    err.print(escape(text))
    raise typer.Exit(USAGE)


def print_json(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def progress() -> Progress:
    """On stderr, gone when it is done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=err, transient=True)
