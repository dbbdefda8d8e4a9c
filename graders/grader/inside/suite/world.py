"""The outside world: partners, a clock, faults and rendezvous, on one event loop in a thread.

The same loop sends the suite's requests (`volley`), so that calls and answers have one order. What
a submission sends here is a claim; that a call was made, or was not, is known here alone.
"""

import asyncio
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

T = TypeVar("T")
Handler = Callable[..., Any]

LINE_CAP = 65_536
CONNECTIONS_CAP = 256
JOURNAL_CAP = 5_000
SEND_S = 2.0
GATE_S = 0.25  # with 0.5 s a serialising fix of a race kata took over 8 s
FLOOD = 50  # calls beyond the bounds that are still taken for a mishap


@dataclass(frozen=True)
class Record:
    """A line of the journal. `phase`: start end failed cancelled unknown; `rid` is a claim.

    Attributes:
        at: monotonic seconds.
    """

    seq: int
    name: str
    phase: str
    call: int
    args: dict[str, Any]
    rid: str | None
    slot: int
    at: float = 0.0


@dataclass
class Manner:
    """How a partner behaves for the rest of the check."""

    delay: float = 0.0
    fail: bool = False
    hang: bool = False
    status: int = 503


@dataclass
class Gate:
    """A rendezvous: opens when `n` requests in flight are inside, or all there are, or by time."""

    n: int
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    inside: set[str] = field(default_factory=set[str])
    timed: bool = False


class World:
    """Everything the service under test may call, and the loop that also sends requests."""

    def __init__(self, listener: socket.socket) -> None:
        self.in_flight: set[str] = set()  # ids of requests sent and not yet answered
        self.sequence = itertools.count(1)
        self._connections = 0
        self._clear()
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._serve, args=(listener, ready), daemon=True, name="world"
        )
        self._thread.start()
        ready.wait()

    def close(self) -> None:
        """Hang up on everybody and end the loop."""
        self.soon(self._loop.stop)
        self._thread.join()

    def _clear(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.manners: dict[str, Manner] = {}
        self.gates: dict[str, Gate] = {}
        self.journal: list[Record] = []
        self.over = 0  # calls beyond the bounds
        self.offset = 0.0
        self.sent: set[str] = set()  # ids of requests sent in this check, answered or not
        self.failing_commits = 0
        self.commit_delay = 0.0
        self.failed_commits = 0

    def do(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run a coroutine on the loop from another thread, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def soon(self, call: Callable[[], object]) -> None:
        """Run something on the loop; does not wait."""
        self._loop.call_soon_threadsafe(call)

    def reset(self) -> None:
        """Forget everything: the next check begins."""

        async def clear() -> None:
            for gate in self.gates.values():
                gate.opened.set()
            self._clear()

        self.do(clear(), 2.0)

    def now(self) -> float:
        """Seconds since the epoch by the world's clock."""
        return time.time() + self.offset

    def rendezvous(self, name: str, n: int) -> None:
        """Hold calls of `name` until n requests in flight are inside (`Gate`)."""

        async def arm() -> None:
            self.gates[name] = Gate(n)

        self.do(arm(), 2.0)

    def flight_changed(self) -> None:
        """Open the gates for which nobody else can come. To be called on the loop."""
        for gate in self.gates.values():
            if gate.inside and len(gate.inside) >= min(gate.n, len(self.in_flight)):
                gate.opened.set()

    def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)

        serving = asyncio.start_unix_server(self._connected, sock=listener, limit=LINE_CAP)
        server = self._loop.run_until_complete(serving)
        self._loop.call_soon(ready.set)  # not before it runs: a `stop` would be lost
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._connections >= CONNECTIONS_CAP:
                self.over += 1
                return
            self._connections += 1
            try:
                await self._converse(reader, writer)
            finally:
                self._connections -= 1
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question = await self._question(reader)
        if question is None:
            self.over += 1
            return
        answer = await self._answer(question, reader)
        if answer is not None:
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()

    async def _question(self, reader: asyncio.StreamReader) -> dict[str, Any] | None:
        try:
            line = await asyncio.wait_for(reader.readline(), SEND_S)
            question: Any = json.loads(line)
        except (TimeoutError, ValueError, RecursionError):
            return None
        match question:
            case {"name": str(), "args": dict(), "rid": str() | None}:
                return cast(dict[str, Any], question)
            case _:
                return None

    async def _answer(
        self, question: dict[str, Any], reader: asyncio.StreamReader
    ) -> dict[str, Any] | None:
        name = question["name"]
        if name == "now":
            return {"value": self.now()}
        if name == "@commit":
            await asyncio.sleep(self.commit_delay)
            return {"value": self._commit_fails(question)}
        return await _Call(self, question, reader).answer()

    def _commit_fails(self, question: dict[str, Any]) -> bool:
        if self.failing_commits and question["rid"] in self.sent:
            self.failing_commits -= 1
            self.failed_commits += 1
            return True
        return False


class _Call:
    """One call of a partner, from its start to its end or its cancelling."""

    def __init__(
        self, world: World, question: dict[str, Any], reader: asyncio.StreamReader
    ) -> None:
        self.world = world
        self.name: str = question["name"][:40]
        self.args: dict[str, Any] = question["args"]
        self.rid: str | None = question["rid"]
        self.slot = 1 if question.get("slot") == 1 else 0
        self.number = next(world.sequence)
        self._reader = reader

    async def answer(self) -> dict[str, Any] | None:
        handler = self.world.handlers.get(self.name)
        if handler is None:
            self._note("unknown")
            return {"error": "no such partner", "status": 404}
        self._note("start")
        gone = asyncio.ensure_future(self._reader.read(1))
        try:
            await self._pass_gate(gone)
            return await self._behave(handler, gone)
        except ConnectionAbortedError:
            self._note("cancelled")
            return None
        finally:
            gone.cancel()

    async def _behave(self, handler: Handler, gone: "asyncio.Future[bytes]") -> dict[str, Any]:
        manner = self.world.manners.get(self.name, Manner())
        if manner.delay:
            await _unless(gone, asyncio.sleep(manner.delay))
        if manner.hang:
            await _unless(gone, asyncio.Event().wait())
        if gone.done():
            raise ConnectionAbortedError
        if manner.fail:
            self._note("failed")
            return {"error": "unavailable", "status": manner.status}
        try:
            value = handler(**self.args)
        except Exception as error:  # noqa: BLE001 - the arguments are the submission's
            self._note("failed")
            return {"error": f"bad call: {type(error).__name__}", "status": 400}
        self._note("end")
        return {"value": value}

    async def _pass_gate(self, gone: "asyncio.Future[bytes]") -> None:
        """Wait at the gate. Requests in flight count, each once: a forged call fills nothing."""
        world, gate = self.world, self.world.gates.get(self.name)
        if gate is None or gate.opened.is_set():
            return
        if not gate.timed:
            gate.timed = True
            asyncio.get_running_loop().call_later(GATE_S, gate.opened.set)
        rid = self.rid if self.rid in world.in_flight else None
        if rid is not None:
            gate.inside.add(rid)
        world.flight_changed()
        try:
            await _unless(gone, gate.opened.wait())
        finally:
            if rid is not None:
                gate.inside.discard(rid)

    def _note(self, phase: str) -> None:
        world = self.world
        if len(world.journal) >= JOURNAL_CAP:
            world.over += 1
            return
        world.journal.append(
            Record(
                next(world.sequence),
                self.name,
                phase,
                self.number,
                self.args,
                self.rid,
                self.slot,
                time.monotonic(),
            )
        )


async def _unless(gone: "asyncio.Future[bytes]", work: Coroutine[Any, Any, object]) -> None:
    """Wait for work, unless the caller hangs up.

    Raises:
        ConnectionAbortedError: the caller is gone.
    """
    task = asyncio.ensure_future(work)
    await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        task.cancel()
        raise ConnectionAbortedError
