"""Instrumentation in the app process: statements and rows by request, connections, failing commits.

It shares a process with the submission, so what it says is good evidence of quality and never the
only guard of a security check.
"""

import json
import sqlite3
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import kintsugi_outside
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import Pool

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH = "/.kintsugi/probes"
HEADER = b"x-kit-rid"
REQUESTS, STATEMENTS, STATEMENT = (
    2_000,
    500,
    2_000,
)  # kept requests, statements each, characters each


class Probes:
    """What was counted so far in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sql: dict[str, list[str]] = {}
        self._rows: dict[str, int] = {}
        self._out = 0
        self._max = 0

    def install(self) -> None:
        """Listen to every engine and pool of this process."""
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "after_cursor_execute", self._fetched_at_once)
        event.listen(Pool, "checkout", self._checkout)
        event.listen(Pool, "checkin", self._checkin)
        event.listen(Engine, "commit", _commit)

    def as_json(self) -> bytes:
        with self._lock:
            pool = {"out": self._out, "max": self._max}
            return json.dumps({"sql": self._sql, "rows": self._rows, "pool": pool}).encode()

    def _statement(self, _c: Any, cursor: Any, statement: str, *_: Any) -> None:
        rid = kintsugi_outside.request_id.get()
        if rid is None:
            return
        with self._lock:
            seen = self._sql.get(rid)
            if seen is None and len(self._sql) < REQUESTS:
                seen = self._sql[rid] = []
            if seen is not None and len(seen) < STATEMENTS:
                seen.append(statement[:STATEMENT])
        if isinstance(cursor, sqlite3.Cursor):
            cursor.row_factory = self._counting(rid)

    def _counting(self, rid: str) -> Callable[[Any, Any], Any]:
        """A row factory, which sqlite3 calls for every row that is fetched; it changes none."""

        def one(_: Any, row: Any) -> Any:
            self._fetched(rid, 1)
            return row

        return one

    def _fetched_at_once(self, _c: Any, cursor: Any, *_: Any) -> None:
        """An async driver has fetched all rows by now, in another thread."""
        rid, rows = kintsugi_outside.request_id.get(), getattr(cursor, "_rows", None)
        if rid is not None and rows:
            self._fetched(rid, len(rows))

    def _fetched(self, rid: str, number: int) -> None:
        with self._lock:
            if rid in self._rows or len(self._rows) < REQUESTS:
                self._rows[rid] = self._rows.get(rid, 0) + number

    def _checkout(self, *_: Any) -> None:
        with self._lock:
            self._out += 1
            self._max = max(self._max, self._out)

    def _checkin(self, *_: Any) -> None:
        with self._lock:
            self._out -= 1


def _commit(connection: Any) -> None:
    """Let a commit fail when the suite says so.

    The connection is rolled back first: raising alone leaves the transaction open on the pooled
    connection, and the next commit stores both rows (measured: 1 row before, 3 after).
    """
    if kintsugi_outside.request_id.get() is not None and kintsugi_outside.call("@commit"):
        connection.connection.rollback()
        raise OperationalError("COMMIT", {}, Exception("disk I/O error"))


class Wrapped:
    """The submission's ASGI app, with a request id taken off each request and the probes' page."""

    def __init__(
        self, app: ASGIApp, probes: Probes, failed: Callable[[BaseException], None]
    ) -> None:
        self.app = app
        self.probes = probes
        self.failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == PATH:
            await self._page(send)
        else:
            await self._request(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except BaseException as error:
            self.failed(error)
            raise

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope.get("headers", [])
        rid = next((value.decode("latin-1") for name, value in headers if name == HEADER), None)
        scope = {**scope, "headers": [h for h in headers if h[0] != HEADER]}
        token = kintsugi_outside.request_id.set(rid)
        try:
            await self.app(scope, receive, send)
        finally:
            kintsugi_outside.request_id.reset(token)

    async def _page(self, send: Send) -> None:
        body = self.probes.as_json()
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})
