"""Who made a container: a process of this machine, named so that its end can be told.

A process id alone is used again, and means nothing in another pid namespace.
"""

import os
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
STARTED, STATE = 19, 0  # fields of /proc/<pid>/stat after the name


def own() -> str:
    """This process."""
    return name_of(os.getpid())


def name_of(pid: int) -> str:
    """A process of this pid namespace.

    Raises:
        OSError: there is none.
    """
    return "/".join((*_here(), str(pid), _fields(pid)[STARTED]))


def has_ended(name: str) -> bool:
    """Whether it is certain that a process has ended.

    Of one in another pid namespace, or of a name that is none, it is not.
    """
    try:
        boot, space, pid, started = name.split("/")
    except ValueError:
        return False
    if boot != _here()[0]:
        return True
    if space != _here()[1]:
        return False
    try:
        fields = _fields(int(pid))
    except (OSError, ValueError):
        return True
    return fields[STARTED] != started or fields[STATE] in "ZX"


def _here() -> tuple[str, str]:
    return BOOT.read_text().strip(), str(Path("/proc/self/ns/pid").readlink())


def _fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
