"""Copies of the service's database, made in forked helpers that hold no learner code.

The file is the learner's to spoil: a helper is jailed, has three seconds, and its failure is an
answer, never a crash of the supervisor.
"""

import os
import shutil
import signal
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from grader.inside.app import jail

LIVE = Path("/tmp/run/app.db")
KEPT = Path("/tmp/kept/app.db")
SECONDS = 3
SIZE_CAP = 32 << 20
MEMORY = 512 << 20


def keep(_: int) -> None:
    """The live database becomes the one to restore."""
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.unlink(missing_ok=True)
    _copy(LIVE, KEPT)


def restore(_: int) -> None:
    """The kept database into the live file, while the service has it open (6-8 ms)."""
    _copy(KEPT, LIVE)


def renew(_: int) -> None:
    """A clean folder with the kept database, if there is one."""
    shutil.rmtree(LIVE.parent, ignore_errors=True)
    LIVE.parent.mkdir()
    if KEPT.exists():
        _copy(KEPT, LIVE)


def send(fd: int) -> None:
    """The live database, serialised, into a pipe."""
    memory = sqlite3.connect(":memory:")
    with sqlite3.connect(_regular(LIVE), timeout=1.0) as live:
        live.backup(memory)
    data = memoryview(memory.serialize())
    if len(data) > SIZE_CAP:
        raise OSError("the database is larger than 32 MiB")
    while data:
        data = data[os.write(fd, data) :]


def in_helper(job: Callable[[int], None], fd: int, close: Callable[[], None]) -> int:
    """Fork a helper that does the job and ends; returns its process id.

    Args:
        job: one of the functions above.
        fd: passed to the job.
        close: closes in the helper what it must not hold.
    """
    pid = os.fork()
    if not pid:
        _help(job, fd, close)
    return pid


def _help(job: Callable[[int], None], fd: int, close: Callable[[], None]) -> NoReturn:
    code = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(SECONDS)
        close()
        jail.bound(jail.Rlimits(memory=MEMORY, cpu_s=SECONDS))
        jail.lock()
        job(fd)
        code = 0
    finally:
        os._exit(code)


def _copy(source: Path, target: Path) -> None:
    with (
        sqlite3.connect(_regular(source), timeout=1.0) as origin,
        sqlite3.connect(target, timeout=1.0) as copy,
    ):
        origin.backup(copy)


def _regular(path: Path) -> Path:
    if not stat.S_ISREG(path.lstat().st_mode):
        raise OSError(f"{path.name} is not a regular file")
    return path
