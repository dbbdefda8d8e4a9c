"""The `kintsugi` command: everything it can do, put together."""

import typer

from kintsugi import cli_bench, cli_grading, cli_serving

app = typer.Typer(
    name="kintsugi",
    help="Mend flawed FastAPI services; graders attack the repair and a review answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
cli_grading.add_commands(app)
cli_bench.add_commands(app)
cli_serving.add_commands(app)


def main() -> None:
    """The entry point of the installed command."""
    app()


if __name__ == "__main__":
    main()
