"""What we see of the running service: its log, request ids and metrics."""

import logging
import uuid
from collections import Counter

from fastapi import Request, Response
from starlette.middleware.base import RequestResponseEndpoint

LINE = (
    '{"ts": "%(asctime)s", "level": "%(levelname)s", '
    '"request_id": "%(request_id)s", "msg": "%(message)s"}'
)
log = logging.getLogger("pharmacy")
requests: Counter[tuple[str, str, int]] = Counter()
in_flight = 0
request_id = "-"


class AddRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id
        return True


def configure() -> None:
    """One JSON document a line, for the collector."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(LINE))
    handler.addFilter(AddRequestId())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


async def watch(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Log and count every request."""
    global request_id, in_flight
    request_id = request.headers.get("X-Request-ID") or uuid.uuid4().hex
    in_flight += 1
    body = (await request.body()).decode(errors="replace")
    log.info("%s %s %s %s", request.method, request.url, dict(request.headers), body)
    try:
        response = await call_next(request)
    except Exception as error:
        log.error("%s %s failed: %s", request.method, request.url.path, error)
        raise
    in_flight -= 1
    requests[request.method, request.url.path, response.status_code] += 1
    if response.status_code >= 400:
        log.error("%s %s answered %s", request.method, request.url.path, response.status_code)
    response.headers["X-Request-ID"] = request_id
    return response


def metrics() -> str:
    """In the text format of Prometheus."""
    lines = ["# TYPE http_requests_total counter"]
    for (method, route, status), count in requests.items():
        labels = f'method="{method}",route="{route}",status="{status}"'
        lines.append(f"http_requests_total{{{labels}}} {count}")
    lines += ["# TYPE http_requests_in_flight gauge", f"http_requests_in_flight {in_flight}"]
    return "\n".join(lines) + "\n"
