"""What a suite's author holds: the service, clients of it, and copies of its database."""

import signal
import sqlite3
import time
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from grader.inside.suite.host import Host, Variables
from grader.inside.suite.volley import Reply, Request

DEADLINE_S = 3.0
TOGETHER_S = 5.0
QUERY_S = 1.0
IDLE_S = 1.0
POLL_S = 0.02


class Client:
    """Sends requests with the same headers every time, to one process of the service."""

    def __init__(self, host: Host, headers: Mapping[str, str] | None = None, on: int = 0) -> None:
        self._host = host
        self._headers = dict(headers or {})
        self._slot = on

    def prepare(self, method: str, path: str, **content: Any) -> Request:
        """A request as data, for `together`.

        Args:
            method: GET, POST, ...
            path: with or without a query.
            content: params, headers, json, data, files, content, cookies as httpx takes them.
        """
        own: Mapping[str, str] = content.pop("headers", None) or {}
        headers = {**self._headers, **own}
        built = httpx.Request(method, f"http://app{path}", headers=headers, **content)
        target = built.url.raw_path.decode("ascii")
        return Request(method, target, tuple(built.headers.raw), built.read(), self._slot)

    def request(
        self, method: str, path: str, *, deadline: float = DEADLINE_S, **content: Any
    ) -> Reply:
        """Send one request and wait for its answer, `deadline` seconds at most."""
        return self._host.together([self.prepare(method, path, **content)], deadline)[0]

    def get(self, path: str, **content: Any) -> Reply:
        return self.request("GET", path, **content)

    def post(self, path: str, **content: Any) -> Reply:
        return self.request("POST", path, **content)

    def put(self, path: str, **content: Any) -> Reply:
        return self.request("PUT", path, **content)

    def patch(self, path: str, **content: Any) -> Reply:
        return self.request("PATCH", path, **content)

    def delete(self, path: str, **content: Any) -> Reply:
        return self.request("DELETE", path, **content)


class Service(Client):
    """The running service. Its own methods send without any identity."""

    def as_user(self, name: object, on: int = 0) -> Client:
        """A client that says who it is by `X-User`; `on=1` speaks to the second process."""
        return Client(self._host, {"X-User": str(name)}, on)

    def client(self, headers: Mapping[str, str] | None = None, on: int = 0) -> Client:
        """A client with headers of its own."""
        return Client(self._host, headers, on)

    def together(self, requests: Iterable[Request], deadline: float = TOGETHER_S) -> list[Reply]:
        """Send prepared requests at once; the answers come in the order of the requests."""
        return self._host.together(list(requests), deadline)

    def restart(self, env: Variables | None = None) -> None:
        """End the process politely and start a new one, with other variables if given.

        A variable that is None is left out.
        """
        self._again(signal.SIGTERM, env)

    def crash(self, env: Variables | None = None) -> None:
        """Kill the process in the middle of whatever it does, and start a new one."""
        self._again(signal.SIGKILL, env)

    def stop(self, number: int = signal.SIGTERM) -> bool:
        """End the process by a signal; False if it did not follow within two seconds.

        `restart` or `crash` starts one that can be asked again.
        """
        self._host.soil()
        return self._host.stop(0, number)

    def starts(self, env: Variables) -> bool:
        """Kill the process; whether a new one starts with these variables, or ends itself.

        After one that ended, `crash` or `restart` starts one that can be asked.
        """
        self._host.stop(0, signal.SIGKILL)
        self._host.soil()
        return self._host.starts(0, env)

    def second(self) -> Client:
        """Start a second process on the same database; returns a client of it."""
        self._host.start(1, {})
        return Client(self._host, on=1)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the service is started with; a suite signs with its JWT_SECRET."""
        return self._host.environment

    @property
    def log(self) -> str:
        """What the service has printed so far."""
        return self._host.log()

    @property
    def printed(self) -> int:
        """How many bytes the service has printed so far: a mark for `log_since`."""
        return self._host.printed()

    def log_since(self, mark: int) -> str:
        """What the service has printed since a mark; of more than 32 KiB, a part may be lost."""
        return self._host.log(mark)

    @property
    def openapi(self) -> dict[str, Any]:
        """The service's own description."""
        reply = self.get("/openapi.json")
        assert reply.status == 200, f"GET /openapi.json {reply.answered}"
        return reply.json

    @property
    def pool(self) -> int:
        """Connections in use once the service is idle, or after a second of waiting for that."""
        deadline = time.monotonic() + IDLE_S
        while True:
            out = self._host.connections(self._slot)
            if not out or time.monotonic() > deadline:
                return out
            time.sleep(POLL_S)

    def database(self) -> "Database":
        """A private copy of the database as it is now."""
        return Database(self._host.database())

    def _again(self, number: int, env: Variables | None) -> None:
        self._host.stop(0, number)
        if env:
            self._host.soil()
        self._host.start(0, env or {})


class Database:
    """A copy of the service's database, in memory. It is the submission's work: read with care."""

    def __init__(self, data: bytes) -> None:
        self._connection = sqlite3.connect(":memory:")
        self._connection.deserialize(data)
        self._connection.row_factory = sqlite3.Row
        self._deadline = 0.0
        self._connection.set_progress_handler(self._late, 10_000)
        self.rows("pragma trusted_schema = off")

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """All rows of a query.

        Raises:
            AssertionError: the database cannot be read in this way.
        """
        try:
            return [dict(row) for row in self._execute(sql, parameters)]
        except sqlite3.Error as error:
            raise AssertionError(f"The database could not be read: {error}") from None

    def one(self, sql: str, *parameters: Any) -> Any:
        """The first column of the first row; None without a row."""
        found = self.rows(sql, *parameters)
        return next(iter(found[0].values())) if found else None

    def refuses(self, sql: str, *parameters: Any) -> bool:
        """Whether a constraint of the database forbids a change.

        Raises:
            AssertionError: it was refused for another reason.
        """
        try:
            self._execute(sql, parameters)
        except sqlite3.IntegrityError:
            return True
        except sqlite3.Error as error:
            raise AssertionError(f"The database could not be written: {error}") from None
        return False

    def _execute(self, sql: str, parameters: tuple[Any, ...]) -> sqlite3.Cursor:
        self._deadline = time.monotonic() + QUERY_S
        return self._connection.execute(sql, parameters)

    def _late(self) -> bool:
        return time.monotonic() > self._deadline
