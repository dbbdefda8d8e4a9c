"""A page for developers: which settings does this process run with?"""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from app.settings import settings

router = APIRouter(tags=["debug"])


@router.get("/debug/config")
def read_config() -> dict[str, Any]:
    return asdict(settings)
