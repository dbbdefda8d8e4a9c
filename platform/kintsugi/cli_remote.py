"""The commands for one's own editor: `login`, `pull`, `submit`."""

import time
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import typer
from rich.markup import escape

from grader.report import Verdict
from kintsugi import servers, workspace
from kintsugi.cli_shared import (
    APPROVED,
    NOT_APPROVED,
    PLATFORM,
    JsonOption,
    err,
    out,
    print_json,
    progress,
    usage,
)
from kintsugi.remote import Remote, RemoteError, RemoteKata, RemoteSubmission, Step
from kintsugi.terminal import print_report
from kintsugi.workspace import Mark, WorkspaceError

LOOK_S = 0.3
FolderArgument = Annotated[Path, typer.Argument(help="The folder that pull has made.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands for one's own editor to the `kintsugi` command."""
    for command in (login, pull, submit):
        app.command(command.__name__)(command)


def login(
    url: Annotated[str, typer.Argument(help="The server's address, as in the browser.")],
    token: Annotated[
        str | None,
        typer.Option(
            envvar="KINTSUGI_TOKEN", help="One of your API tokens, from the page Account."
        ),
    ] = None,
    guest: Annotated[
        bool, typer.Option("--guest", help="Begin as a guest, without a token.")
    ] = False,
) -> None:
    """Remember a server and who you are there; `pull` and `submit` then use it."""
    address = _address(url)
    given = (
        "" if guest else token or typer.prompt("API token (empty: as a guest)", "", hide_input=True)
    )
    try:
        with Remote(address, given) as remote:
            if given and not remote.knows_me():
                usage(f"{address} does not know this token. Make one on the page Account.")
            known = given or remote.new_guest()
    except RemoteError as error:
        _refused(error)
    servers.remember(address, known)
    err.print(f"Signed in at {escape(address)}{'' if given else ' as a guest'}.")


def pull(
    kata: Annotated[str, typer.Argument(help="The kata's slug, as its page's address ends.")],
    folder: Annotated[
        Path | None, typer.Argument(help="A new folder; named like the kata without it.")
    ] = None,
    server: Annotated[str | None, typer.Option(help="Another server than that of login.")] = None,
) -> None:
    """Get a kata into a folder: brief, service, and what is needed to run it."""
    target = folder or Path(kata)
    try:
        with _remote(_address(server) if server else None) as remote:
            found, attempt = remote.kata(kata), remote.attempt_on(kata)
        mark = Mark(
            server=remote.url,
            kata=found.slug,
            title=found.title,
            attempt=attempt.id,
            editable=found.editable,
        )
        workspace.write(target, mark, found.brief, {**found.files, **attempt.files})
    except RemoteError as error:
        _refused(error)
    except WorkspaceError as error:
        usage(str(error))
    err.print(f"{escape(found.title)} is in {escape(str(target))}. Begin with its README.md.")


def submit(
    folder: FolderArgument = Path(),
    watch: Annotated[
        bool, typer.Option("--watch", help="Hand in again at every save, until Ctrl-C.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Hand in a pulled folder and print the review."""
    if watch and as_json:
        usage("--json prints one document; leave --watch or --json out.")
    try:
        mark = workspace.read(folder)
        with _remote(mark.server) as remote:
            kata = remote.kata(mark.kata)
            while True:
                seen = workspace.stamps(folder)  # a save while it is graded counts
                code = _hand_in(remote, kata, mark, folder, as_json)
                if not watch:
                    break
                _until_saved(folder, seen)
    except KeyboardInterrupt:
        raise typer.Exit(APPROVED) from None
    except RemoteError as error:
        _refused(error)
    except WorkspaceError as error:
        usage(str(error))
    raise typer.Exit(code)


def _hand_in(remote: Remote, kata: RemoteKata, mark: Mark, folder: Path, as_json: bool) -> int:
    """One submission from its files to its review; the exit code that it means."""
    files = workspace.service(folder)
    mine = {name: text for name, text in files.items() if name in mark.editable}
    accepted = remote.submit(mark.attempt, mine)
    with progress() as bar:
        task = bar.add_task(f"grading {kata.slug}", total=kata.checks)

        def tell(step: Step) -> None:
            if step.name == "started":
                bar.reset(task)
            elif step.name == "check":
                bar.advance(task)

        found = remote.outcome(accepted.id, tell)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print(remote, kata, found, {**kata.files, **mine})
    return _exit_code(found)


def _print(
    remote: Remote, kata: RemoteKata, found: RemoteSubmission, files: dict[str, str]
) -> None:
    if found.report is not None:
        print_report(found.report, kata.title, files, out, remote.since(found.id))
    elif found.state == "graded":
        out.print("Handed in. The review is not shown for this attempt.")
    else:
        out.print(f"Submission {escape(found.id)}: {escape(found.state)}.")
    out.print(f"{escape(remote.url)}/submissions/{escape(found.id)}", style="dim", soft_wrap=True)


def _exit_code(found: RemoteSubmission) -> int:
    if found.state == "broken" or (found.report and found.report.verdict is None):
        return PLATFORM
    approved = found.report is not None and found.report.verdict is Verdict.APPROVED
    return APPROVED if approved else NOT_APPROVED


def _until_saved(folder: Path, seen: dict[str, int]) -> None:
    """Until a file has changed since then, and no more is being written."""
    err.print("Waiting for the next save; Ctrl-C ends it.", style="dim")
    while (now := workspace.stamps(folder)) == seen:
        time.sleep(LOOK_S)
    while (later := workspace.stamps(folder)) != now:
        now = later
        time.sleep(LOOK_S)


def _remote(address: str | None) -> Remote:
    """The server of a folder, or that of the last login."""
    known = servers.known(address)
    if known is None:
        usage(f"Sign in first: kintsugi login {address or 'URL'}")
    return Remote(*known)


def _address(url: str) -> str:
    """Scheme and host of what a person typed."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        usage(f"{url} is not the address of a server. It looks like https://kintsugi.example.org.")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _refused(error: RemoteError) -> NoReturn:
    err.print(escape(str(error)))
    raise typer.Exit(PLATFORM if error.platform else NOT_APPROVED) from None
