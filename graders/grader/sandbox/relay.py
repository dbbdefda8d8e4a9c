"""Passes frames between the sides of a pair: hands the work over, operations on, takes events in.

The suite sandbox decides what happens; it reaches the app sandbox only through this relay. What
either side sends is checked here, because either side may have fallen to the submission.
"""

import json
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from pydantic_core import from_json

from grader.inside.wire import Line, Message, WireError, exit_words
from grader.report import CheckResult, Reading, Tampering
from grader.sandbox.base import Limits, Pair

OPERATIONS = frozenset({"start", "stop", "keep", "restore", "renew", "database", "log"})
EVENTS_CAP = 2_000
TEXT_CAP = 300
TAMPERING_CAP = 50
DEEPER = 9  # levels that a report puts round an event
FRAME_S = 3.0  # a frame that has begun is complete by then, whoever has fallen


class End(Enum):
    """How a run ended."""

    DONE = "the suite has run"
    UNSTARTABLE = "the service did not start"
    WALL = "out of time"
    FLOOD = "printed too much"
    FILES = "made too many files"
    SUITE_BROKEN = "the suite is at fault"
    SUITE_DIED = "the suite's sandbox ended"
    APP_DIED = "the app's sandbox ended"


@dataclass
class Run:
    """What a run observed, in order."""

    end: End = End.DONE
    checks: list[CheckResult] = field(default_factory=list[CheckResult])
    reading: Reading = field(default_factory=Reading)
    failure: dict[str, Any] | None = None
    tampering: list[Tampering] = field(default_factory=list[Tampering])
    exits: list[int] = field(default_factory=list[int])
    late: list[str] = field(default_factory=list[str])  # checks that ran out of time
    why: str = ""  # for operators
    start_ms: float = 0.0
    run_ms: float = 0.0


class EndedError(Exception):
    """A run has ended otherwise than by the suite side's word."""

    def __init__(self, end: End, why: str = "") -> None:
        super().__init__(end.value)
        self.end = end
        self.why = why


def storable(event: Message) -> Message:
    """The event without what JSON or a database cannot hold: lone surrogates, NUL, infinity.

    Raises:
        EndedError: it is nested so deeply that a report with it could not be read again.
    """
    try:
        text = json.dumps(event, ensure_ascii=False).encode("utf-8", "replace").decode()
        from_json("[" * DEEPER + text + "]" * DEEPER)
        return json.loads(text.replace("\\u0000", "\ufffd"), parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise EndedError(End.SUITE_BROKEN, "an event is nested too deeply") from error


class Work(Protocol):
    """What every run hands to the app side."""

    @property
    def files(self) -> Mapping[str, str]: ...

    @property
    def environment(self) -> Mapping[str, str]: ...

    @property
    def limits(self) -> Limits: ...


class Relay:
    """Passes frames between the two sides. What the suite side has to do, a subclass knows."""

    def __init__(self, pair: Pair, work: Work, run: Run) -> None:
        self.app = pair.app
        self.suite = pair.suite
        self.work = work
        self.run = run
        self._events = 0
        for line in (self.app, self.suite):
            line.sock.settimeout(FRAME_S)

    def order_suite(self) -> tuple[Message, bytes]:
        """What the suite side is told to do."""
        raise NotImplementedError

    def event(self, message: Message) -> None:
        """Take in one event that only this kind of run knows.

        Raises:
            EndedError: it is not of its form.
        """
        raise NotImplementedError

    def conduct(self) -> None:
        """From the order to the end, however that comes; `run` then holds what was observed."""
        began = time.monotonic()
        try:
            self.hand_over()
            self.pass_on(began + self.work.limits.wall_s)
        except EndedError as ended:
            self.run.end = ended.end
            self.run.why = self.run.why or ended.why
        self.run.run_ms = (time.monotonic() - began) * 1e3

    def hand_over(self) -> None:
        work = self.work
        load = {
            "op": "load",
            "limits": work.limits.of_process(),
            "environment": dict(work.environment),
        }
        self._to_app(load, json.dumps(dict(work.files)).encode())
        self._to_suite(*self.order_suite())

    def pass_on(self, deadline: float) -> None:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:  # also while a side talks without end
                raise EndedError(End.WALL)
            ready, _, _ = select.select([self.suite, self.app], [], [], left)
            # The suite first: what it has already said counts, whatever the app side does next.
            if self.suite in ready and self._from_suite():
                return
            if self.app in ready:
                self._from_app()

    # What the two sides say

    def _from_suite(self) -> bool:
        message, _ = self._receive(self.suite, End.SUITE_DIED)
        if (op := message.get("op")) is not None:
            if not isinstance(op, str) or op not in OPERATIONS:
                raise EndedError(End.SUITE_BROKEN, f"unknown operation {op!r}")
            self._to_app(message)
            return False
        self._events += 1
        if self._events > EVENTS_CAP:
            raise EndedError(End.SUITE_BROKEN, "too many events")
        return self._event(storable(message))

    def _event(self, message: Message) -> bool:
        """Take in one event of the suite's; True when it was the last."""
        match message.get("event"):
            case "tampering":
                self._tampered(str(message.get("kind")), str(message.get("detail")))
            case "unstartable":
                self.run.failure = self._failure(message.get("failure"))
                raise EndedError(End.UNSTARTABLE)
            case "broken":
                raise EndedError(End.SUITE_BROKEN, str(message.get("why"))[:2000])
            case "done":
                return True
            case _:
                self.event(message)
        return False

    def _failure(self, said: Any) -> dict[str, Any] | None:
        """Why the service did not start. Its own process says so, and can say anything."""
        match said:
            case {"kind": str() as kind, "text": str() as text}:
                file, line = self._own_line(said.get("file"), said.get("line"))
                return {"kind": kind, "text": text[:TEXT_CAP], "file": file, "line": line}
            case _:
                return None

    def _own_line(self, file: Any, line: Any) -> tuple[str | None, int | None]:
        text = self.work.files.get(file) if isinstance(file, str) else None
        known = text is not None and isinstance(line, int) and 0 < line <= text.count("\n") + 1
        return (file, line) if known else (None, None)

    def _from_app(self) -> None:
        message, blob = self._receive(self.app, End.APP_DIED)
        if message.get("event") == "flood":
            raise EndedError(End.FLOOD)
        if message.get("event") == "tried":
            self._tampered(str(message.get("kind")), str(message.get("detail")))
            return
        code, ms = message.get("code"), message.get("ms")
        if message.get("event") == "exit" and isinstance(code, int):
            self.run.exits.append(code)
            self._tampered("exit", f"the service's process ended by itself ({exit_words(code)})")
        if isinstance(ms, float) and not self.run.start_ms:
            self.run.start_ms = ms
        self._to_suite(message, blob)

    def _tampered(self, kind: str, detail: str) -> None:
        seen = Tampering(kind=kind[:40], detail=detail[:TEXT_CAP])
        if seen not in self.run.tampering and len(self.run.tampering) < TAMPERING_CAP:
            self.run.tampering.append(seen)

    # The lines; a dead sandbox is a normal event

    def _receive(self, line: Line, end: End) -> tuple[Message, bytes]:
        try:
            frame = line.receive()
        except (OSError, WireError) as error:
            raise EndedError(end, str(error)) from error
        if frame is None:
            raise EndedError(end)
        return frame

    def _to_app(self, message: Message, blob: bytes = b"") -> None:
        self._send(self.app, message, blob, End.APP_DIED)

    def _to_suite(self, message: Message, blob: bytes = b"") -> None:
        self._send(self.suite, message, blob, End.SUITE_DIED)

    def _send(self, line: Line, message: Message, blob: bytes, end: End) -> None:
        try:
            line.send(message, blob)
        except OSError as error:
            raise EndedError(end, str(error)) from error
