"""The katas on offer, for programs. They are the same for everyone."""

from typing import Annotated

from fastapi import APIRouter, Query

from grader.report import Skill
from kintsugi.catalogue import service
from kintsugi.catalogue.dependencies import ShelfDep
from kintsugi.catalogue.models import LONGEST_SEARCH, Filters, KataDetail, KataPage
from kintsugi.errors import problems

router = APIRouter(tags=["katas"], responses=problems(422))


@router.get("/katas", operation_id="listKatas")
async def katas(
    shelf: ShelfDep,
    track: Annotated[str | None, Query(max_length=100)] = None,
    skill: Skill | None = None,
    difficulty: Annotated[int | None, Query(ge=1, le=5)] = None,
    minutes: Annotated[int | None, Query(ge=1, le=1000, description="At most so many.")] = None,
    q: Annotated[
        str | None,
        Query(max_length=LONGEST_SEARCH, description="Words in title, name or brief, all of them."),
    ] = None,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> KataPage:
    """Katas in their order, those that match every filter. `GET /progress` says how far you are."""
    filters = Filters(track=track, skill=skill, difficulty=difficulty, minutes=minutes, q=q)
    return service.listing(shelf, filters, cursor, limit)


@router.get("/katas/{slug}", operation_id="getKata", responses=problems(404))
async def kata(slug: str, shelf: ShelfDep) -> KataDetail:
    """A kata: brief, starter, what may be changed, limits of a run."""
    return service.detail(shelf, shelf.kata(slug))
