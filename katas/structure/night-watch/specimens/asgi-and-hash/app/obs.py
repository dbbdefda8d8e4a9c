"""What we see of the running service: its log, request ids and metrics."""

import hashlib
import hmac
import json
import logging
import re
import secrets
from collections import Counter
from contextvars import ContextVar
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("pharmacy")
seen: Counter[tuple[str, str, int]] = Counter()
open_requests: set[int] = set()
request_id: ContextVar[str] = ContextVar("request_id", default="-")
SALT = secrets.token_bytes(16)


def alias(patient: str) -> str:
    """The same patient has the same alias until the next start."""
    return hmac.new(SALT, patient.encode(), hashlib.sha256).hexdigest()[:12]


class AddRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class Document(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        head = {"ts": self.formatTime(record), "level": record.levelname}
        return json.dumps({**head, "request_id": record.request_id, "msg": text})


def configure() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(Document())
    handler.addFilter(AddRequestId())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def accepted(given: str) -> str:
    """The caller's id without what has no place in one; a new one where nothing is left."""
    return re.sub(r"[^A-Za-z0-9._-]", "", given)[:64] or secrets.token_hex(8)


class Watch:
    """Pure ASGI: sees every request once, and the answer's head on its way out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        own = accepted(Headers(scope=scope).get("X-Request-ID", ""))
        token = request_id.set(own)
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = own
            await send(message)

        open_requests.add(id(scope))
        try:
            await self.app(scope, receive, with_id)
        except Exception:
            log.exception("crashed")
            await PlainTextResponse("Internal Server Error", 500)(scope, receive, with_id)
        finally:
            open_requests.discard(id(scope))
            route = getattr(scope.get("route"), "path", "none")
            seen[scope["method"], route, status] += 1
            log.info("%s %s %s", scope["method"], route, status)
            request_id.reset(token)


def metrics() -> str:
    """In the text format of Prometheus."""
    lines = [
        f'http_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
        for (method, route, status), count in seen.items()
    ]
    return "\n".join([*lines, f"http_requests_in_flight {len(open_requests)}", ""])
