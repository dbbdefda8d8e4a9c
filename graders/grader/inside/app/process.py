"""One app process as its supervisor sees it, and what it says of its own start."""

import json
import os
import signal
import socket
import sys
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

from grader.inside.app import jail
from grader.inside.wire import exit_words

FDS = 1_024
IGNORED = (  # by the supervisor
    signal.SIGIO,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGHUP,
    signal.SIGTERM,
    signal.SIGINT,
)


@dataclass
class Process:
    """One app process, from fork to reaping."""

    pid: int
    status_fd: int
    status: bytearray = field(default_factory=bytearray)
    code: int | None = None
    told: bool = False  # its end is expected, or has been told

    @property
    def serves(self) -> bool:
        """Whether it has said that it serves, and lives."""
        return bool(self._said().get("serving")) and self.code is None

    def failure(self, budget_s: float) -> dict[str, Any]:
        """Why it did not start within so many seconds: kind, text, file, line."""
        return self._told() or self._silent(budget_s)

    def _said(self) -> dict[str, Any]:
        """The status line. The app process writes it, so its form is checked."""
        try:
            said = json.loads(bytes(self.status).split(b"\n", 1)[0] or b"{}")
        except (ValueError, RecursionError):
            return {}
        return cast(dict[str, Any], said) if isinstance(said, dict) else {}

    def _told(self) -> dict[str, Any] | None:
        """The failure that it said, if it has the form of one: a submission can say anything."""
        said = self._said()
        match said.get("failure"):
            case {"kind": str(), "text": str(), "file": str() | None, "line": int() | None}:
                return cast(dict[str, Any], said["failure"])
            case _:
                return None

    def _silent(self, budget_s: float) -> dict[str, Any]:
        if self.code is None:
            text = f"The service did not start within {budget_s:g} seconds."
            return {"kind": "timeout", "text": text, "file": None, "line": None}
        text = f"The service ended by itself while it started ({exit_words(self.code)})."
        return {"kind": "exit", "text": text, "file": None, "line": None}


def fork_app(
    slot: int, listener: int, env: dict[str, str], limits: jail.Rlimits
) -> tuple[Process, int, socket.socket]:
    """Start an app process.

    Returns:
        The process; the pipe of its output; its end of what is noted as tampering.
    """
    out_read, out_write = os.pipe()
    status_read, status_write = os.pipe()
    notes, its_notes = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if not pid:
        _become_app(slot, listener, env, limits, (out_write, status_write, its_notes.detach()))
    os.close(out_write)
    os.close(status_write)
    its_notes.close()
    return Process(pid, status_read), out_read, notes


def _become_app(
    slot: int, listener: int, env: dict[str, str], limits: jail.Rlimits, ends: tuple[int, int, int]
) -> NoReturn:
    out, status, notes = ends
    try:
        from grader.inside.app import child

        _undo_signals()
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] - a TextIOWrapper
        os.setsid()
        close_all({listener, status, notes})
        child.run(listener, status, notes, slot, env, limits)
    finally:
        os._exit(70)


def _undo_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, *IGNORED):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def close_all(keep: set[int]) -> None:
    """Close every file descriptor but the standard streams and these."""
    low = 3
    for fd in sorted(keep):
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, FDS)
