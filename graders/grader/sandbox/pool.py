"""Keeps pairs warm, so that a submission does not wait for imports. Every pair is used once."""

import contextlib
import logging
import select
import threading

from grader.sandbox.base import Driver, Pair, SandboxError

log = logging.getLogger(__name__)
RETRY_S = 2.0


class Pool:
    """A driver that has up to `size` pairs of another driver waiting.

    Taking one is immediate while there is one; else it is made on demand. A thread makes new ones
    after one was taken. Nothing is ever put back.
    """

    def __init__(self, driver: Driver, size: int) -> None:
        """Start filling.

        Args:
            driver: makes the pairs.
            size: how many wait (a warm pair holds about 80 MiB).
        """
        self.name = driver.name
        self._driver = driver
        self._size = size
        self._ready: list[Pair] = []
        self._changed = threading.Condition()
        self._closed = False
        self._filler = threading.Thread(target=self._fill, name="pool", daemon=True)
        self._filler.start()

    def pair(self) -> Pair:
        while (waiting := self._next()) is not None:
            if _alive(waiting):
                return waiting
            waiting.close()
        return self._driver.pair()

    def _next(self) -> Pair | None:
        with self._changed:
            self._changed.notify_all()
            return self._ready.pop(0) if self._ready else None

    def close(self) -> None:
        """Stop filling and end every waiting pair."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._filler.join()
        for pair in self._ready:
            pair.close()
        self._ready.clear()
        self._driver.close()

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fill(self) -> None:
        while self._wait_for_room():
            try:
                pair = self._driver.pair()
            except SandboxError as error:
                log.warning("a waiting pair could not be made: %s", error)
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, RETRY_S)
                continue
            with self._changed:
                if not self._closed:
                    self._ready.append(pair)
                    self._changed.notify_all()
                    continue
            with contextlib.suppress(SandboxError):
                pair.close()

    def _wait_for_room(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._ready) < self._size)
            return not self._closed

    def wait_until_full(self, timeout_s: float) -> bool:
        """For measurements: whether the pool was full within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._ready) >= self._size, timeout_s)


def _alive(pair: Pair) -> bool:
    """A waiting side says nothing; one that can be read from has ended."""
    readable, _, _ = select.select([pair.app, pair.suite], [], [], 0)
    return not readable
