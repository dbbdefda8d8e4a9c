"""`kintsugi serve`: the web server and its grading worker, begun and ended together."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import IO

import uvicorn
from fastapi import FastAPI

from kintsugi.settings import Settings

GRACE_S = 3  # for what is under way when the server is told to stop
CANNOT_GRADE = 3  # a worker's exit code: see `kintsugi.worker`
LONGEST_PAUSE_S = 10.0


class ServingError(Exception):
    """The server cannot begin: one line that says why and what to do."""


class Server(uvicorn.Server):
    """Ends its event streams first, so that a stop does not wait for readers."""

    def __init__(self, app: FastAPI, url: str, worker: "Worker") -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_S,
            server_header=False,
        )
        super().__init__(config)
        self._app = app
        self._url = url
        self._worker = worker

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(f"Kintsugi is at {self._url}\n")
            sys.stdout.flush()
            self._worker.start()  # not before: two starting processes take twice as long

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._app.state.hub.close()
        self._app.state.arrivals.close()
        super().handle_exit(sig, frame)


class Worker:
    """The grading worker as a child process: begun again whenever it dies."""

    def __init__(self, settings: Settings) -> None:
        self._command = [sys.executable, "-m", "kintsugi.cli", "worker", "--embedded"]
        self._environment = {**os.environ, **environment(settings)}
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, name="worker", daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def stop(self) -> None:
        """Return when it is gone."""
        self._stopping.set()
        if self._child:
            self._child.terminate()
        if self._keeper.is_alive():
            self._keeper.join(GRACE_S)
        if self._child and self._child.poll() is None:
            self._child.kill()

    def _keep(self) -> None:
        pause, first = 0.25, ["--first"]
        while not self._stopping.is_set():
            # stdin is never written to: it closes when this process ends, however it ends.
            with subprocess.Popen(
                [*self._command, *first], env=self._environment, stdin=subprocess.PIPE
            ) as self._child:
                first = []
                if self._stopping.is_set():
                    self._child.terminate()
                code = self._child.wait()
            if code == CANNOT_GRADE:
                return  # it has said why
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)


def serve(settings: Settings, app: FastAPI) -> None:
    """Serve until told to stop.

    Raises:
        ServingError: the port is taken, or another server uses the data folder.
    """
    with _alone(settings), _listening(settings) as listener:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        worker = Worker(settings)
        server = Server(app, settings.public_url or f"http://{shown}:{port}", worker)
        # uvicorn stops well and then sends the signal again: the worker is still to be ended.
        signal.signal(signal.SIGTERM, lambda _number, _frame: None)
        try:
            with contextlib.suppress(KeyboardInterrupt):
                server.run([listener])
        finally:
            worker.stop()


def environment(settings: Settings) -> dict[str, str]:
    """The same settings for the worker's process."""
    given = {
        "environment": settings.environment,
        "data": str(settings.data.resolve()),
        "database_url": settings.database_url,
        "public_url": settings.public_url,
        "katas": os.pathsep.join(str(folder.resolve()) for folder in settings.katas),
        "sandbox": settings.sandbox,
        "workers": str(settings.workers),
        "log_level": settings.log_level,
    }
    return {f"KINTSUGI_{name.upper()}": value for name, value in given.items() if value}


@contextlib.contextmanager
def _listening(settings: Settings) -> Generator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            text = f"Port {settings.port} on {settings.host} cannot be used ({error.strerror})."
            raise ServingError(f"{text} Choose another with --port.") from None
        listener.listen(2048)
        yield listener


@contextlib.contextmanager
def _alone(settings: Settings) -> Generator[None]:
    """One server a data folder: two would grade the same submissions as the same worker."""
    path = settings.data / "lock"
    with path.open("w") as file:
        _lock(file, path)
        yield


def _lock(file: IO[str], path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows has no such locks; nothing is graded there anyway
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        text = f"Another server uses {path.parent}."
        raise ServingError(f"{text} Stop it, or choose another folder with --data.") from None
