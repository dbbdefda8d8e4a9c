"""What we see of the running service: its log, request ids and metrics."""

import json
import logging
import re
import uuid
from collections import Counter
from contextvars import ContextVar

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from starlette.middleware.base import RequestResponseEndpoint

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
log = logging.getLogger("pharmacy")
requests: Counter[tuple[str, str, int]] = Counter()
in_flight = 0
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class JsonFormatter(logging.Formatter):
    """One JSON document a line, whatever the message holds."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "ts": self.formatTime(record),
            "level": record.levelname,
            "request_id": request_id.get(),
            "msg": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def configure() -> None:
    """One JSON document a line, for the collector."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(True)


def route_of(request: Request) -> str:
    """The template of the route: never what a caller has put into the address."""
    return getattr(request.scope.get("route"), "path", "unmatched")


async def watch(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Log and count every request. Nothing of its address, headers or body is written down."""
    global in_flight
    given = request.headers.get("X-Request-ID", "")
    this = given if GOOD_ID.fullmatch(given) else uuid.uuid4().hex
    request_id.set(this)
    method = request.method if request.method in METHODS else "OTHER"
    in_flight += 1
    try:
        response = await call_next(request)
    except Exception:
        # Not raised any further: the server would write a second ERROR, without the id.
        log.exception("%s %s failed", method, route_of(request))
        response = PlainTextResponse("Internal Server Error", 500)
    finally:
        in_flight -= 1
    requests[method, route_of(request), response.status_code] += 1
    log.info("%s %s answered %s", method, route_of(request), response.status_code)
    response.headers["X-Request-ID"] = this
    return response


def metrics() -> str:
    """In the text format of Prometheus."""
    lines = ["# TYPE http_requests_total counter"]
    for (method, route, status), count in requests.copy().items():
        labels = f'method="{method}",route="{route}",status="{status}"'
        lines.append(f"http_requests_total{{{labels}}} {count}")
    lines += ["# TYPE http_requests_in_flight gauge", f"http_requests_in_flight {in_flight}"]
    return "\n".join(lines) + "\n"
