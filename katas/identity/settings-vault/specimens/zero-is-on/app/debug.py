"""A page for developers: which settings does this process run with?"""

from fastapi import APIRouter
from pydantic import BaseModel

from app.settings import settings

router = APIRouter(tags=["debug"])


class Config(BaseModel):
    """What may be shown: a list of names, so that a new secret is not shown by default."""

    environment: str
    debug: bool
    currency: str
    token_minutes: int


@router.get("/debug/config")
def read_config() -> Config:
    return Config.model_validate(settings, from_attributes=True)
