"""A bound on the sum of a driver's sandboxes, where a control group can be had.

Version 2 where it is delegated to this user, version 1 for root. Without one the bounds of each
process hold (rlimits, tmpfs), and the sum is bounded by how many pairs there are.
"""

import contextlib
import os
import secrets
import select
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PREFIX = "kintsugi-"
SHARE = 0.75  # of the machine's memory
PROCESSES = 4_096
GONE_S = 5.0
# In the new process, before it is bubblewrap: into the groups, then no longer root.
ENTER = """
import os, sys
for group in sys.argv[1].split(":"):
    with open(group + "/cgroup.procs", "w") as file:
        file.write("0")
if uid := int(sys.argv[2]):
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
os.execve(sys.argv[3], sys.argv[4:], {})
"""


@dataclass(frozen=True)
class Group:
    """One control group; in version 1 one folder for each controller."""

    folders: tuple[Path, ...]
    says: str

    def command(self, program: Path, arguments: list[str], uid: int | None) -> list[str]:
        """How to start a program in the group, as another user if one is given."""
        groups = ":".join(map(str, self.folders))
        start = [sys.executable, "-ISE", "-c", ENTER, groups, str(uid or 0), str(program)]
        return [*start, *arguments]

    def close(self) -> None:
        """Remove it once everything in it has ended."""
        for folder in self.folders:
            _remove(folder)


def make_group() -> Group | None:
    """A group for the sandboxes of this process; None where there can be none."""
    name = f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    memory = int(SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with contextlib.suppress(OSError, ValueError):
        return _version_2(name, memory) or _version_1(name, memory)
    return None


def _version_2(name: str, memory: int) -> Group | None:
    own = _own_groups().get("")
    if own is None or not (ROOT / "cgroup.controllers").exists():
        return None
    parent = ROOT / own
    if not {"memory", "pids"} <= set(_read(parent / "cgroup.subtree_control").split()):
        return None
    _sweep(parent)
    settings = {
        "memory.max": str(memory),
        "memory.swap.max": "0",
        "pids.max": str(PROCESSES),
    }
    return _made((parent / name,), settings, f"version 2: {memory >> 20} MiB, {PROCESSES} tasks")


def _version_1(name: str, memory: int) -> Group | None:
    own = _own_groups()
    if os.geteuid() != 0 or not {"memory", "pids"} <= own.keys():
        return None
    parents = [ROOT / kind / own[kind] for kind in ("memory", "pids")]
    for parent in parents:
        _sweep(parent)
    settings = {
        "memory.limit_in_bytes": str(memory),
        "memory.memsw.limit_in_bytes": str(memory),
        "pids.max": str(PROCESSES),
    }
    folders = tuple(parent / name for parent in parents)
    return _made(folders, settings, f"version 1: {memory >> 20} MiB, {PROCESSES} tasks")


def _made(folders: tuple[Path, ...], settings: dict[str, str], says: str) -> Group | None:
    made: list[Path] = []
    try:
        for folder in folders:
            folder.mkdir()
            made.append(folder)
            for name, value in settings.items():
                if (folder / name).exists():
                    (folder / name).write_text(value)
    except OSError:
        for folder in made:
            _remove(folder)
        return None
    return Group(folders, says)


def _own_groups() -> dict[str, str]:
    """This process's group by controller; version 2 has the controller ''."""
    lines = [line.split(":", 2) for line in _read(Path("/proc/self/cgroup")).splitlines()]
    return {kind: path.lstrip("/") for _, kinds, path in lines for kind in kinds.split(",")}


def _sweep(parent: Path) -> None:
    """Remove what workers left that were killed."""
    for folder in parent.glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[0]
        if pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            with contextlib.suppress(OSError):
                folder.rmdir()


def _remove(folder: Path) -> None:
    for pid in _read(folder / "cgroup.procs").split():
        with contextlib.suppress(OSError):
            handle = os.pidfd_open(int(pid))
            select.select([handle], [], [], GONE_S)
            os.close(handle)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
