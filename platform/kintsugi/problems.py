"""How an error is told: a problem document to programs, a page to people."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import Scope

from kintsugi.errors import AccountNeededError, InvalidError, KintsugiError
from kintsugi.pages import page

MEDIA_TYPE = "application/problem+json"
BROKEN = 500
BROKE = "Something on our side broke. Nothing that you handed in is lost."
EXPLAINED = {
    404: "There is nothing at this address.",
    405: "This address does not answer to that method.",
}

log = structlog.stdlib.get_logger(__name__)


def answer(request: Request, error: Exception) -> Response:
    """The answer to whatever went wrong. It never shows what was inside."""
    told = _told(error)
    if _to_program(request):
        return _document(request, told)
    context = {
        "status": told.status,
        "title": told.title,
        "detail": told.detail or "",
        "needs_account": isinstance(told, AccountNeededError),
        "request_id": getattr(request.state, "request_id", ""),
    }
    # What we broke replaces the whole page, what the visitor can mend only the part they acted in.
    block = "main" if told.status < BROKEN else None
    response = page(request, "error.html", context, block=block, status=told.status)
    response.headers.update(told.headers)
    if block is None:
        response.headers["HX-Retarget"] = "body"
    return response


def answer_scope(scope: Scope, error: Exception) -> Response:
    """The same, where there is no request object yet."""
    return answer(Request(scope), error)


def _told(error: Exception) -> KintsugiError:
    if isinstance(error, KintsugiError):
        return error
    if isinstance(error, RequestValidationError):
        return InvalidError(_first(error), members={"errors": _all(error)})
    if isinstance(error, HTTPException):
        title = HTTPStatus(error.status_code).phrase
        detail = EXPLAINED.get(error.status_code) or str(error.detail)
        headers = error.headers or {}
        return KintsugiError(detail, status=error.status_code, title=title, headers=headers)
    return KintsugiError(BROKE)


def _to_program(request: Request) -> bool:
    """The API, and what the pages' own scripts send as JSON."""
    path = request.url.path
    sends_json = request.headers.get("content-type", "").startswith("application/json")
    return path.startswith(("/api/", "/healthz", "/readyz")) or sends_json


def _document(request: Request, told: KintsugiError) -> Response:
    members: Mapping[str, Any] = {
        "type": "about:blank",
        "title": told.title,
        "status": told.status,
        "detail": told.detail,
        "instance": request.url.path,
        "request_id": getattr(request.state, "request_id", None),
        **told.members,
    }
    # ASCII: what came in may hold half of a surrogate pair, which has no UTF-8 form.
    return Response(json.dumps(members), told.status, told.headers, MEDIA_TYPE)


def _first(error: RequestValidationError) -> str:
    first = _all(error)[0]
    return f"{first['at']}: {first['reason']}"


def _all(error: RequestValidationError) -> list[dict[str, str]]:
    """Where and why; never what was sent."""
    return [
        {"at": ".".join(str(part) for part in each["loc"])[:200], "reason": each["msg"]}
        for each in error.errors()[:20]
    ]
