"""The `kintsugi` command: everything it can do, put together."""

import sys

import typer

from kintsugi import cli_serving

SERVING = ("serve", "worker")


def command_line(first: str = "") -> typer.Typer:
    """All commands; those that serve come without what only the others import.

    A server is to be up at once, and the tools for authors take a second to import.
    """
    app = typer.Typer(
        name="kintsugi",
        help="Mend flawed FastAPI services; graders attack the repair and a review answers.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    if first not in SERVING:
        from kintsugi import (
            cli_accounts,
            cli_bench,
            cli_grading,
            cli_katas,
            cli_operating,
            cli_remote,
        )

        cli_grading.add_commands(app)
        cli_katas.add_commands(app)
        cli_remote.add_commands(app)
        cli_bench.add_commands(app)
        cli_accounts.add_commands(app)
        cli_operating.add_commands(app)
    cli_serving.add_commands(app)
    return app


def main() -> None:
    """The entry point of the installed command."""
    command_line(*sys.argv[1:2])()


if __name__ == "__main__":
    main()
