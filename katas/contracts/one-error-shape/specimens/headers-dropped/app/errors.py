"""How the lockers say no: problem documents by RFC 9457, with a code of our own."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

log = logging.getLogger("lockers")

ROUTER_CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}


class Refusal(Exception):
    """A rule of the lockers forbids the request."""

    def __init__(
        self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers


def problem(
    status: int,
    code: str,
    detail: str,
    **more: object,
) -> JSONResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **more,
    }
    return JSONResponse(body, status, media_type="application/problem+json")


async def tell_refusal(request: Request, error: Refusal) -> JSONResponse:
    return problem(error.status, error.code, error.detail)


async def tell_http_error(request: Request, error: HTTPException) -> JSONResponse:
    code = ROUTER_CODES.get(error.status_code, "HTTP_ERROR")
    return problem(error.status_code, code, str(error.detail))


async def tell_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    """Which fields are wrong and why, without what was sent in them."""
    wrong = [
        {"field": ".".join(str(part) for part in e["loc"]), "message": e["msg"]}
        for e in error.errors()
    ]
    log.info("%s %s: invalid %s", request.method, request.url.path, [w["field"] for w in wrong])
    return problem(422, "INVALID", "The request is not as documented.", errors=wrong)


async def tell_fault(request: Request, error: Exception) -> JSONResponse:
    """Starlette raises the error again after this answer, and uvicorn logs its traceback."""
    return problem(500, "INTERNAL", "Something went wrong on our side.")


def install(app: FastAPI) -> None:
    app.add_exception_handler(Refusal, tell_refusal)
    app.add_exception_handler(HTTPException, tell_http_error)
    app.add_exception_handler(RequestValidationError, tell_invalid)
    app.add_exception_handler(Exception, tell_fault)
