"""A page for developers: which settings does this process run with?"""

from typing import Any

from fastapi import APIRouter, HTTPException

from app.settings import settings

router = APIRouter(tags=["debug"], include_in_schema=settings.environment == "development")

SHOWN = {"environment", "debug", "currency", "token_minutes"}


@router.get("/debug/config")
def read_config() -> dict[str, Any]:
    if settings.environment != "development":
        raise HTTPException(404)
    return settings.model_dump(include=SHOWN)
