"""The processes of the service under test, and the database that every check begins with."""

import json
import signal
from collections.abc import Mapping
from typing import Any, cast

from grader.inside.suite.control import Control, KitError
from grader.inside.suite.volley import Reply, Request, Sender, Statements
from grader.inside.wire import exit_words

PROBES = "/.kintsugi/probes"
POLITE_S = 2.0
BUDGET_S = 3.0
Variables = Mapping[str, str | None]  # None: left out, also if the process has it otherwise
FAILURES_CAP = 8  # volleys without an answer; a service that is dead would use up the whole time


class UnstartableError(Exception):
    """The service did not start for the first time; nothing can be judged.

    Attributes:
        failure: kind, text, file, line; see `grader.inside.wire`.
    """

    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__(str(failure.get("text")))
        self.failure = failure


class ProbeError(Exception):
    """What the service's process tells of itself is missing or cannot be true."""


class Host(Statements):
    """Starts and stops processes through the worker; sends requests to them."""

    def __init__(
        self, control: Control, sender: Sender, environment: Mapping[str, str], start_s: float
    ) -> None:
        self.sender = sender
        self.exits: dict[int, int] = {}
        self.failures = 0
        self.volley: list[Reply] = []  # the last requests that were sent at once
        self.breaches: list[str] = []  # answers that broke the client's bounds, told by the plugin
        self._control = control
        self._environment = dict(environment)
        self._start_s = start_s
        self._running: set[int] = set()
        self._clean = False  # the process is the first one's like, with the usual variables
        self._kept = False

    @property
    def environment(self) -> dict[str, str]:
        """A copy of the usual variables of every process."""
        return dict(self._environment)

    # Before a check

    def begin(self) -> None:
        """Start the service for the first time.

        Raises:
            UnstartableError: it did not.
        """
        failure = self._start(0, {})
        if failure is not None:
            raise UnstartableError(failure)
        self._clean = True

    def keep(self) -> None:
        """What is in the database now is what every check begins with."""
        answer, _ = self._control.ask("keep")
        self._kept = bool(answer.get("ok"))

    def renew(self, fresh: bool) -> None:
        """Make the service what it was after the first start and the seed.

        Args:
            fresh: in a new process, for what a process may hold in memory.

        Raises:
            AssertionError: it did not start again.
        """
        self.stop(1, signal.SIGKILL)
        reusable = self._clean and self._kept and not fresh and 0 not in self.exits
        if reusable and self._control.ask("restore")[0].get("ok"):
            return
        self.stop(0, signal.SIGKILL)
        self._done("renew")
        self.start(0, {})
        self._clean = True

    # Processes

    def start(self, slot: int, env: Variables) -> None:
        """Start a process and wait until it serves.

        Raises:
            AssertionError: it did not.
        """
        failure = self._start(slot, env)
        if failure is not None:
            raise AssertionError(f"The service did not start again: {failure.get('text')}")

    def starts(self, slot: int, env: Variables) -> bool:
        """Start a process; False if it ended itself before it served.

        Raises:
            AssertionError: it neither served nor ended in time.
        """
        failure = self._start(slot, env)
        if failure is not None and failure.get("kind") == "timeout":
            raise AssertionError(str(failure.get("text")))
        return failure is None

    def stop(self, slot: int, number: int) -> bool:
        """Stop a process by a signal; False for one that had to be killed after 2 s."""
        followed = True
        if slot in self._running:
            self._running.discard(slot)
            told = self._done(
                "stop", slot=slot, signal=int(number), within_s=POLITE_S, wait_s=POLITE_S
            )
            followed = not told.get("forced")
        self.exits.pop(slot, None)
        return followed

    def soil(self) -> None:
        """The next check needs a new process."""
        self._clean = False

    def ended(self, slot: int, code: int) -> None:
        """An app process ended by itself (called by the control's thread)."""
        self.exits[slot] = code
        self.sender.abandon(slot)

    # Requests

    def together(self, requests: list[Request], deadline: float) -> list[Reply]:
        """Send all at once.

        Raises:
            AssertionError: a process that was asked had ended by itself.
        """
        slots = {request.slot for request in requests}
        if not slots <= self._running:
            raise KitError(f"no process runs in {sorted(slots - self._running)}")
        self._assert_running(slots)
        replies = self.sender.together(requests, deadline)
        if len(replies) > 1:
            self.volley = replies
        for reply in replies:
            reply.statements = self
            if reply.breach:
                self.breaches.append(f"{reply.request.method} was answered with {reply.breach}")
        if any(not reply.status for reply in replies):
            self.failures += 1
            self.soil()
            self._assert_running(slots)
        return replies

    def ask(self, slot: int, path: str) -> Reply:
        """One plain GET."""
        return self.together([Request("GET", path, (), b"", slot)], 3.0)[0]

    def of(self, rid: str, slot: int) -> list[str]:
        """See `Statements`.

        Raises:
            ProbeError: the page is missing or is not of its form.
        """
        seen = self.probes(slot).get("sql")
        if not isinstance(seen, dict):
            raise ProbeError("the statements are missing")
        statements = cast(dict[str, Any], seen).get(rid, [])
        if not isinstance(statements, list):
            raise ProbeError("the statements are not a list")
        return [str(s) for s in cast(list[Any], statements)]

    def fetched(self, rid: str, slot: int) -> int:
        """See `Statements`.

        Raises:
            ProbeError: the page is missing or is not of its form.
        """
        seen = self.probes(slot).get("rows")
        rows = cast(dict[str, Any], seen).get(rid, 0) if isinstance(seen, dict) else None
        if not isinstance(rows, int):
            raise ProbeError("the number of rows is missing")
        return rows

    def connections(self, slot: int) -> int:
        """Connections that a process has checked out of its pools now.

        Raises:
            ProbeError: the page is missing or is not of its form.
        """
        try:
            return int(self.probes(slot)["pool"]["out"])
        except (KeyError, TypeError, ValueError):
            raise ProbeError("the use of connections is missing") from None

    def probes(self, slot: int) -> dict[str, Any]:
        """The probes' page of a process.

        Raises:
            ProbeError: it is missing or is not of its form.
        """
        reply = self.ask(slot, PROBES)
        try:
            page = json.loads(reply.body)
        except (ValueError, RecursionError):
            raise ProbeError(f"the page {reply.answered}") from None
        if not isinstance(page, dict):
            raise ProbeError("the page is not an object")
        return cast(dict[str, Any], page)

    def database(self) -> bytes:
        """A serialised copy of the database.

        Raises:
            AssertionError: there is none, or it cannot be copied.
        """
        answer, blob = self._control.ask("database")
        if not answer.get("ok"):
            raise AssertionError("The service's database could not be read.")
        return blob

    def log(self, since: int = 0) -> str:
        """What the processes have printed since a mark; the middle of a long log is left out."""
        return self._control.ask("log", since=since)[1].decode("utf-8", "replace")

    def printed(self) -> int:
        """How many bytes the processes have printed so far: a mark for `log`."""
        return int(self._control.ask("log")[0]["total"])

    def _start(self, slot: int, env: Variables) -> dict[str, Any] | None:
        self.exits.pop(slot, None)
        variables = {**self._environment, **env}
        answer, _ = self._control.ask(
            "start", slot=slot, env=variables, budget_s=self._start_s, wait_s=self._start_s
        )
        if not answer.get("ok"):
            return cast(dict[str, Any], answer.get("failure") or {})
        self._running.add(slot)
        return None

    def _done(self, op: str, **details: Any) -> dict[str, Any]:
        answer, _ = self._control.ask(op, **details)
        if not answer.get("ok"):
            raise KitError(f"{op!r} was not done")
        return answer

    def _assert_running(self, slots: set[int]) -> None:
        for slot in slots & set(self.exits):
            raise AssertionError(f"The service ended by itself ({exit_words(self.exits[slot])}).")
