"""The commands that serve: `serve`, `worker`."""

import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from kintsugi.settings import Settings, SettingsError, load_settings

USAGE, CANNOT = 2, 3

KatasOption = Annotated[
    list[Path] | None,
    typer.Option("--katas", help="A folder with more katas (track/slug/). May be repeated."),
]
DataOption = Annotated[Path | None, typer.Option(help="Folder for the database. [data]")]
SandboxOption = Annotated[
    str | None,
    typer.Option("--sandbox", help="auto, bubblewrap or docker. There is no unsafe way."),
]
WorkersOption = Annotated[int | None, typer.Option(help="How many are graded at once. [2]")]


def add_commands(app: typer.Typer) -> None:
    """Add the serving commands to the `kintsugi` command."""
    app.command("serve")(serve)
    app.command("worker")(worker)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on. [8000]")] = None,
    data: DataOption = None,
    katas: KatasOption = None,
    sandbox: SandboxOption = None,
    workers: WorkersOption = None,
) -> None:
    """Serve the web application, with a grading worker beside it."""
    settings = _settings(
        host=host, port=port, data=data, katas=katas, sandbox=sandbox, workers=workers
    )
    try:
        settings.prepare()
    except SettingsError as error:
        _end(str(error), USAGE)
    # Only now what takes a moment to import: mistakes above are answered at once.
    from sqlalchemy.exc import SQLAlchemyError

    from kintsugi import logs, schema, serving
    from kintsugi.app import create_app
    from kintsugi.catalogue.service import Shelf
    from kintsugi.pages import AssetsMissingError, asset

    logs.configure(settings)
    try:
        asset("app.css")
    except AssetsMissingError as error:
        _end(str(error), CANNOT)
    try:
        schema.upgrade(settings)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        where = settings.data / "kintsugi.db" if settings.embedded else "KINTSUGI_DATABASE_URL"
        _end(f"The database ({where}) cannot be used: {reason}.", CANNOT)
    shelf = Shelf(settings.kata_roots)
    for problem in shelf.problems:
        _say(f"Left out: {problem}")
    try:
        serving.serve(settings, create_app(settings, shelf))
    except serving.ServingError as error:
        _end(str(error), CANNOT)


def worker(
    data: DataOption = None,
    katas: KatasOption = None,
    sandbox: SandboxOption = None,
    workers: WorkersOption = None,
    embedded: Annotated[bool, typer.Option("--embedded", hidden=True)] = False,
    first: Annotated[bool, typer.Option("--first", hidden=True)] = False,
) -> None:
    """Grade what a shared database holds (KINTSUGI_DATABASE_URL)."""
    settings = _settings(data=data, katas=katas, sandbox=sandbox, workers=workers)
    from kintsugi import logs
    from kintsugi.worker import run

    logs.configure(settings)
    run(settings, embedded=embedded, first=first)


def _settings(**given: Any) -> Settings:
    try:
        return load_settings(**given)
    except SettingsError as error:
        _end(str(error), USAGE)


def _end(text: str, code: int) -> NoReturn:
    _say(text)
    raise typer.Exit(code)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
