"""Notes what a submission tries that an honest service does not.

What is noted stands beside a verdict, never in it. Two sources: calls that the inner filter refuses
are told by the kernel, and the process cannot keep them quiet; files and sockets are told by
Python's audit hooks in the app process, which hostile code can silence (`graders/README.md`).
"""

import contextlib
import errno
import fcntl
import inspect
import json
import linecache
import os
import platform
import select
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

from grader.inside import bpf
from grader.inside.app.jail import WORK

OWN = f"{WORK}/"
ALLOWED = (OWN, "/tmp", "/opt/runtime", "/dev/null", "/dev/urandom", "/usr/share/zoneinfo")
WORDS = {
    "subprocess.Popen": "a program was to be started",
    "os.system": "a program was to be started",
    "ctypes.dlopen": "a C library was loaded by ctypes",
}
SOCKET = "socket.__new__"
FILES = frozenset(
    [
        "open",
        "os.listdir",
        "os.scandir",
        "os.chmod",
        "os.link",
        "os.symlink",
        "os.rename",
        "os.remove",
        "os.mkdir",
    ]
)
NOTE_CAP, NOTES_CAP = 512, 20
# include/uapi/linux/seccomp.h: struct seccomp_notif is 80 bytes, the call's number at 16
NOTIF_SIZE, NOTIF_NUMBER = 80, 16
RECV, SEND = 0xC0502100, 0xC0182101
Tell = Callable[[str, str], None]


class Telltale:
    """In the app process: an audit hook, and the way to the supervisor."""

    def __init__(self, sock: socket.socket) -> None:
        """Take over one end of a SOCK_SEQPACKET pair."""
        self._sock = sock
        self._told: set[str] = set()
        sock.setblocking(False)

    def lock(self) -> None:
        """Put the inner filter on this process; the supervisor answers and notes what it refuses.

        Where the kernel knows no such listener, the filter refuses by itself.
        """
        rules = bpf.inner_rules(os.getpid())
        fd = bpf.load_told(bpf.assemble(rules, told=True))
        if fd is None:
            bpf.load(bpf.assemble(rules))
            return
        socket.send_fds(self._sock, [b"{}"], [fd])
        os.close(fd)

    def watch(self) -> None:
        """Begin to note files and sockets; never ends."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event in FILES:
            path = os.fsdecode(args[0]) if isinstance(args[0], bytes) else args[0]
            if isinstance(path, str) and path.startswith("/") and not path.startswith(ALLOWED):
                self._note("file", f"{event.removeprefix('os.')} {path}")
        elif event in WORDS or (event == SOCKET and args[1] != socket.AF_UNIX):
            self._note("call", WORDS.get(event, "a socket of the network was to be made"))

    def _note(self, kind: str, detail: str) -> None:
        if detail in self._told or len(self._told) >= NOTES_CAP or not _asked_by_learner():
            return
        self._told.add(detail)
        note = json.dumps({"kind": kind, "detail": detail[:200]}).encode()
        with contextlib.suppress(OSError):
            self._sock.send(note)


def _asked_by_learner() -> bool:
    """Whether the learner's own code asked, by itself or through the standard library.

    What a library does for itself (a time zone looked for, say) is nobody's attempt, nor is a
    traceback that reads the lines of our own code on its way.
    """
    frame = inspect.currentframe()
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(OWN):
            return True
        if name != __file__ and ("/packages/" in name or name.startswith("/opt/kit")):
            return False
        if name == linecache.__file__:
            return False
        frame = frame.f_back
    return False


class Listener:
    """In the supervisor: hears the telltale and answers what the filter refused."""

    def __init__(self, sock: socket.socket, tell: Tell) -> None:
        """Take over the other end.

        Args:
            sock: of the pair.
            tell: gets kind and detail of each note.
        """
        self.sock = sock
        self.calls = -1
        self._tell = tell
        self._told: set[tuple[str, str]] = set()
        self._names = {number: name for name, number in bpf.numbers(platform.machine()).items()}
        self._poll = select.poll()

    def note(self) -> bool:
        """Take in one message; False when the process has gone."""
        try:
            if self.calls < 0:
                text, fds, _, _ = socket.recv_fds(self.sock, NOTE_CAP, 1)
                self._listen(fds)
            else:
                text = self.sock.recv(NOTE_CAP)
        except OSError:
            return False
        with contextlib.suppress(ValueError, RecursionError):
            match json.loads(text or b"{}"):
                case {"kind": "call" | "file" as kind, "detail": str() as detail}:
                    self._once(kind, detail)
                case _:
                    pass
        return bool(text)

    def answer(self) -> bool:
        """Refuse one call, and note it; False when nobody is left who could call."""
        events = self._poll.poll(0)
        if not events:
            return True
        if not events[0][1] & select.POLLIN:
            return False
        call = bytearray(NOTIF_SIZE)
        with contextlib.suppress(OSError):  # the caller was killed meanwhile
            fcntl.ioctl(self.calls, RECV, call)
            (number,) = struct.unpack_from("=i", call, NOTIF_NUMBER)
            fcntl.ioctl(self.calls, SEND, call[:8] + struct.pack("=qiI", 0, -errno.EPERM, 0))
            self._once("call", f"{self._names.get(number, number)} was refused")
        return True

    def end(self) -> None:
        """Nobody is left whose calls could be refused."""
        if self.calls >= 0:
            os.close(self.calls)
            self.calls = -1

    def close(self) -> None:
        self.sock.close()
        self.end()

    def _listen(self, fds: list[int]) -> None:
        for fd in fds:
            self.calls = fd
            self._poll.register(fd, select.POLLIN)

    def _once(self, kind: str, detail: str) -> None:
        if (kind, detail) not in self._told and len(self._told) < NOTES_CAP:
            self._told.add((kind, detail))
            self._tell(kind, detail)
