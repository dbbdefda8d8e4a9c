"""What we see of the running service: its log, request ids and metrics.

Whatever a caller sends (address, headers, body) is kept out of the log: lines name the route, and
tracebacks hold the places and kinds of errors, not their texts, which tend to quote the data.
"""

import json
import logging
import re
import sys
import threading
import traceback
import uuid
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("pharmacy")
_KNOWN_METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())
_current_id: ContextVar[str | None] = ContextVar("current_id", default=None)
_patient = re.compile(r"P\d{8}")


def current_id() -> str:
    """The id of the request that is being answered."""
    return _current_id.get() or "-"


def accept_id(given: str | None) -> str:
    """The caller's id where it is well formed, otherwise a new one."""
    if given and re.fullmatch(r"[a-zA-Z0-9._-]{1,64}", given):
        return given
    return str(uuid.uuid4())


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def describe(error: BaseException) -> str:
    """A traceback without the messages of its exceptions."""
    parts = []
    for each in reversed(list(_chain(error))):
        frames = "".join(traceback.format_tb(each.__traceback__))
        kind = f"{type(each).__module__}.{type(each).__qualname__}"
        parts.append(f"Traceback (most recent call last):\n{frames}{kind}")
    return "\n\n".join(parts)


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        document: dict[str, str] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "request_id": current_id(),
            "msg": _patient.sub("P********", record.getMessage()),
        }
        if record.exc_info and record.exc_info[1]:
            document["exception"] = describe(record.exc_info[1])
        return json.dumps(document)


def configure() -> None:
    """Everything that is logged in this process goes out as JSON, a document a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.captureWarnings(True)


class Metrics:
    """Counts, in the text format of Prometheus."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total: Counter[tuple[str, str, int]] = Counter()
        self._in_flight = 0

    def begin(self) -> None:
        with self._lock:
            self._in_flight += 1

    def end(self, method: str, route: str, status: int | None) -> None:
        with self._lock:
            self._in_flight -= 1
            if status is not None:
                self._total[method, route, status] += 1

    def render(self) -> str:
        with self._lock:
            total, in_flight = sorted(self._total.items()), self._in_flight
        text = "# TYPE http_requests_total counter\n"
        for (method, route, status), count in total:
            text += (
                f'http_requests_total{{method="{method}",route="{route}",status="{status}"}} '
                f"{count}\n"
            )
        text += "# TYPE http_requests_in_flight gauge\n"
        return text + f"http_requests_in_flight {in_flight}\n"


metrics = Metrics()


class Watch:
    """Around the whole application: id, log line and count of each request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        this = accept_id(Headers(scope=scope).get("x-request-id"))
        method = scope["method"] if scope["method"] in _KNOWN_METHODS else "other"
        status: int | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = this
            await send(message)

        before = _current_id.set(this)
        metrics.begin()
        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            log.exception("%s %s crashed", method, self._route(scope))
            if status is None:
                answer = PlainTextResponse("Internal Server Error", status_code=500)
                await answer(scope, receive, send_with_id)
        finally:
            metrics.end(method, self._route(scope), status)
            log.info("%s %s: %s", method, self._route(scope), status or "no answer")
            _current_id.reset(before)

    @staticmethod
    def _route(scope: Scope) -> str:
        route = scope.get("route")
        return route.path if route is not None else "(none)"
