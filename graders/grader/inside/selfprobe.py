"""A submission that tries to get out: the self-test runs it in a real sandbox.

It stands where a learner's `app/main.py` stands, and prints one JSON line a probe: its name,
whether it was stopped, and by what. It must parse as plain Python without anything of ours.
"""

import ctypes
import json
import os
import platform
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

PROBES: dict[str, Callable[[], object]] = {}
LIBC = ctypes.CDLL(None, use_errno=True)
NUMBERS = {  # on x86_64, on aarch64
    "ptrace": (101, 117),
    "unshare": (272, 97),
    "mount": (165, 40),
    "io_uring_setup": (425, 425),
    "keyctl": (250, 219),
    "bpf": (321, 280),
}


def probe(name: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    def register(function: Callable[[], object]) -> Callable[[], object]:
        PROBES[name] = function
        return function

    return register


def call(name: str, *arguments: object) -> None:
    """A raw system call; raises what the kernel said."""
    number = NUMBERS[name][platform.machine() == "aarch64"]
    if LIBC.syscall(number, *arguments) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


@probe("files: the host's accounts")
def accounts() -> object:
    return Path("/etc/passwd").read_text()


@probe("files: home folders")
def homes() -> object:
    return [os.listdir(folder) for folder in ("/root", "/home")]  # noqa: PTH208


@probe("files: the suite and the graders")
def suite() -> object:
    inside = {
        str(path) for root in ("/opt", "/ipc", "/tmp", "/work") for path in Path(root).rglob("*")
    }
    seen = [p for p in inside if "test_" in p and "/packages/" not in p and "/runtime/" not in p]
    seen += [p for p in inside if "inside/suite" in p or p.endswith(("grade.py", "kata.toml"))]
    if not seen:
        raise PermissionError("nothing of them is there")
    return seen


@probe("files: writing outside /tmp and /work")
def write_root() -> object:
    for folder in ("/", "/opt", "/dev", "/ipc", "/opt/runtime", "/proc/sys/kernel"):
        try:
            Path(folder, "probe").write_text("x")
        except OSError as error:
            last = error
        else:
            return folder
    raise last


@probe("environment: the worker's variables")
def environment() -> object:
    text = Path("/proc/1/environ").read_bytes()
    own = {"PATH", "LANG", "HOME", "PYTHONUTF8", "DATABASE_URL", "JWT_SECRET", "LC_CTYPE"}
    if text or set(os.environ) - own:
        return [text.decode("latin-1"), sorted(set(os.environ) - own)]
    raise PermissionError("nothing of them is there")


@probe("processes: reading the supervisor's memory")
def supervisor_memory() -> object:
    with Path(f"/proc/{os.getppid()}/mem").open("r+b") as memory:
        return memory.readable()


@probe("processes: killing the supervisor")
def kill_supervisor() -> object:
    return os.kill(os.getppid(), signal.SIGCONT)


@probe("processes: other processes of the host")
def other_processes() -> object:
    pids = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    if len(pids) > 6:
        return pids
    raise PermissionError(f"only {len(pids)} of the sandbox itself")


@probe("fork")
def fork() -> object:
    pid = os.fork()
    if not pid:
        os._exit(0)
    return pid


@probe("exec")
def execute() -> object:
    os.execv(sys.executable, [sys.executable, "-c", "print('{}')"])  # noqa: S606
    return None


@probe("threads without end")
def threads() -> object:
    hold = threading.Event()
    try:
        for _ in range(400):
            threading.Thread(target=hold.wait, daemon=True).start()
    except RuntimeError as error:
        raise OSError(str(error)) from None
    finally:
        hold.set()
    return "400 threads"


@probe("network: inet socket")
def inet() -> object:
    return socket.socket(socket.AF_INET).family


@probe("network: netlink socket")
def netlink() -> object:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).family


@probe("memory: 2 GiB")
def memory() -> object:
    return len(bytearray(2 << 30))


@probe("disk: 64 MiB in one file")
def big_file() -> object:
    path = Path("/tmp/probe-big")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        return path.write_bytes(b"x" * (64 << 20))
    finally:
        path.unlink(missing_ok=True)


@probe("disk: 64 MiB in many files")
def many_files() -> object:
    written: list[Path] = []
    try:
        for index in range(64):
            path = Path(f"/tmp/probe-{index}")
            written.append(path)
            path.write_bytes(b"x" * (1 << 20))
    finally:
        for path in written:
            path.unlink(missing_ok=True)
    return len(written)


@probe("syscall: ptrace")
def ptrace() -> object:
    return call("ptrace", 16, os.getppid(), 0, 0)


@probe("syscall: unshare")
def unshare() -> object:
    return call("unshare", 0x10000000)


@probe("syscall: mount")
def mount() -> object:
    return call("mount", b"none", b"/tmp", b"tmpfs", 0, 0)


@probe("syscall: io_uring")
def io_uring() -> object:
    return call("io_uring_setup", 1, ctypes.create_string_buffer(120))


@probe("syscall: keyctl")
def keyctl() -> object:
    return call("keyctl", 0, -1, 0)


@probe("syscall: bpf")
def bpf() -> object:
    return call("bpf", 0, 0, 0)


def main() -> None:
    for name, attempt in PROBES.items():
        try:
            found, stopped = attempt(), False
        except (OSError, MemoryError) as error:
            found, stopped = error, True
        detail = f"{type(found).__name__}: {found}" if stopped else repr(found)
        print(json.dumps({"name": name, "stopped": stopped, "detail": detail[:200]}), flush=True)  # noqa: T201


main()


async def app(scope: dict[str, object], receive: object, send: object) -> None:
    """Never asked for anything: the probes have run when the supervisor waits for this."""
