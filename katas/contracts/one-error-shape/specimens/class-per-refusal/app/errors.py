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

    status = 409
    code = "REFUSED"
    detail = "A rule of the lockers forbids this."

    @property
    def headers(self) -> dict[str, str]:
        return {}


class KeyUnknown(Refusal):
    status, code, detail = 401, "KEY_UNKNOWN", "Please send a valid key."

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class ParcelUnknown(Refusal):
    status, code, detail = 404, "PARCEL_UNKNOWN", "There is no such parcel."


class LockerUnknown(Refusal):
    status, code, detail = 404, "LOCKER_UNKNOWN", "There is no such locker."


class LockerFull(Refusal):
    code, detail = "LOCKER_FULL", "No box of this locker is free."


class ParcelState(Refusal):
    code, detail = "PARCEL_STATE", "The parcel is not in the state for this."


class PinWrong(Refusal):
    status, code, detail = 403, "PIN_WRONG", "This is not the PIN of the parcel."


class BoxLocked(Refusal):
    status, code, detail = 429, "BOX_LOCKED", "The box is locked for a while."

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.seconds)}


def problem(
    status: int,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
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
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def tell_refusal(request: Request, error: Refusal) -> JSONResponse:
    return problem(error.status, error.code, error.detail, error.headers)


async def tell_http_error(request: Request, error: HTTPException) -> JSONResponse:
    code = ROUTER_CODES.get(error.status_code, "HTTP_ERROR")
    return problem(error.status_code, code, str(error.detail), error.headers)


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
