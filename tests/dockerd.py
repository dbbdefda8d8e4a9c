"""A Docker daemon of the tests' own: for root, where the program is there and none answers."""

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

LISTENS = "API listen on"
START_S, STOP_S = 60.0, 30.0
FLAGS = ("--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false")
_own: list["Dockerd"] = []


@functools.cache
def lacks() -> str:
    """Why there is no daemon for these tests; nothing where DOCKER_HOST now leads to one."""
    if _answers():
        return ""
    if os.geteuid() != 0:
        return "no Docker daemon answers, and only root can start one."
    if shutil.which("dockerd") is None:
        return "no Docker daemon answers, and dockerd is not installed (Debian: docker.io)."
    made = Dockerd()
    if not made.listens():
        made.stop()
        return f"dockerd does not start: {made.last_words}"
    _own.append(made)
    os.environ["DOCKER_HOST"] = made.address
    return ""


def stop() -> None:
    """End the daemon that `lacks` has started, if it has."""
    while _own:
        _own.pop().stop()


def _answers() -> bool:
    address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.connect(address.removeprefix("unix://"))
        except OSError:
            return False
    return True


class Dockerd:
    """A daemon with a folder, a socket and a containerd of its own, and no network."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kintsugi-dockerd-"))
        self.address = f"unix://{self._folder}/socket"
        self.last_words = ""
        self._heard = threading.Event()
        self._listens = False
        places = ("--data-root", "data"), ("--exec-root", "exec"), ("--pidfile", "pid")
        self._process = subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "TERM", "dockerd", "-H", self.address, *FLAGS),
                *(word for flag, name in places for word in (flag, str(self._folder / name))),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def listens(self) -> bool:
        """Wait until it does, or has ended."""
        return self._heard.wait(START_S) and self._listens

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.last_words = line.strip()
            if LISTENS in line:
                self._listens = True
                self._heard.set()
        self._heard.set()

    def stop(self) -> None:
        """End it; nothing of it is left, neither a mount nor a file."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(STOP_S)
        assert self._process.stderr is not None
        self._process.stderr.close()
        for mount in mounts_under(self._folder):
            subprocess.run(["umount", "--lazy", mount], check=False)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self._folder)


def mounts_under(folder: Path) -> list[str]:
    """Mount points in a folder, the innermost first."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    points = [line.split()[1] for line in lines]
    return sorted((p for p in points if Path(p).is_relative_to(folder)), key=len, reverse=True)
