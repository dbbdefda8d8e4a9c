"""Pairs of sandboxes that are played by the test: both far ends of the lines are in its hands."""

import socket
import threading
from collections.abc import Callable
from typing import Any

from grader.inside.wire import Line
from grader.sandbox.base import Pair, SandboxError

Script = Callable[[Line], None]


class FakePair:
    """A pair whose two sides are functions, each run in a thread with the far end of its line."""

    def __init__(self, suite: Script, app: Script) -> None:
        self.app, self._app_end = _line()
        self.suite, suite_end = _line()
        self.closed = 0
        self._sides = [_side(suite, Line(suite_end)), _side(app, Line(self._app_end))]

    def end_app(self) -> None:
        """Let the app's side end by itself, as by the kernel's hand."""
        self._app_end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.closed += 1
        self.app.close()
        self.suite.close()
        for side in self._sides:
            side.join(10)
            assert not side.is_alive()


class FakeDriver:
    """Gives out pairs that were prepared, in order; then none can be made."""

    name = "fake"

    def __init__(self, *pairs: FakePair) -> None:
        self.waiting = list(pairs)
        self.given: list[FakePair] = []

    def pair(self) -> Pair:
        if not self.waiting:
            raise SandboxError("no pair is left")
        self.given.append(self.waiting.pop(0))
        return self.given[-1]

    def close(self) -> None:
        for pair in self.waiting:
            pair.close()


def says(*events: dict[str, Any]) -> Script:
    """A suite that takes its order, then tells these events, and waits to be ended."""

    def suite(line: Line) -> None:
        line.receive()
        for event in events:
            line.send(event)
        silent(line)

    return suite


def silent(line: Line) -> None:
    """A side that takes in everything and says nothing."""
    while line.receive() is not None:
        pass


def gone(line: Line) -> None:
    """A side that has ended."""
    line.close()


def takes_order_and_ends(line: Line) -> None:
    """A side that ends as soon as it has its order."""
    line.receive()
    line.close()


def _line() -> tuple[Line, socket.socket]:
    near, far = socket.socketpair()
    return Line(near), far


def _side(script: Script, line: Line) -> threading.Thread:
    def play() -> None:
        try:
            script(line)
        except OSError:
            pass  # the worker hung up: the usual end
        finally:
            line.close()

    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    return thread
