"""How the lockers say no."""

import logging

from fastapi import FastAPI, HTTPException, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

log = logging.getLogger("lockers")


def refusal(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> HTTPException:
    return HTTPException(status, {"code": code, "message": message}, headers)


async def tell_refusal(request: Request, error: HTTPException) -> JSONResponse:
    return JSONResponse({"error": error.detail}, error.status_code)


async def tell_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    log.warning("%s %s: invalid request %s", request.method, request.url.path, error.body)
    fields = jsonable_encoder(error.errors())
    return JSONResponse({"error": {"code": "INVALID", "fields": fields}}, 422)


def install(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, tell_refusal)
    app.add_exception_handler(RequestValidationError, tell_invalid)
