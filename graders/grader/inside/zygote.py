"""A warm process without learner code that makes sandboxes by forking itself.

Imports cost a pair 1.5 core-seconds; a fork has them for nothing (330 gradings a minute against 66
on two cores). The zygote runs in a sandbox of its own, without a network or a writable file. Each
fork gets what bubblewrap would give it: user, mount, pid, net, ipc and uts namespaces, its own
tmpfs (with a bound on inodes, which bubblewrap's has not) and /proc, no capability, the outer
filter.

Started as `python -m grader.inside.zygote app|suite`; KINTSUGI_ZYGOTE_FD is a SOCK_SEQPACKET to the
worker. An order is JSON (`Plan`) with file descriptors: the life line, the line, the listeners.
"""

import ctypes
import json
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from grader.inside import bpf
from grader.inside.wire import Line

SHARED = "/ipc-all"  # every run's sockets, read-only; covered in each fork
ORDER_CAP, FDS_CAP = 4_096, 8
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
NEW = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 0x1, 0x2, 0x4, 0x8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20, 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 1, 24, 47, 4
CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = "/proc/sys/kernel/cap_last_cap"
NOBODY = 65534  # who everything in the zygote's own sandbox is, too
Become = Callable[[Line, list[socket.socket]], None]


@dataclass(frozen=True)
class Plan:
    """What a fork mounts: {folder: bytes} of tmpfs, {name in /ipc: name of a socket of the run}."""

    folders: dict[str, int]
    inodes: int
    sockets: dict[str, str]


_libc = ctypes.CDLL(None, use_errno=True)


def serve(control: socket.socket, become: Become) -> NoReturn:
    """Fork a sandbox for every order until the worker hangs up.

    Args:
        control: to the worker.
        become: what a fork does with its line and its listeners; when it returns, the sandbox ends.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers are reaped by the kernel
    capabilities = _capabilities()
    control.send(b"ready")
    while True:
        order, fds, _, _ = socket.recv_fds(control, ORDER_CAP, FDS_CAP)
        if not order:
            os._exit(0)
        if os.fork():
            for fd in fds:
                os.close(fd)
            continue
        try:
            control.close()
            life, *rest = fds
            _keep_or_run(Plan(**json.loads(order)), life, rest, become, capabilities)
        finally:
            os._exit(70)


def _keep_or_run(
    plan: Plan, life: int, fds: list[int], become: Become, capabilities: int
) -> NoReturn:
    """Two processes come of this: a keeper, and the first process of the new pid namespace."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    _check(_libc.unshare(NEW), "unshare")
    _map_ids()
    pid = os.fork()
    if pid:
        for fd in fds:
            os.close(fd)
        _keep(pid, life)
    os.close(life)
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    _mount(plan)
    os.chdir("/tmp")
    _drop(capabilities)
    os.setsid()
    bpf.load(bpf.assemble(bpf.outer_rules()))
    line, *listeners = (socket.socket(fileno=fd) for fd in fds)
    become(Line(line), listeners)
    os._exit(0)


def _keep(pid: int, life: int) -> NoReturn:
    """Kill the sandbox when the worker hangs up; end when all of it is gone.

    The keeper lies outside the sandbox's pid namespace, so that nothing in it can reach it. Waiting
    for the first process of a pid namespace is waiting for all of them.
    """
    handle = os.pidfd_open(pid)
    ready, _, _ = select.select([life, handle], [], [])
    if life in ready:
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os._exit(0)


def _map_ids() -> None:
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{NOBODY} {NOBODY} 1")
    _write("/proc/self/gid_map", f"{NOBODY} {NOBODY} 1")


def _mount(plan: Plan) -> None:
    _check(_libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "private")
    _tmpfs("/ipc", 65_536, 16)
    for name, source in plan.sockets.items():
        _write(f"/ipc/{name}", "")
        _bind(f"{SHARED}/{source}", f"/ipc/{name}")
    for folder in (SHARED, "/dev/pts", "/dev/shm"):  # what other forks could share
        _tmpfs(folder, 4_096, 1)
        _read_only(folder)
    _read_only("/ipc")
    for folder, size in plan.folders.items():
        _tmpfs(folder, size, plan.inodes)
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _check(_libc.mount(b"proc", b"/proc", b"proc", flags, None), "/proc")


def _tmpfs(folder: str, size: int, inodes: int) -> None:
    options = f"size={size},nr_inodes={inodes},mode=1777".encode()
    flags = MS_NOSUID | MS_NODEV
    _check(_libc.mount(b"tmpfs", folder.encode(), b"tmpfs", flags, options), folder)


def _bind(source: str, target: str) -> None:
    _check(_libc.mount(source.encode(), target.encode(), None, MS_BIND, None), target)


def _read_only(folder: str) -> None:
    flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV
    _check(_libc.mount(None, folder.encode(), None, flags, None), f"{folder} read-only")


def _capabilities() -> int:
    return int(Path(LAST_CAPABILITY).read_text(encoding="ascii"))


def _drop(last: int) -> None:
    for capability in range(last + 1):
        _prctl(PR_CAPBSET_DROP, capability)
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    head = struct.pack("<II", CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(head, bytes(24)), "capset")


def _prctl(option: int, value: int) -> None:
    _check(_libc.prctl(option, value, 0, 0, 0), f"prctl {option}")


def _check(result: int, what: str) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _write(path: str, text: str) -> None:
    Path(path).write_text(text, encoding="ascii")


def main() -> None:
    control = socket.socket(fileno=int(os.environ.pop("KINTSUGI_ZYGOTE_FD")))
    sys.dont_write_bytecode = True
    if sys.argv[1] == "app":
        from grader.inside.app import supervisor as side
    else:
        from grader.inside.suite import runner as side
    side.prepare()
    serve(control, side.work)


if __name__ == "__main__":
    main()
