"""What we see of the running service: its log, request ids and metrics."""

import json
import logging
import re
import time
import uuid
from collections import Counter
from contextvars import ContextVar
from datetime import UTC, datetime

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from starlette.middleware.base import RequestResponseEndpoint

ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
log = logging.getLogger("pharmacy")
requests: Counter[tuple[str, str, int]] = Counter()
in_flight = 0
current_id = "-"
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class JsonLines(logging.Formatter):
    """One JSON document a line, for the collector."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "request_id": request_id.get(),
            "msg": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def configure() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def route_of(request: Request) -> str:
    """The template of the address, such as /orders/{id}: there are few of them, and no secrets."""
    return getattr(request.scope.get("route"), "path", "unmatched")


async def watch(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Log and count every request, also one that fails."""
    global in_flight, current_id
    given = request.headers.get("X-Request-ID", "")
    own_id = given if ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex
    current_id = own_id
    request_id.set(own_id)
    began = time.monotonic()
    in_flight += 1
    try:
        response = await call_next(request)
    except Exception:
        log.exception("%s %s failed", request.method, route_of(request))
        response = PlainTextResponse("Internal Server Error", 500)
    finally:
        in_flight -= 1
    route, status = route_of(request), response.status_code
    requests[request.method, route, status] += 1
    took_ms = (time.monotonic() - began) * 1e3
    log.info("%s %s answered %s in %.0f ms", request.method, route, status, took_ms)
    response.headers["X-Request-ID"] = current_id
    return response


def metrics() -> str:
    """In the text format of Prometheus."""
    lines = ["# TYPE http_requests_total counter"]
    for (method, route, status), count in requests.items():
        labels = f'method="{method}",route="{route}",status="{status}"'
        lines.append(f"http_requests_total{{{labels}}} {count}")
    lines += ["# TYPE http_requests_in_flight gauge", f"http_requests_in_flight {in_flight}"]
    return "\n".join(lines) + "\n"
