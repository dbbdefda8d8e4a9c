"""The supervisor's hand on the process that copies databases (`copies`).

It is forked before learner code is near and serves every copy of a run: a fork for each one cost
10 ms, thirty times. One that falls, or is late, is killed and replaced at the next copy.
"""

import os
import selectors
import signal
import socket
from collections.abc import Callable
from typing import NoReturn

from grader.inside.app import copies, jail

READ = 1 << 18
BUDGET_S = copies.SECONDS + 0.5
MEMORY = 512 << 20
CPU_S = 20
CAP = copies.HEAD.size + copies.SIZE_CAP
Pump = Callable[[Callable[[], bool], float], None]


class Copier:
    """Asks for copies. What comes back may be anything: the process reads a hostile file."""

    def __init__(
        self, selector: selectors.BaseSelector, pump: Pump, close: Callable[[int], None]
    ) -> None:
        """Fork the process.

        Args:
            selector: the supervisor's.
            pump: handles the supervisor's events until something is so, or for so many seconds.
            close: closes, in the new process, all but one file descriptor.
        """
        self._selector = selector
        self._pump = pump
        self._close = close
        self._got = bytearray()
        self._start()

    def ask(self, job: bytes) -> tuple[bool, bytes]:
        """Have one job of `copies.JOBS` done: whether it was, and what it gives."""
        if self._pid == 0:
            self._start()
        self._got = bytearray()
        try:
            self._sock.sendall(job)
        except OSError:
            self._end()
            return False, b""
        self._selector.register(self._sock, selectors.EVENT_READ, self._more)
        self._pump(self._settled, BUDGET_S)
        self._selector.unregister(self._sock)
        if not self._whole():
            self._end()
            return False, b""
        done, _ = copies.HEAD.unpack_from(self._got)
        return done, bytes(self._got[copies.HEAD.size :])

    def _start(self) -> None:
        self._sock, end = socket.socketpair()
        self._hung_up = False
        self._pid = os.fork()
        if not self._pid:
            _become(end, self._close)
        end.close()

    def _end(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._sock.close()
        self._pid = 0

    def _more(self) -> None:
        try:
            piece = self._sock.recv(READ)
        except OSError:
            piece = b""
        self._got += piece
        self._hung_up = not piece

    def _settled(self) -> bool:
        return self._hung_up or len(self._got) >= min(self._expected(), CAP + 1)

    def _whole(self) -> bool:
        return len(self._got) == self._expected() <= CAP

    def _expected(self) -> int:
        if len(self._got) < copies.HEAD.size:
            return copies.HEAD.size
        return copies.HEAD.size + copies.HEAD.unpack_from(self._got)[1]


def _become(sock: socket.socket, close: Callable[[int], None]) -> NoReturn:
    try:
        close(sock.fileno())
        jail.bound(jail.Rlimits(memory=MEMORY, cpu_s=CPU_S))
        jail.lock()
        copies.serve(sock)
    finally:
        os._exit(0)
