"""What a forked process may use and do: rlimits and the inner seccomp filter."""

import ctypes
import os
import resource
import threading
from dataclasses import dataclass

from grader.inside import bpf

WORK = "/work"  # where a submission lies in its sandbox
PR_SET_DUMPABLE = 4
THREAD_STACK = 512 * 1024


@dataclass(frozen=True)
class Rlimits:
    """Bounds of one process; sizes in bytes, `cpu_s` in seconds of processor time."""

    memory: int = 1 << 30
    cpu_s: int = 20
    file_size: int = 32 << 20
    open_files: int = 256
    processes: int = 128


def hide() -> None:
    """Make /proc/<pid>/mem, environ, maps and fd of this process unreadable to its children.

    Without it the app process, of the same user, opened its supervisor's memory read-write.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"PR_SET_DUMPABLE: {os.strerror(code)}")


def bound(limits: Rlimits) -> None:
    """Set the rlimits. Address space and processor time are true totals: no fork comes after."""
    for kind, soft, hard in (
        (resource.RLIMIT_AS, limits.memory, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1),
        (resource.RLIMIT_FSIZE, limits.file_size, limits.file_size),
        (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
        (resource.RLIMIT_NPROC, limits.processes, limits.processes),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(kind, (soft, hard))
    # With default stacks thread creation failed after 15 to 47 threads; AnyIO's pool alone has 40.
    threading.stack_size(THREAD_STACK)


def lock() -> None:
    """From here on: no exec, no new process, no signal to anybody else."""
    bpf.load(bpf.assemble(bpf.inner_rules(os.getpid())))
