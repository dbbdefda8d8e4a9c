"""The app sandbox's supervisor: warm, without learner code, it forks the processes that have it.

Started by the driver as `python -m grader.inside.app.supervisor`. Environment:
KINTSUGI_LINE_FD is the line to the worker, KINTSUGI_LISTENERS the listening sockets' fds, by slot.
"""

import json
import os
import select
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from grader.inside.app import copies, jail
from grader.inside.app.copier import Copier
from grader.inside.app.output import Output
from grader.inside.app.process import IGNORED, Process, close_all, fork_app
from grader.inside.app.tampering import Listener
from grader.inside.app.warm import warm
from grader.inside.wire import Line, Message, WireError

READ = 65_536
STATUS_CAP = 4_096
OUTPUT_CAP = 16 << 20  # a run that prints more is ended
FOLDERS = ("/tmp", "/work")
FILES = 4_096  # in a folder; pairs forked from a zygote have no room for more (`sandbox.zygote`)
GLANCE_S = 0.1
Answer = tuple[dict[str, Any], bytes]


class Supervisor:
    """Answers the worker's operations; in between drains output and notices deaths."""

    def __init__(self, line: Line, listeners: list[int]) -> None:
        self.line = line
        self.listeners = listeners
        self.output = Output()
        self.environment: dict[str, str] = {}
        self.limits = jail.Rlimits()
        self.running: dict[int, Process] = {}
        self._selector = selectors.DefaultSelector()
        self._flooded = False
        self._crowded = False
        self._wake, wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _note)
        for number in IGNORED:
            signal.signal(number, signal.SIG_IGN)
        self._selector.register(self._wake, selectors.EVENT_READ, self._woken)
        self.copier = Copier(self._selector, self._pump, self._leave)

    def serve(self) -> None:
        """Until the worker hangs up."""
        self.line.send({"event": "ready"})
        while True:
            patience = GLANCE_S if self.running else None
            ready, _, _ = select.select([self.line, self._selector], [], [], patience)
            self._count_files()
            if self._selector in ready:
                self._pump(lambda: True, 0)
            if self.line in ready:
                frame = self.line.receive()
                if frame is None:
                    return
                self._handle(*frame)
            self._tell_exits()

    def _handle(self, message: Message, blob: bytes) -> None:
        if message.get("op") == "load":
            self._load(message, blob)
            return
        operation = getattr(self, f"_op_{message['op']}")
        answer, data = operation(message)
        self.line.send({"answer": message["id"], **answer}, data)

    def _load(self, message: Message, blob: bytes) -> None:
        self.environment = message["environment"]
        self.limits = jail.Rlimits(**message["limits"])
        for path, text in json.loads(blob).items():
            target = Path("/work") / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        copies.LIVE.parent.mkdir()

    # Operations, one method each; see grader.inside.wire.

    def _op_start(self, message: Message) -> Answer:
        slot = int(message["slot"])
        began = time.monotonic()
        given = self.environment | message["env"]
        process = self._fork(slot, {name: text for name, text in given.items() if text is not None})
        self.running[slot] = process
        self._pump(lambda: process.code is not None or b"\n" in process.status, message["budget_s"])
        if process.serves:
            return {"ok": True, "ms": round((time.monotonic() - began) * 1e3, 1)}, b""
        failure = process.failure(message["budget_s"])  # before it is killed, or that is why
        process.told = True
        self._end(slot, signal.SIGKILL, 2.0)
        return {"ok": False, "failure": failure}, b""

    def _op_stop(self, message: Message) -> Answer:
        slot = int(message["slot"])
        return {"ok": True, "forced": self._end(slot, message["signal"], message["within_s"])}, b""

    def _op_keep(self, _: Message) -> Answer:
        return {"ok": self.copier.ask(b"k")[0]}, b""

    def _op_restore(self, _: Message) -> Answer:
        return {"ok": self.copier.ask(b"r")[0]}, b""

    def _op_renew(self, _: Message) -> Answer:
        return {"ok": self.copier.ask(b"n")[0]}, b""

    def _op_database(self, _: Message) -> Answer:
        done, data = self.copier.ask(b"t")
        return {"ok": done}, data

    def _op_log(self, message: Message) -> Answer:
        self._pump(lambda: True, 0)
        output = self.output
        answer = {"ok": True, "dropped": output.dropped, "total": output.total}
        return answer, output.text(int(message.get("since", 0)))

    # Processes

    def _fork(self, slot: int, env: dict[str, str]) -> Process:
        process, output, notes = fork_app(slot, self.listeners[slot], env, self.limits)
        listener = Listener(notes, self._tell_tampering)
        self._selector.register(notes, selectors.EVENT_READ, lambda: self._hear(listener))
        self._selector.register(output, selectors.EVENT_READ, lambda: self._drain(output))
        self._selector.register(
            process.status_fd, selectors.EVENT_READ, lambda: self._listen(process)
        )
        return process

    def _leave(self, fd: int) -> None:
        """In the copier's process: nothing of the supervisor's stays open but one descriptor."""
        signal.set_wakeup_fd(-1)
        close_all({fd})

    def _end(self, slot: int, number: int, within_s: float) -> bool:
        """Stop a process; True if it had to be killed after `within_s`."""
        process = self.running.get(slot)
        if process is None:
            return False
        process.told = True
        if process.code is None:
            os.kill(process.pid, number)
            self._pump(lambda: process.code is not None, within_s)
        forced = process.code is None
        if forced:
            os.kill(process.pid, signal.SIGKILL)
            self._pump(lambda: process.code is not None, 2.0)
        del self.running[slot]
        return forced

    def _tell_exits(self) -> None:
        for slot, process in list(self.running.items()):
            if process.code is not None and not process.told:
                process.told = True
                self.line.send({"event": "exit", "slot": slot, "code": process.code})

    # The loop

    def _pump(self, done: Callable[[], bool], seconds: float) -> None:
        """Handle everything but the line until `done()` or for so long; at least once."""
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            for key, _ in self._selector.select(0 if done() else min(GLANCE_S, max(0.0, left))):
                key.data()
            self._count_files()
            if done() or left <= 0:
                return

    def _woken(self) -> None:
        try:
            os.read(self._wake, READ)
        except BlockingIOError:
            return
        for process in self.running.values():
            if process.code is None:
                pid, status = os.waitpid(process.pid, os.WNOHANG)
                if pid:
                    process.code = os.waitstatus_to_exitcode(status)

    def _drain(self, fd: int) -> None:
        piece = os.read(fd, READ)
        if piece:
            self.output.add(piece)
            self._tell_flood()
        else:
            self._selector.unregister(fd)
            os.close(fd)

    def _tell_flood(self) -> None:
        if self.output.total > OUTPUT_CAP and not self._flooded:
            self._flooded = True
            self.line.send({"event": "flood"})

    def _hear(self, listener: Listener) -> None:
        """One note of an app process; the first brings what its filter refuses."""
        before = listener.calls
        if not listener.note():
            self._selector.unregister(listener.sock)
            if listener.calls >= 0:
                self._selector.unregister(listener.calls)
            listener.close()
        elif before < 0 <= listener.calls:
            self._selector.register(
                listener.calls, selectors.EVENT_READ, lambda: self._refuse(listener)
            )

    def _refuse(self, listener: Listener) -> None:
        if listener.calls >= 0 and not listener.answer():
            self._selector.unregister(listener.calls)
            listener.end()

    def _tell_tampering(self, kind: str, detail: str) -> None:
        self.line.send({"event": "tried", "kind": kind, "detail": detail})

    def _count_files(self) -> None:
        """End a service that makes files without end, where its tmpfs itself sets no bound.

        425,760 empty files took 433 MB of the kernel's memory in four seconds, past every limit.
        """
        if self.running and not self._crowded and any(map(_crowded, FOLDERS)):
            self._crowded = True
            for process in self.running.values():
                if process.code is None:
                    os.kill(process.pid, signal.SIGKILL)
            self.line.send({"event": "files"})

    def _listen(self, process: Process) -> None:
        piece = os.read(process.status_fd, STATUS_CAP)
        if len(process.status) < STATUS_CAP:
            process.status += piece
        if not piece:
            self._selector.unregister(process.status_fd)
            os.close(process.status_fd)


def _crowded(folder: str) -> bool:
    found = os.statvfs(folder)
    return found.f_files - found.f_ffree > FILES


def _note(_number: int, _frame: FrameType | None) -> None:
    """A handler must be there, or the wake-up pipe is not written to."""


def prepare() -> None:
    """Get warm; no learner code is near."""
    sys.dont_write_bytecode = True
    warm()


def work(line: Line, listeners: list[socket.socket]) -> None:
    """Supervise one run.

    Args:
        line: to the worker.
        listeners: of the service and its second process.
    """
    jail.hide()
    try:
        Supervisor(line, [listener.detach() for listener in listeners]).serve()
    except (OSError, WireError):
        os._exit(1)


def main() -> None:
    line = Line(socket.socket(fileno=int(os.environ.pop("KINTSUGI_LINE_FD"))))
    fds = os.environ.pop("KINTSUGI_LISTENERS").split(",")
    prepare()
    work(line, [socket.socket(fileno=int(fd)) for fd in fds])


if __name__ == "__main__":
    main()
