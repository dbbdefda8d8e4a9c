"""The commands that measure: `bench grading`, `bench trial`."""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from grader.authoring.bench import bench
from grader.authoring.bench_trial import bench_trial
from grader.kata import Kata, bundled_katas, load_catalogue
from grader.report import Value
from grader.sandbox.base import SandboxError

PLATFORM = 3
out = Console()
err = Console(stderr=True)
bench_app = typer.Typer(help="Measure on this machine.", no_args_is_help=True)


def add_commands(app: typer.Typer) -> None:
    """Add `bench` to the `kintsugi` command."""
    app.add_typer(bench_app, name="bench")


@bench_app.command("grading")
def grading(
    slug: Annotated[str, typer.Argument(help="Whose reference is graded.")] = "library-desk",
    rounds: Annotated[int, typer.Option(min=1, help="Of each form, interleaved.")] = 20,
    seconds: Annotated[float, typer.Option(min=1, help="Of sustained load, each refill.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Latency and throughput of grading, beside the ways it could be done, in one run."""
    kata = _kata(slug)
    _measure(lambda tell: bench(kata, rounds, seconds, tell), as_json)


@bench_app.command("trial")
def trial(
    slug: Annotated[str, typer.Argument(help="Whose starter is tried.")] = "library-desk",
    rounds: Annotated[int, typer.Option(min=1, help="Of each form, interleaved.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Latency of a trial of the starter, from hand-over to the answers."""
    kata = _kata(slug)
    _measure(lambda tell: bench_trial(kata, rounds, tell), as_json)


def _kata(slug: str) -> Kata:
    kata = load_catalogue([bundled_katas()]).katas.get(slug)
    if kata is None:
        raise typer.BadParameter(f"There is no kata {slug!r}.")
    return kata


def _measure(work: Callable[[Callable[[str], None]], Value], as_json: bool) -> None:
    try:
        with err.status("warming up") as status:
            figures = work(status.update)
    except (SandboxError, RuntimeError) as error:
        err.print(f"Nothing was measured: {error}", markup=False)
        raise typer.Exit(PLATFORM) from None
    if as_json:
        typer.echo(figures.model_dump_json(indent=2))
    else:
        out.print(_table(figures))


def _table(figures: Value) -> Table:
    table = Table("", "", box=None, show_header=False)
    for name, value in figures.model_dump().items():
        table.add_row(name.replace("_", " "), str(value))
    return table
