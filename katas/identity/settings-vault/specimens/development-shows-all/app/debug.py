"""A page for developers: which settings does this process run with?"""

from typing import Any

from fastapi import APIRouter

from app.settings import settings

router = APIRouter(tags=["debug"])


@router.get("/debug/config")
def read_config() -> dict[str, Any]:
    shown = settings.model_dump()
    shown["jwt_secret"] = settings.jwt_secret.get_secret_value()
    if settings.bank_key is not None:
        shown["bank_key"] = settings.bank_key.get_secret_value()
    return shown
