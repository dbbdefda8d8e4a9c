"""The learner's source for structure checks and places. It is parsed in a child, never imported.

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
from collections.abc import Iterable, Mapping
from typing import Any, cast

from grader.inside.suite.places import Places

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
        answer = _in_child(self.files, list(selectors))
        self._parsable = set(cast(list[str], answer["parsable"]))
        return cast(dict[str, dict[str, Any]], answer["places"])

    def finds(self, selector: str) -> bool:
        """Whether the source has what a selector names (see `places`)."""
        return selector in self.places([selector])

    def tree(self, file: str) -> ast.Module | None:
        """A file's syntax tree; None where there is no such file or it does not parse."""
        if self._parsable is None:
            self.places([])
        return ast.parse(self.files[file]) if file in (self._parsable or ()) else None


def _in_child(files: Mapping[str, str], selectors: list[str]) -> dict[str, Any]:
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            faulthandler.disable()  # a parser that falls over is an answer, not news
            signal.setitimer(signal.ITIMER_REAL, 0)
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            _answer(write, files, selectors)
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


def _answer(write: int, files: Mapping[str, str], selectors: list[str]) -> None:
    places = Places(files)
    found: dict[str, Any] = {}
    for selector in selectors:
        spans = places.find(selector)
        if spans:
            found[selector] = {"file": spans[0].file, "line": spans[0].line, "end": spans[0].end}
    parsable = [m.file for m in places.modules.values() if m.tree is not None]
    data = memoryview(json.dumps({"places": found, "parsable": parsable}).encode())
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
