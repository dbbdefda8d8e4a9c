"""A real `kintsugi serve` for tests: its own port, data folder and process group."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

READY_S = 60.0
POLL_S = 0.05


class Served:
    """A server that runs until it is ended, politely or not."""

    def __init__(
        self,
        data: Path,
        *options: str,
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it; returns when it takes and grades submissions."""
        self.data = data
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.with_name(f"{data.name}.log").open("ab")
        command = [sys.executable, "-m", "kintsugi.cli", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--data", str(data), *options],
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
            env={**os.environ, **(environment or {})},
        )

    def wait_until_ready(self) -> "Served":
        """Poll the readiness of a process that has no other way to tell us."""
        deadline = monotonic() + READY_S
        while monotonic() < deadline:
            assert self.process.poll() is None, Path(self.log.name).read_text()
            with (
                contextlib.suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(f"{self.url}/readyz", timeout=2),  # noqa: S310 - our own
            ):
                return self
            sleep(POLL_S)
        raise AssertionError(f"not ready: {Path(self.log.name).read_text()}")

    def kill(self) -> None:
        """SIGKILL to server and worker alike, in the middle of whatever they do."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self) -> int:
        """End it politely; returns its exit code."""
        self.process.terminate()
        code = self.process.wait(15)
        self.log.close()
        return code


@contextmanager
def served(
    data: Path, *options: str, environment: Mapping[str, str] | None = None
) -> Generator[Served]:
    """A server that is ready, for the length of a block."""
    server = Served(data, *options, environment=environment)
    try:
        yield server.wait_until_ready()
    finally:
        server.kill()


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
