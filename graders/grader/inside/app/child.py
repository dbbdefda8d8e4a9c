"""The app process: limits first, then the submission, served by uvicorn on an inherited socket."""

import importlib
import json
import os
import socket
import sys
import traceback
from typing import Any, NoReturn, cast

import kintsugi_outside
import uvicorn

from grader.inside.app import jail
from grader.inside.app.jail import WORK
from grader.inside.app.probes import ASGIApp, Probes, Wrapped
from grader.inside.app.tampering import Telltale

TEXT_CAP = 300
KEPT_VARIABLES = ("PATH", "LANG", "HOME", "TMPDIR", "PYTHONUTF8")


class NoAppError(Exception):
    """`app/main.py` has no ASGI application named `app`."""


class Status:
    """The pipe on which the app process says once that it serves, or why it does not."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def serving(self) -> None:
        self._say({"serving": True})

    def failed(self, error: BaseException) -> None:
        self._say({"failure": describe(error)})

    def _say(self, message: dict[str, Any]) -> None:
        if self._fd >= 0:
            os.write(self._fd, json.dumps(message).encode()[:4000] + b"\n")
            os.close(self._fd)
            self._fd = -1


class Server(uvicorn.Server):
    """Uvicorn that says when it serves."""

    def __init__(self, config: uvicorn.Config, status: Status) -> None:
        super().__init__(config)
        self._status = status

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._status.serving()


def run(
    listener: int,
    status_fd: int,
    notes_fd: int,
    slot: int,
    env: dict[str, str],
    limits: jail.Rlimits,
) -> NoReturn:
    """Become the app process. Never returns.

    Args:
        listener: fd of the listening Unix socket.
        status_fd: fd of the status pipe.
        notes_fd: fd of the way to the supervisor for what is noted as tampering.
        slot: 0 for the service, 1 for its second process.
        env: the variables that the submission sees.
        limits: what it may use.
    """
    status = Status(status_fd)
    code = 70
    try:
        _prepare(env, slot, limits, Telltale(socket.socket(fileno=notes_fd)))
        code = _serve(listener, status)
    except BaseException as error:  # noqa: BLE001 - the last resort of a process that ends here
        traceback.print_exc()
        status.failed(error)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _prepare(env: dict[str, str], slot: int, limits: jail.Rlimits, telltale: Telltale) -> None:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    os.environ.clear()
    os.environ.update(kept | env)
    os.chdir(WORK)
    sys.path.insert(0, WORK)
    sys.dont_write_bytecode = True
    kintsugi_outside.slot = slot
    jail.bound(limits)
    telltale.lock()
    telltale.watch()


def _serve(listener: int, status: Status) -> int:
    probes = Probes()
    probes.install()
    app = getattr(importlib.import_module("app.main"), "app", None)
    if not callable(app):
        raise NoAppError("app/main.py has no application named app")
    config = uvicorn.Config(
        Wrapped(cast(ASGIApp, app), probes, status.failed),
        log_config=None,
        access_log=False,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=1,
    )
    server = Server(config, status)
    server.run(sockets=[socket.socket(fileno=listener)])
    return 0 if server.started else 3


def describe(error: BaseException) -> dict[str, Any]:
    """Why the service did not start, in terms of the learner's own files.

    Returns:
        kind (syntax, exception, memory, exit, no_app), text, file, line; the last two may be None.
    """
    kind = "exception"
    if isinstance(error, SyntaxError):
        kind = "syntax"
    elif isinstance(error, MemoryError):
        kind = "memory"
    elif isinstance(error, NoAppError):
        kind = "no_app"
    elif isinstance(error, SystemExit):
        kind = "exit"
    file, line = _own_place(error)
    text = (
        str(error)
        if isinstance(error, NoAppError)
        else f"{type(error).__name__}: {_message(error)}"
    )
    return {"kind": kind, "text": text[:TEXT_CAP], "file": file, "line": line}


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg
    return str(error).replace(f"{WORK}/", "").split("\n", 1)[0]


def _own_place(error: BaseException) -> tuple[str | None, int | None]:
    """The last line of the learner's own code on the way to the error."""
    if isinstance(error, SyntaxError) and error.filename:
        return _own(error.filename), error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    own = [(_own(frame.filename), frame.lineno) for frame in frames if _own(frame.filename)]
    return own[-1] if own else (None, None)


def _own(filename: str) -> str | None:
    return filename.removeprefix(f"{WORK}/") if filename.startswith(f"{WORK}/") else None
