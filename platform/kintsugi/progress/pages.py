"""Progress for people."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from kintsugi.attempts import overview
from kintsugi.attempts.dependencies import PageAttempts
from kintsugi.pages import page
from kintsugi.progress.levels import LEVELS, reach
from kintsugi.progress.service import progress_of

SHOWN = 12  # attempts; the others are a page away
router = APIRouter(include_in_schema=False)


@router.get("/progress")
async def progress(request: Request, attempts: PageAttempts) -> HTMLResponse:
    found = await progress_of(attempts)
    history = await overview.begun(attempts)
    context = {
        "progress": found,
        "step": found.step,
        "begun": bool(found.record.begun),
        "history": history[:SHOWN],
        "more": len(history) > SHOWN,
        "levels": LEVELS,
        "reach": reach,
    }
    return page(request, "progress/index.html", context)
