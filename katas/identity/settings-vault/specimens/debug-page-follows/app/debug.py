"""A page for developers: which settings does this process run with? `main` adds it on laptops."""

from fastapi import APIRouter
from pydantic import BaseModel

from app.settings import settings

router = APIRouter(tags=["debug"])


class Config(BaseModel):
    environment: str
    debug: bool
    currency: str
    token_minutes: int


@router.get("/debug/config")
def read_config() -> Config:
    return Config.model_validate(settings.public())
