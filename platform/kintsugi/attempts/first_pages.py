"""The page where a learner lists flaws before handing in; it works without JavaScript too."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from kintsugi.attempts.dependencies import PageAttempts, PageAttemptsToWrite
from kintsugi.attempts.flaws import MOST_FLAWS, SEVERITIES, read_flaw
from kintsugi.attempts.reviewing import ReviewFirst
from kintsugi.forms import Faults, Fields
from kintsugi.pages import page

SEE_OTHER, INVALID = 303, 422
TEMPLATE = "attempts/first.html"
router = APIRouter(include_in_schema=False)


@router.get("/attempts/{attempt_id}/review-first")
async def listing(request: Request, attempt_id: str, attempts: PageAttempts) -> HTMLResponse:
    return page(request, TEMPLATE, await _context(attempt_id, attempts))


@router.post("/attempts/{attempt_id}/review-first")
async def switch(
    fields: Fields, attempt_id: str, attempts: PageAttemptsToWrite
) -> RedirectResponse:
    on = fields.get("on") == "1"
    attempt = await ReviewFirst(attempts).switch(attempt_id, on=on)
    address = f"/attempts/{attempt_id}/review-first" if on else f"/katas/{attempt.kata}"
    return RedirectResponse(address, SEE_OTHER)


@router.post("/attempts/{attempt_id}/flaws")
async def add(
    request: Request, fields: Fields, attempt_id: str, attempts: PageAttemptsToWrite
) -> Response:
    flaw, faults = read_flaw(fields, await attempts.kata_of(attempt_id))
    if flaw is None:
        context = await _context(attempt_id, attempts, fields, faults)
        return page(request, TEMPLATE, context, block="flaws", status=INVALID)
    await ReviewFirst(attempts).add(attempt_id, flaw)
    return await _shown(request, attempt_id, attempts)


@router.post("/attempts/{attempt_id}/flaws/{flaw_id}/remove")
async def remove(
    request: Request, attempt_id: str, flaw_id: str, attempts: PageAttemptsToWrite
) -> Response:
    await ReviewFirst(attempts).remove(attempt_id, flaw_id)
    return await _shown(request, attempt_id, attempts)


async def _shown(request: Request, attempt_id: str, attempts: PageAttemptsToWrite) -> Response:
    if request.headers.get("HX-Request-Type") == "partial":
        return page(request, TEMPLATE, await _context(attempt_id, attempts), block="flaws")
    return RedirectResponse(f"/attempts/{attempt_id}/review-first#flaws", SEE_OTHER)


async def _context(
    attempt_id: str,
    attempts: PageAttempts,
    fields: dict[str, str] | None = None,
    faults: Faults | None = None,
) -> dict[str, Any]:
    found = await ReviewFirst(attempts).listing(attempt_id)
    kata = attempts.shelf.katas[found.attempt.kata]
    return {
        "kata": kata,
        "attempt": found.attempt,
        "flaws": found.flaws,
        "open": found.open,
        "most": MOST_FLAWS,
        "severities": SEVERITIES,
        "starter": {path: text for path, text in kata.starter.items() if text.strip()},
        "fields": fields or {},
        "faults": faults or {},
    }
