"""The operators' commands about the whole installation: `backup`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from kintsugi.backup import BackupError, back_up
from kintsugi.cli_shared import PLATFORM, err, usage
from kintsugi.settings import SettingsError, load_settings


def add_commands(app: typer.Typer) -> None:
    """Add the operators' commands to the `kintsugi` command."""
    app.command("backup")(backup)


def backup(
    file: Annotated[Path, typer.Argument(help="A new file.")],
    data: Annotated[Path | None, typer.Option(help="Folder of the database. [data]")] = None,
) -> None:
    """Copy the database into one file, while the server serves.

    To restore it: stop the server, put the file into an empty data folder as kintsugi.db, serve.
    """
    try:
        settings = load_settings(data=data)
    except SettingsError as error:
        usage(str(error))
    try:
        size = back_up(settings, file)
    except BackupError as error:
        err.print(escape(str(error)))
        raise typer.Exit(PLATFORM) from None
    err.print(f"{escape(str(file))}: {size:,} bytes.")
