"""Which processes this one has started, at any remove, and whether they have ended."""

import contextlib
import os
import select
import time
from collections.abc import Iterable
from pathlib import Path

Process = tuple[int, int]  # its id and the moment it started, because ids are used again
GONE_S = 2.0
STARTED, STATE = 19, 0  # fields of /proc/<pid>/stat after the name


def descendants(of: int | None = None, *, itself: bool = False) -> set[Process]:
    """Every living process that comes from this one; those that only wait to be reaped are dead.

    Args:
        of: another process to begin with.
        itself: whether that one counts.
    """
    waiting = [of or os.getpid()]
    found = {first} if itself and (first := _living(waiting[0])) else set[Process]()
    while waiting:
        for pid in _children(waiting.pop()):
            if (process := _living(pid)) is not None:
                found.add(process)
                waiting.append(pid)
    return found


def watch(processes: Iterable[Process]) -> list[int]:
    """A descriptor for each that becomes readable when it has ended."""
    handles: list[int] = []
    for pid, _ in processes:
        with contextlib.suppress(ProcessLookupError):
            handles.append(os.pidfd_open(pid))
    return handles


def left(handles: list[int]) -> list[int]:
    """Those that have not ended within two seconds; all descriptors are closed."""
    deadline = time.monotonic() + GONE_S
    waiting: list[int] = handles
    while waiting and (seconds := deadline - time.monotonic()) > 0:
        ended: list[int] = select.select(waiting, [], [], seconds)[0]
        waiting = [handle for handle in waiting if handle not in ended]
    for handle in handles:
        os.close(handle)
    return waiting


def _children(pid: int) -> list[int]:
    try:
        lists = [file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for text in lists for child in text.split()]


def _living(pid: int) -> Process | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[STATE] == "Z" else (pid, int(fields[STARTED]))
