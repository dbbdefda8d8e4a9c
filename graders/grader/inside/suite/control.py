"""The suite's end of the line to the worker: asks for operations, tells events."""

import itertools
import os
import queue
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from grader.inside.wire import Line, Message, WireError

Answer = tuple[Message, bytes]
SLACK_S = 6.0
RETRY_S = 0.005


class KitError(Exception):
    """The platform or the suite is at fault, not the service."""


class CheckTimeoutError(BaseException):
    """A check has used its time. Not an `Exception`, so that no suite can swallow it."""


class Control:
    """Asks from the main thread; a thread of its own receives."""

    def __init__(self, line: Line) -> None:
        """Take over a line from which the run message has been read."""
        self._line = line
        self._numbers = itertools.count(1)
        self._waiting: dict[int, queue.SimpleQueue[Answer]] = {}
        self._sending = False
        signal.signal(signal.SIGALRM, self._alarm)

    def listen(self, on_exit: Callable[[int, int], None]) -> None:
        """Begin to receive.

        Args:
            on_exit: called with slot and code when an app process ended by itself.
        """
        receive = threading.Thread(target=self._receive, args=(on_exit,), daemon=True)
        receive.start()

    def ask(self, op: str, *, wait_s: float = 0.0, **details: Any) -> Answer:
        """One operation; see `grader.inside.wire` for what there is.

        Raises:
            KitError: no answer came. What the operation itself says is in the answer's `ok`.
        """
        number = next(self._numbers)
        answer = self._waiting[number] = queue.SimpleQueue()
        self._send({**details, "op": op, "id": number})
        try:
            return answer.get(timeout=wait_s + SLACK_S)
        except queue.Empty:
            raise KitError(f"no answer to {op!r}") from None
        finally:
            self._waiting.pop(number, None)

    def tell(self, event: str, **details: Any) -> None:
        """One event for the worker."""
        self._send({"event": event, **details})

    def alarm(self, seconds: float) -> None:
        """Raise `CheckTimeoutError` in the main thread after so long; 0 ends it."""
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def _alarm(self, _number: int, _frame: FrameType | None) -> None:
        if self._sending:  # half a frame would end the run
            self.alarm(RETRY_S)
            return
        raise CheckTimeoutError

    def _send(self, message: Message) -> None:
        self._sending = True
        try:
            self._line.send(message)
        except OSError:
            os._exit(0)  # the worker has hung up
        finally:
            self._sending = False

    def _receive(self, on_exit: Callable[[int, int], None]) -> None:
        try:
            while (frame := self._line.receive()) is not None:
                self._dispatch(*frame, on_exit)
        except (OSError, WireError):
            pass
        os._exit(0)

    def _dispatch(self, message: Message, blob: bytes, on_exit: Callable[[int, int], None]) -> None:
        if message.get("event") == "exit":
            on_exit(int(message["slot"]), int(message["code"]))
        elif (waiting := self._waiting.get(message.get("answer", 0))) is not None:
            waiting.put((message, blob))
