"""Copies of the service's database, made in a process that holds no learner code.

The file is the learner's to spoil: the process is jailed, has three seconds for each copy, and its
failure is an answer, never a crash of the supervisor (`copier`).
"""

import shutil
import signal
import socket
import sqlite3
import stat
import struct
from collections.abc import Callable
from pathlib import Path

LIVE = Path("/tmp/run/app.db")
KEPT = Path("/tmp/kept/app.db")
SECONDS = 3
SIZE_CAP = 32 << 20
HEAD = struct.Struct("!?I")  # whether it was done, and how many bytes follow


def keep() -> bytes:
    """The live database becomes the one to restore."""
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.unlink(missing_ok=True)
    return _copy(LIVE, KEPT)


def restore() -> bytes:
    """The kept database into the live file, while the service has it open."""
    return _copy(KEPT, LIVE)


def renew() -> bytes:
    """A clean folder with the kept database, if there is one."""
    shutil.rmtree(LIVE.parent, ignore_errors=True)
    LIVE.parent.mkdir()
    return _copy(KEPT, LIVE) if KEPT.exists() else b""


def take() -> bytes:
    """The live database, serialised.

    Raises:
        OSError: it is larger than 32 MiB, or no regular file.
    """
    memory = sqlite3.connect(":memory:")
    with sqlite3.connect(_regular(LIVE), timeout=1.0) as live:
        live.backup(memory)
    data = memory.serialize()
    if len(data) > SIZE_CAP:
        raise OSError("the database is larger than 32 MiB")
    return data


JOBS: dict[bytes, Callable[[], bytes]] = {b"k": keep, b"r": restore, b"n": renew, b"t": take}


def serve(sock: socket.socket) -> None:
    """Do one job for each letter received, until the supervisor hangs up.

    A job that takes longer than three seconds ends the process.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    while job := sock.recv(1):
        signal.alarm(SECONDS)
        try:
            done, data = True, JOBS[job]()
        except (OSError, sqlite3.Error, MemoryError):
            done, data = False, b""
        sock.sendall(HEAD.pack(done, len(data)) + data)
        signal.alarm(0)


def _copy(source: Path, target: Path) -> bytes:
    with (
        sqlite3.connect(_regular(source), timeout=1.0) as origin,
        sqlite3.connect(target, timeout=1.0) as copy,
    ):
        origin.backup(copy)
    return b""


def _regular(path: Path) -> Path:
    if not stat.S_ISREG(path.lstat().st_mode):
        raise OSError(f"{path.name} is not a regular file")
    return path
