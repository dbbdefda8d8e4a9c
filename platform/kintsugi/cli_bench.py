"""The command that measures: `bench grading`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from grader.authoring.bench import Figures, bench
from grader.kata import bundled_katas, load_catalogue
from grader.sandbox.base import SandboxError

PLATFORM = 3
out = Console()
err = Console(stderr=True)
bench_app = typer.Typer(help="Measure on this machine.", no_args_is_help=True)


def add_commands(app: typer.Typer) -> None:
    """Add `bench` to the `kintsugi` command."""
    app.add_typer(bench_app, name="bench")
    bench_app.callback()(lambda: None)  # keeps `grading` a subcommand while it is the only one


@bench_app.command("grading")
def grading(
    slug: Annotated[str, typer.Argument(help="Whose reference is graded.")] = "library-desk",
    rounds: Annotated[int, typer.Option(min=1, help="Of each form, interleaved.")] = 20,
    seconds: Annotated[float, typer.Option(min=1, help="Of sustained load, each refill.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Latency and throughput of grading, beside the ways it could be done, in one run."""
    kata = load_catalogue([bundled_katas()]).katas.get(slug)
    if kata is None:
        raise typer.BadParameter(f"There is no kata {slug!r}.")
    try:
        with err.status("warming up") as status:
            figures = bench(kata, rounds, seconds, status.update)
    except (SandboxError, RuntimeError) as error:
        err.print(f"Nothing was measured: {error}", markup=False)
        raise typer.Exit(PLATFORM) from None
    if as_json:
        typer.echo(figures.model_dump_json(indent=2))
    else:
        out.print(_table(figures))


def _table(figures: Figures) -> Table:
    table = Table("", "", box=None, show_header=False)
    for name, value in figures.model_dump().items():
        table.add_row(name.replace("_", " "), str(value))
    return table
