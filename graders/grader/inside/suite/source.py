"""The learner's source, for checks and for a reading. It is parsed in a child, never imported.

A parser can be brought down by what it parses; that must not be the suite's process.
"""

import ast
import faulthandler
import json
import os
import resource
import select
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any, cast

from grader.inside.suite.look import Selectors, look
from grader.inside.suite.places import Places

Answer = dict[str, Any]

CPU_S, WALL_S = 2, 3.0
MEMORY = 768 << 20
ANSWER_CAP = 1 << 18


class Source:
    """All files of a submission as text, and what can be found in them."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = dict(files)
        self._parsable: set[str] | None = None

    def places(self, selectors: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The first place of every selector that has one: {selector: {file, line, end}}.

        Raises:
            AssertionError: the source cannot be parsed within the limits.
        """
        several = list(selectors)
        answer = _in_child(lambda: _found(self.files, several))
        self._parsable = set(cast(list[str], answer["parsable"]))
        return cast(dict[str, dict[str, Any]], answer["places"])

    def reading(self, starter: Mapping[str, str], selectors: Selectors) -> Answer:
        """What the event `reading` says of this source beside its starter: see `look`.

        Raises:
            AssertionError: the source cannot be parsed within the limits.
        """
        return _in_child(lambda: look(self.files, starter, selectors))

    def finds(self, selector: str) -> bool:
        """Whether the source has what a selector names (see `places`)."""
        return selector in self.places([selector])

    def tree(self, file: str) -> ast.Module | None:
        """A file's syntax tree; None where there is no such file or it does not parse."""
        if self._parsable is None:
            self.places([])
        return ast.parse(self.files[file]) if file in (self._parsable or ()) else None


def _in_child(work: Callable[[], Answer]) -> Answer:
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            faulthandler.disable()  # a parser that falls over is an answer, not news
            signal.setitimer(signal.ITIMER_REAL, 0)
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            _send(write, work())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(write)
    data = _read(read)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    try:
        return json.loads(data)
    except ValueError:
        raise AssertionError(f"The source could not be parsed (status {status}).") from None


def _found(files: Mapping[str, str], selectors: Iterable[str]) -> Answer:
    places = Places(files)
    spans = {selector: places.find(selector) for selector in selectors}
    return {
        "places": {selector: asdict(found[0]) for selector, found in spans.items() if found},
        "parsable": [m.file for m in places.modules.values() if m.tree is not None],
    }


def _send(write: int, answer: Answer) -> None:
    data = memoryview(json.dumps(answer).encode())
    while data:
        data = data[os.write(write, data) :]


def _read(fd: int) -> bytes:
    data = bytearray()
    deadline = time.monotonic() + WALL_S
    with os.fdopen(fd, "rb", buffering=0) as pipe:
        while len(data) < ANSWER_CAP:
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            piece = pipe.read(65_536) if ready else None
            if not piece:
                break
            data += piece
    return bytes(data)
