"""A page for developers: which settings does this process run with?"""

from fastapi import APIRouter

from app.settings import settings

router = APIRouter(tags=["debug"])
SHOWN = ("environment", "debug", "currency", "token_minutes")


@router.get("/debug/config")
def read_config() -> dict[str, str | int | bool]:
    return {name: getattr(settings, name) for name in SHOWN}
