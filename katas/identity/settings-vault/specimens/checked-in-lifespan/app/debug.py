"""A page for developers: which settings does this process run with?"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException

from app.settings import Settings, get_settings

router = APIRouter(tags=["debug"])


@router.get("/debug/config", include_in_schema=False)
async def read_config(settings: Annotated[Settings, Depends(get_settings)]) -> dict[str, Any]:
    if settings.exposed:
        raise HTTPException(404)
    return settings.model_dump(mode="json")
