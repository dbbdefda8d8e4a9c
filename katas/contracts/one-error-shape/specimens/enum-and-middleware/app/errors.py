"""How the lockers say no. Every refusal has one shape: a problem document by RFC 9457."""

import logging
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("lockers")
MEDIA_TYPE = "application/problem+json"


class Code(StrEnum):
    KEY_UNKNOWN = "KEY_UNKNOWN"
    PIN_WRONG = "PIN_WRONG"
    PARCEL_UNKNOWN = "PARCEL_UNKNOWN"
    LOCKER_UNKNOWN = "LOCKER_UNKNOWN"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    LOCKER_FULL = "LOCKER_FULL"
    PARCEL_STATE = "PARCEL_STATE"
    INVALID = "INVALID"
    BOX_LOCKED = "BOX_LOCKED"
    INTERNAL = "INTERNAL"


STATUS = {
    Code.KEY_UNKNOWN: 401,
    Code.PIN_WRONG: 403,
    Code.PARCEL_UNKNOWN: 404,
    Code.LOCKER_UNKNOWN: 404,
    Code.NOT_FOUND: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.LOCKER_FULL: 409,
    Code.PARCEL_STATE: 409,
    Code.INVALID: 422,
    Code.BOX_LOCKED: 429,
    Code.INTERNAL: 500,
}

TITLE = {
    Code.KEY_UNKNOWN: "Unknown key",
    Code.PIN_WRONG: "Wrong PIN",
    Code.PARCEL_UNKNOWN: "Unknown parcel",
    Code.LOCKER_UNKNOWN: "Unknown locker",
    Code.NOT_FOUND: "No such address",
    Code.METHOD_NOT_ALLOWED: "Method not allowed",
    Code.LOCKER_FULL: "Locker full",
    Code.PARCEL_STATE: "Not in this state of the parcel",
    Code.INVALID: "Invalid request",
    Code.BOX_LOCKED: "Box locked",
    Code.INTERNAL: "Internal fault",
}


class FieldProblem(BaseModel):
    loc: list[str | int]
    msg: str


class Problem(BaseModel):
    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] | None = None

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        text = self.model_dump_json(exclude_none=True)
        # a plain Response adds no charset to a type that is not text/*
        return Response(text, self.status, dict(headers or {}), MEDIA_TYPE)


def problem(code: Code, detail: str, errors: list[FieldProblem] | None = None) -> Problem:
    return Problem(
        type=f"urn:parcel-lockers:problem:{code.lower().replace('_', '-')}",
        title=TITLE[code],
        status=STATUS[code],
        detail=detail,
        code=code,
        errors=errors,
    )


class Refusal(Exception):
    """Something that we do not do, and why."""

    def __init__(self, code: Code, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.headers = headers


async def on_refusal(request: Request, error: Refusal) -> Response:
    return problem(error.code, error.detail).response(error.headers)


async def on_invalid(request: Request, error: RequestValidationError) -> Response:
    # neither `input` nor `ctx` nor the body: a PIN may be in each of them
    fields = [FieldProblem(loc=list(e["loc"]), msg=e["msg"]) for e in error.errors()]
    log.warning(
        "%s %s: invalid %s", request.method, request.url.path, [field.loc for field in fields]
    )
    return problem(Code.INVALID, "The request is not as documented.", fields).response()


async def on_http_exception(request: Request, error: HTTPException) -> Response:
    """What FastAPI and Starlette refuse by themselves."""
    if error.status_code == 404:
        answer = problem(Code.NOT_FOUND, "There is nothing at this address.")
    elif error.status_code == 405:
        answer = problem(Code.METHOD_NOT_ALLOWED, "See the Allow header for what is possible.")
    elif error.status_code in (400, 422):
        unreadable = [FieldProblem(loc=["body"], msg="The body cannot be read.")]
        answer = problem(Code.INVALID, "The request is not as documented.", unreadable)
    else:
        status = HTTPStatus(error.status_code)
        answer = Problem(
            type="about:blank",
            title=status.phrase,
            status=status,
            detail=status.description or status.phrase,
            code=status.name,
        )
    return answer.response(error.headers)


class Faults:
    """Whatever nobody has caught: the traceback is for our log, not for the partner."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            if started:
                raise
            log.exception("%s %s failed", scope["method"], scope["path"])
            answer = problem(Code.INTERNAL, "This is our fault. Please try again later.")
            await answer.response()(scope, receive, send)


def documented(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """For the `responses` of a route."""
    answers: dict[int | str, dict[str, Any]] = {}
    for code in (*codes, Code.INVALID, Code.INTERNAL):
        said = answers.get(STATUS[code], {}).get("description")
        answers[STATUS[code]] = {
            "description": f"{said}, {code}" if said else str(code),
            "content": {MEDIA_TYPE: {"schema": SCHEMA}},
        }
    return answers


SCHEMA = Problem.model_json_schema()
SCHEMA["properties"]["errors"] = {
    "type": "array",
    "items": SCHEMA.pop("$defs")["FieldProblem"],
}


def install(app: FastAPI) -> None:
    app.add_exception_handler(Refusal, on_refusal)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, on_invalid)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, on_http_exception)  # type: ignore[arg-type]
    app.add_middleware(Faults)
