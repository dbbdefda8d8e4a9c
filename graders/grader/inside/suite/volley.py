"""Sends requests all at once and reads the answers, with bounds on whatever comes back."""

import asyncio
import itertools
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import h11

from grader.inside.suite.answers import Answer, read_json
from grader.inside.suite.world import World

PIECE = 65_536
RID = b"x-kit-rid"
OURS = {b"connection", b"accept-encoding", b"host"}


@dataclass(frozen=True)
class Request:
    """A request as data: prepared by a client, sent by `together`. `slot` is the process asked."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    slot: int = 0

    @property
    def what(self) -> str:
        return f"{self.method} {self.target.split('?')[0]}"


@dataclass
class Reply:
    """What came back. `status` is 0 where nothing did; `failure` then says why.

    Attributes:
        began, ended: when it was sent, and when the answer was complete; monotonic seconds.
        breach: how the answer broke the client's bounds, for reviewers; not what a bug does.
        order: 1 for the answer that ended first among those sent together.
        headers: by lower-case name; of a repeated one the last.
        lines: every header as it came, in order.
        cookies: every Set-Cookie line.
    """

    request: Request
    rid: str
    status: int = 0
    failure: str = ""
    breach: str = ""
    order: int = 0
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    lines: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    cookies: list[str] = field(default_factory=list[str])
    statements: "Statements | None" = None
    began: float = 0.0
    ended: float = 0.0

    @property
    def what(self) -> str:
        return self.request.what

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def answered(self) -> str:
        """For sentences: "answered 200", or "gave no answer (why)"."""
        return f"answered {self.status}" if self.status else f"gave no answer ({self.failure})"

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body. What a check misses in it is a failed assertion, not a broken suite."""
        if not self.status:
            raise AssertionError(f"{self.what} {self.answered}")
        return read_json(self.body, f"{self.what} {self.answered}")

    @property
    def sql(self) -> list[str]:
        """The statements that this request caused, as the service's process tells."""
        if self.statements is None:
            raise AssertionError(f"{self.what} was not sent")
        return self.statements.of(self.rid, self.request.slot)

    @property
    def rows(self) -> int:
        """How many rows this request fetched, as the service's process tells."""
        if self.statements is None:
            raise AssertionError(f"{self.what} was not sent")
        return self.statements.fetched(self.rid, self.request.slot)

    def __getitem__(self, name: str) -> Any:
        """A field of the JSON body."""
        answer = self.json
        if not isinstance(answer, Answer):
            raise AssertionError(f"{self.what} did not answer with an object")
        return answer[name]


class Statements:
    """Where a reply learns its SQL statements and rows from (the probes' page of its process)."""

    def of(self, rid: str, slot: int) -> list[str]:
        """The statements of one request, in order."""
        raise NotImplementedError

    def fetched(self, rid: str, slot: int) -> int:
        """How many rows one request fetched."""
        raise NotImplementedError


class Sender:
    """Knows the sockets of the service's processes."""

    def __init__(self, world: World, paths: Sequence[str], body_cap: int) -> None:
        self.world = world
        self._paths = paths
        self._cap = body_cap
        self._open: dict[int, set[asyncio.StreamWriter]] = {0: set(), 1: set()}

    def together(self, requests: Sequence[Request], deadline: float) -> list[Reply]:
        """Send all at once: 20 arrive within 8 ms. Replies in the order of the requests.

        Args:
            requests: what to send.
            deadline: seconds for each, from connecting to the answer's last byte.
        """
        return self.world.do(self._volley(requests, deadline), deadline + 3.0)

    def abandon(self, slot: int) -> None:
        """The process is gone: what still waits for it fails now."""

        def abort() -> None:
            for writer in list(self._open[slot]):
                writer.transport.abort()

        self.world.soon(abort)

    async def _volley(self, requests: Sequence[Request], deadline: float) -> list[Reply]:
        replies = [Reply(request, os.urandom(6).hex()) for request in requests]
        exchanges = [_Exchange(reply, self._cap) for reply in replies]
        places = itertools.count(1)
        rids = {reply.rid for reply in replies}
        self.world.in_flight |= rids
        self.world.sent |= rids
        try:
            await asyncio.gather(*(self._connect(exchange) for exchange in exchanges))
            began = time.monotonic()
            for exchange in exchanges:  # one go, without giving the loop away in between
                exchange.reply.began = began
                exchange.send()
            await asyncio.gather(*(self._finish(e, deadline, places) for e in exchanges))
        finally:
            self.world.in_flight -= rids
            self.world.flight_changed()
        return replies

    async def _connect(self, exchange: "_Exchange") -> None:
        path = self._paths[exchange.reply.request.slot]
        try:
            reader, writer = await asyncio.open_unix_connection(path, limit=self._cap)
        except OSError as error:
            exchange.reply.failure = f"no connection: {error.strerror}"
            return
        exchange.connected(reader, writer)
        self._open[exchange.reply.request.slot].add(writer)

    async def _finish(self, exchange: "_Exchange", deadline: float, places: Iterator[int]) -> None:
        reply = exchange.reply
        try:
            if exchange.writer is not None:
                async with asyncio.timeout(deadline):
                    await exchange.receive()
        except TimeoutError:
            reply.status, reply.failure = 0, f"nothing within {deadline:g} s"
        except h11.ProtocolError as error:
            closed = "the connection was closed before the answer was complete"
            reply.status = 0
            reply.failure = closed if exchange.closed else f"not HTTP: {error}"[:100]
            reply.breach = "" if exchange.closed else reply.failure
        except ValueError as error:
            reply.status, reply.failure = 0, str(error)[:100]
            reply.breach = reply.failure
        except OSError as error:
            reply.status, reply.failure = 0, str(error)[:100] or "the connection broke"
        finally:
            reply.order = next(places)
            reply.ended = time.monotonic()
            self.world.in_flight.discard(reply.rid)
            self.world.flight_changed()
            if exchange.writer is not None:
                self._open[reply.request.slot].discard(exchange.writer)
                exchange.writer.close()


class _Exchange:
    """One request and its answer over one connection."""

    def __init__(self, reply: Reply, cap: int) -> None:
        self.reply = reply
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None
        self.closed = False
        self._http = h11.Connection(h11.CLIENT)
        self._cap = cap

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self) -> None:
        if self.writer is None:
            return
        request, http = self.reply.request, self._http
        headers = [(name, value) for name, value in request.headers if name.lower() not in OURS]
        headers += [(b"host", b"app"), (b"connection", b"close"), (RID, self.reply.rid.encode())]
        start = h11.Request(method=request.method, target=request.target, headers=headers)
        data = http.send(start) or b""
        if request.body:
            data += http.send(h11.Data(data=request.body)) or b""
        self.writer.write(data + (http.send(h11.EndOfMessage()) or b""))

    async def receive(self) -> None:
        """Read to the end of the answer.

        Raises:
            ValueError: the answer is larger than the cap, or encoded.
            h11.ProtocolError: it is not HTTP.
            OSError: the connection broke.
        """
        assert self.reader is not None
        body = bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                piece = await self.reader.read(PIECE)
                self.closed = not piece
                self._http.receive_data(piece)
            elif isinstance(event, h11.Response):
                self._head(event.status_code, event.headers.raw_items())
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > self._cap:
                    raise ValueError(f"an answer over {self._cap >> 10} KiB")
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                self.reply.body = bytes(body)
                return

    def _head(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        reply = self.reply
        for name, value in headers:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            reply.headers[key] = text
            reply.lines.append((name.decode("latin-1"), text))
            if key == "set-cookie":
                reply.cookies.append(text)
        if reply.headers.get("content-encoding", "identity").lower() != "identity":
            raise ValueError("an encoded answer, although none was asked for")
        reply.status = status
