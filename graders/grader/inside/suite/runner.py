"""The suite sandbox's process: warm pytest, then one run.

Started by the driver as `python -m grader.inside.suite.runner`. Environment: KINTSUGI_LINE_FD is
the line to the worker, KINTSUGI_OUTSIDE_FD the listening socket of the outside world.
"""

import contextlib
import gc
import json
import os
import resource
import secrets
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.inside.suite.control import Control
from grader.inside.suite.host import Host
from grader.inside.suite.plugin import Suite
from grader.inside.suite.source import Source
from grader.inside.suite.trying import Trying
from grader.inside.suite.volley import Sender
from grader.inside.suite.world import World
from grader.inside.wire import Line

SUITE = Path("/tmp/suite")
WARM = Path("/tmp/warm")
MEMORY = 1 << 30
SOCKETS = "/ipc/app0.sock,/ipc/app1.sock"  # the service's two processes
DATABASE = "sqlite:////tmp/run/app.db"
SECRET_BYTES = 36  # 48 characters
UNUSED = (
    "cacheprovider faulthandler unraisableexception threadexception doctest junitxml pastebin"
    " stepwise logging setuponly setupplan legacypath debugging capture terminal"
)
ARGUMENTS = [
    *(argument for name in UNUSED.split() for argument in ("-p", f"no:{name}")),
    *("--assert=plain", "--noconftest", "-c", "/dev/null", "--import-mode=importlib"),
]


def main() -> None:
    line = Line(socket.socket(fileno=int(os.environ.pop("KINTSUGI_LINE_FD"))))
    listener = socket.socket(fileno=int(os.environ.pop("KINTSUGI_OUTSIDE_FD")))
    prepare()
    work(line, [listener])


def work(line: Line, listeners: list[socket.socket]) -> None:
    """Do one run.

    Args:
        line: to the worker.
        listeners: one, of the outside world.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    line.send({"event": "ready"})
    frame = line.receive()
    if frame is not None:
        run(line, listeners[0], *frame)
    os._exit(0)


def prepare() -> None:
    """Let pytest import and do everything once, and freeze what is there."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode = True
    _write(WARM, {"test_warm.py": "import pytest\n\n\ndef test_warm():\n    assert True\n"})
    pytest.main([*ARGUMENTS, "--rootdir", str(WARM), str(WARM)])
    gc.collect()
    gc.freeze()


def run(line: Line, listener: socket.socket, message: dict[str, Any], blob: bytes) -> None:
    """One run, from the worker's order to `done`."""
    work = json.loads(blob)
    world = World(listener)
    sockets = tuple(os.environ.get("KINTSUGI_SOCKETS", SOCKETS).replace("@", "\0").split(","))
    sender = Sender(world, sockets, int(message["limits"]["body"]))
    control = Control(line)
    host = Host(control, sender, _environment(message), message["limits"]["start_s"])
    control.listen(host.ended)
    if message["op"] == "try":
        Trying(control, world, host).run(message["calls"], work["partners"])
    else:
        _run_suite(control, world, host, message, work)
    world.close()
    control.tell("done")


def _run_suite(
    control: Control, world: World, host: Host, message: dict[str, Any], work: dict[str, Any]
) -> None:
    _write(SUITE, work["suite"])
    source = Source(work["source"])
    with contextlib.suppress(AssertionError):  # what cannot be parsed has nothing to tell
        control.tell("reading", **source.reading(work["starter"], message["selectors"]))
    suite = Suite(control, world, host, source, message)
    sys.path.insert(0, str(SUITE))
    code = pytest.main([*ARGUMENTS, "--rootdir", str(SUITE), str(SUITE)], plugins=[suite])
    if code == pytest.ExitCode.INTERNAL_ERROR:
        suite.broken = suite.broken or "pytest itself failed"
    if suite.broken:
        control.tell("broken", why=suite.broken)


def _environment(message: dict[str, Any]) -> dict[str, str]:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return {"DATABASE_URL": DATABASE, "JWT_SECRET": secret, **message["environment"]}


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
