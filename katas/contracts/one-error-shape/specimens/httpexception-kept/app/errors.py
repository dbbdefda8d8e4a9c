"""How the lockers say no."""

import copy
import logging
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException

log = logging.getLogger("lockers")

PAGES = "https://lockers.example/problems/"
TITLES = {404: "Not found", 405: "Method not allowed"}
CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 500: "INTERNAL"}


class Problem(BaseModel):
    """RFC 9457, with our code."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, Any]] | None = None


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def refusal(
    status: int, code: str, message: str, headers: dict[str, str] | None = None
) -> HTTPException:
    return HTTPException(status, {"code": code, "message": message}, headers)


def answer(problem: Problem, headers: Any = None) -> ProblemResponse:
    return ProblemResponse(problem.model_dump(exclude_none=True), problem.status, headers)


async def tell_refusal(request: Request, error: StarletteHTTPException) -> JSONResponse:
    detail: Any = error.detail
    if isinstance(detail, dict):
        code, message = detail["code"], detail["message"]
    else:
        code, message = CODES.get(error.status_code, "REFUSED"), str(detail)
    problem = Problem(
        type=PAGES + code.lower(),
        title=TITLES.get(error.status_code, code.replace("_", " ").capitalize()),
        status=error.status_code,
        detail=message,
        code=code,
    )
    return answer(problem, error.headers)


async def tell_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    entries = copy.deepcopy(list(error.errors()))
    for entry in entries:
        entry.pop("input", None)
        entry.pop("ctx", None)
    log.warning("%s %s: %d invalid fields", request.method, request.url.path, len(entries))
    problem = Problem(
        type=PAGES + "invalid",
        title="Invalid request",
        status=422,
        detail=f"{len(entries)} fields are not as documented.",
        code="INVALID",
        errors=jsonable_encoder(entries),
    )
    return answer(problem)


async def tell_fault(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return await tell_refusal(request, refusal(500, "INTERNAL", "We could not do that."))


def install(app: FastAPI) -> None:
    app.add_exception_handler(StarletteHTTPException, tell_refusal)
    app.add_exception_handler(RequestValidationError, tell_invalid)
    app.add_exception_handler(Exception, tell_fault)
