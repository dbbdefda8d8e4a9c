"""How the lockers say no: as problem documents (RFC 9457)."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

log = logging.getLogger("lockers")

# What the framework itself refuses, in words of ours.
FRAMEWORK = {
    404: ("NOT_FOUND", "There is nothing at this address."),
    405: ("METHOD_NOT_ALLOWED", "This address does not take this method."),
}

# For the documentation: any refusal looks like this.
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A refusal",
        "content": {
            "application/problem+json": {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail", "code"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "code": {"type": "string"},
                        "errors": {"type": "array", "items": {"type": "object"}},
                    },
                }
            }
        },
    }
}


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def refusal(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> HTTPException:
    return HTTPException(status, {"code": code, "message": message}, headers)


def problem(
    status: int, code: str, detail: str, headers: Any = None, **more: Any
) -> ProblemResponse:
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **more,
    }
    return ProblemResponse(content, status, headers)


async def tell_refusal(request: Request, error: StarletteHTTPException) -> ProblemResponse:
    detail: Any = error.detail
    if isinstance(detail, dict):
        return problem(error.status_code, detail["code"], detail["message"], error.headers)
    if error.status_code == 400:  # FastAPI could not even read the body
        return invalid([{"field": "body", "message": "The body cannot be read."}])
    status = HTTPStatus(error.status_code)
    code, message = FRAMEWORK.get(status, (status.name, status.phrase))
    return problem(status, code, message, error.headers)


def invalid(fields: list[dict[str, str]]) -> ProblemResponse:
    return problem(422, "INVALID", "The request is not as documented.", errors=fields)


async def tell_invalid(request: Request, error: RequestValidationError) -> ProblemResponse:
    """Names of fields only: their values may be PINs."""
    fields = [
        {"field": field_name(e["loc"], e["type"]), "message": e["msg"]} for e in error.errors()
    ]
    names = [f["field"] for f in fields]
    log.warning("%s %s: invalid request, see %s", request.method, request.url.path, names)
    return invalid(fields)


def field_name(loc: tuple[Any, ...], kind: str) -> str:
    if kind == "json_invalid" or len(loc) < 2:
        return str(loc[0]) if loc else "body"
    return ".".join(str(part) for part in loc[1:])


async def tell_fault(request: Request, error: Exception) -> ProblemResponse:
    log.error("%s %s: a fault of ours", request.method, request.url.path, exc_info=error)
    return problem(500, "INTERNAL", "Something went wrong on our side.")


def install(app: FastAPI) -> None:
    app.add_exception_handler(StarletteHTTPException, tell_refusal)
    app.add_exception_handler(RequestValidationError, tell_invalid)
    app.add_exception_handler(Exception, tell_fault)
