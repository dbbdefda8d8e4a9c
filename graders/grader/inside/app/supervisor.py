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
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from grader.inside.app import copies, jail
from grader.inside.app.output import Output
from grader.inside.app.process import Process
from grader.inside.app.warm import warm
from grader.inside.wire import Line, Message, WireError

READ = 65_536
STATUS_CAP = 4_096
COPY_BUDGET_S = 3.5
OUTPUT_CAP = 16 << 20  # a run that prints more is ended
IGNORED = (
    signal.SIGIO,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGHUP,
    signal.SIGTERM,
    signal.SIGINT,
)
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
        self._blob: bytearray = bytearray()
        self._wake, wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _note)
        for number in IGNORED:
            signal.signal(number, signal.SIG_IGN)
        self._selector.register(self._wake, selectors.EVENT_READ, self._woken)

    def serve(self) -> None:
        """Until the worker hangs up."""
        self.line.send({"event": "ready"})
        while True:
            ready, _, _ = select.select([self.line, self._selector], [], [])
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
        process = self._fork(slot, self.environment | message["env"])
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
        return {"ok": self._copy(copies.keep)}, b""

    def _op_restore(self, _: Message) -> Answer:
        return {"ok": self._copy(copies.restore)}, b""

    def _op_renew(self, _: Message) -> Answer:
        return {"ok": self._copy(copies.renew)}, b""

    def _op_database(self, _: Message) -> Answer:
        read, write = os.pipe()
        self._blob = bytearray()
        with self._reading(read, self._blob, copies.SIZE_CAP + 1):
            ok = self._copy(copies.send, write, read)
        os.close(read)
        return {"ok": ok}, bytes(self._blob) if ok else b""

    def _op_log(self, message: Message) -> Answer:
        self._pump(lambda: True, 0)
        output = self.output
        answer = {"ok": True, "dropped": output.dropped, "total": output.total}
        return answer, output.text(int(message.get("since", 0)))

    # Processes

    def _fork(self, slot: int, env: dict[str, str]) -> Process:
        out_read, out_write = os.pipe()
        status_read, status_write = os.pipe()
        pid = os.fork()
        if not pid:
            self._become_app(slot, env, out_write, status_write)
        os.close(out_write)
        os.close(status_write)
        process = Process(pid, status_read)
        self._selector.register(out_read, selectors.EVENT_READ, lambda: self._drain(out_read))
        self._selector.register(status_read, selectors.EVENT_READ, lambda: self._listen(process))
        return process

    def _become_app(self, slot: int, env: dict[str, str], out: int, status: int) -> None:
        try:
            from grader.inside.app import child

            self._undo_signals()
            os.dup2(out, 1)
            os.dup2(out, 2)
            sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
            os.setsid()
            listener = self.listeners[slot]
            self._close_all({0, 1, 2, listener, status})
            child.run(listener, status, slot, env, self.limits)
        finally:
            os._exit(70)

    def _undo_signals(self) -> None:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, *IGNORED):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def _close_all(self, keep: set[int]) -> None:
        for fd in range(3, 1024):
            if fd not in keep:
                try:
                    os.close(fd)
                except OSError:
                    continue

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

    # Copies

    def _copy(self, job: Callable[[int], None], write: int = -1, read: int = -1) -> bool:
        def close() -> None:
            signal.set_wakeup_fd(-1)
            self._close_all({0, 1, 2, write})

        pid = copies.in_helper(job, write, close)
        if write >= 0:
            os.close(write)
        helper = Process(pid, -1)
        self.running[-1] = helper
        self._pump(lambda: helper.code is not None, COPY_BUDGET_S)
        if read >= 0:
            self._pump(lambda: read not in self._selector.get_map(), 0.5)
        del self.running[-1]
        if helper.code is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        return helper.code == 0

    @contextmanager
    def _reading(self, fd: int, into: bytearray, cap: int) -> Generator[None]:
        def more() -> None:
            piece = os.read(fd, READ)
            into.extend(piece)
            if not piece or len(into) > cap:
                self._selector.unregister(fd)

        self._selector.register(fd, selectors.EVENT_READ, more)
        yield
        if fd in self._selector.get_map():
            self._selector.unregister(fd)

    # The loop

    def _pump(self, done: Callable[[], bool], seconds: float) -> None:
        """Handle everything but the line until `done()` or for so long; at least once."""
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            for key, _ in self._selector.select(0 if done() else max(0.0, left)):
                key.data()
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

    def _listen(self, process: Process) -> None:
        piece = os.read(process.status_fd, STATUS_CAP)
        if len(process.status) < STATUS_CAP:
            process.status += piece
        if not piece:
            self._selector.unregister(process.status_fd)
            os.close(process.status_fd)


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
