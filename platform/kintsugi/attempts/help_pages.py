"""Hints and the reference for people; both work without JavaScript too."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from kintsugi.attempts.dependencies import PageAttempts, PageAttemptsToWrite
from kintsugi.attempts.hints import Hints
from kintsugi.attempts.reference import Beside, References
from kintsugi.pages import page

SEE_OTHER, FORBIDDEN, INVALID = 303, 403, 422
REFERENCE = "attempts/reference.html"
router = APIRouter(include_in_schema=False)


@router.post("/attempts/{attempt_id}/hints")
async def open_hint(
    request: Request,
    attempt_id: str,
    number: Annotated[int, Form(ge=1)],
    attempts: PageAttemptsToWrite,
) -> Response:
    panel = await Hints(attempts).open(attempt_id, number)
    if request.headers.get("HX-Request-Type") == "partial":
        return page(request, "catalogue/kata.html", {"hints": panel}, block="hints")
    return RedirectResponse(f"/katas/{panel.attempt.kata}#hints", SEE_OTHER)


@router.get("/attempts/{attempt_id}/reference")
async def reference(
    request: Request,
    attempt_id: str,
    attempts: PageAttempts,
    beside: Beside = Beside.SUBMISSION,
) -> HTMLResponse:
    found = await References(attempts).look(attempt_id, beside)
    context = {**found.context(), "fault": ""}
    return page(request, REFERENCE, context, status=200 if found.open else FORBIDDEN)


@router.post("/attempts/{attempt_id}/reference")
async def give_up(
    request: Request,
    attempt_id: str,
    attempts: PageAttemptsToWrite,
    sure: Annotated[str, Form()] = "",
) -> Response:
    references = References(attempts)
    if sure != "1":
        found = await references.look(attempt_id)
        context = {**found.context(), "fault": "Tick it, if you want the reference opened now."}
        return page(request, REFERENCE, context, status=INVALID)
    await references.give_up(attempt_id)
    return RedirectResponse(f"/attempts/{attempt_id}/reference", SEE_OTHER)
