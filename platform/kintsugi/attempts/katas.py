"""The pages of katas: where to begin, the path, and one kata with the visitor's own draft."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from kintsugi.attempts import overview, workbench
from kintsugi.attempts.dependencies import PageAttempts
from kintsugi.attempts.onward import onward
from kintsugi.attempts.workbench import Filling
from kintsugi.catalogue import service as catalogue
from kintsugi.catalogue.models import Filters, KataState
from kintsugi.database import now
from kintsugi.errors import InvalidError
from kintsugi.pages import page

router = APIRouter(include_in_schema=False)


def _filters(request: Request) -> Filters:
    """A form sends its empty fields too; they filter nothing."""
    given = {name: value for name, value in request.query_params.items() if value}
    try:
        return Filters.model_validate(given)
    except ValidationError:
        raise InvalidError("There is no such filter. /katas shows every kata.") from None


@router.get("/")
async def home(request: Request, attempts: PageAttempts) -> HTMLResponse:
    shelf, standings = attempts.shelf, await overview.standings(attempts)
    record = await attempts.record()
    context = {
        "begun": bool(record.begun),
        "step": onward(record, shelf.offered, now()),
        "tracks": catalogue.tracks(catalogue.entries(shelf, standings, Filters())),
    }
    return page(request, "home.html", context)


@router.get("/katas")
async def katas(
    request: Request, attempts: PageAttempts, filters: Annotated[Filters, Depends(_filters)]
) -> HTMLResponse:
    shelf, standings = attempts.shelf, await overview.standings(attempts)
    everything = catalogue.entries(shelf, standings, Filters())
    shown = catalogue.entries(shelf, standings, filters)
    record = await attempts.record()
    context = {
        "tracks": catalogue.tracks(shown),
        "filters": filters.model_dump(mode="json"),
        "shown": len(shown),
        "total": len(everything),
        "mended": sum(each.state is KataState.MENDED for each in everything),
        "begun": bool(record.begun),
        "step": onward(record, shelf.offered, now()),
    }
    return page(request, "catalogue/index.html", context, block="catalogue")


@router.get("/katas/{slug}")
async def kata(
    request: Request,
    slug: str,
    attempts: PageAttempts,
    fill: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    found = attempts.shelf.kata(slug)
    context = await workbench.context(attempts, found, Filling(choice=fill))
    return page(request, workbench.TEMPLATE, context)
