"""What a suite's author holds of the outside world: its partners, clock and faults."""

import time
from collections.abc import Iterator
from typing import Any

from grader.inside.suite.world import Handler, Manner, Record, World

ROUNDS, LEAST = 5, 2
BUDGET_S = 2.0


class Outside:
    """The partners of the service, and what they saw."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._commits = 0

    def answers(self, **partners: Handler) -> None:
        """What partners answer: a function of the call's arguments each."""
        self._world.handlers.update(partners)

    def set(self, name: str, **manner: Any) -> None:
        """How a partner behaves: delay (s), fail, hang, status."""
        self._world.manners[name] = Manner(**manner)

    def calls(self, name: str, phase: str = "start") -> list[Record]:
        """What the journal holds of a partner."""
        return [r for r in self._world.journal if r.name == name and r.phase == phase]

    def overlaps(self, name: str) -> int:
        """The most calls of a partner that were open at one time."""
        now = most = 0
        for record in self._world.journal:
            if record.name == name and record.phase != "unknown":
                now += 1 if record.phase == "start" else -1
                most = max(most, now)
        return most

    def rendezvous(self, name: str, n: int) -> None:
        """Let nobody pass a partner before n requests are there, or all, or 0.25 s have passed."""
        self._world.rendezvous(name, n)

    def rounds(self, n: int = ROUNDS) -> Iterator[int]:
        """The rounds of a race: 1 to n; after the second none that begins later than 2 s.

        A fix that serialises waits in every round, and must not fail for being slow.
        """
        began = time.monotonic()
        for number in range(1, n + 1):
            if number > LEAST and time.monotonic() - began > BUDGET_S:
                return
            yield number

    def move_clock(self, seconds: float) -> None:
        """Let time pass for the service, without waiting."""
        self._world.offset += seconds

    def fail_commits(self, n: int = 1) -> None:
        """Let the next n commits of requests fail, before their answer or after it.

        A check in which none did is not a check.
        """
        self._world.failing_commits = n
        self._commits += n

    def slow_commits(self, seconds: float) -> None:
        """Let every commit of requests take so much longer, for what is answered before it."""
        self._world.commit_delay = seconds

    def assert_collected(self) -> None:
        """The faults that were armed have happened.

        Raises:
            AssertionError: not one commit failed, although one was to.
        """
        if self._commits and not self._world.failed_commits:
            raise AssertionError("No commit of the service was seen, so none could fail.")
