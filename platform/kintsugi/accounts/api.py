"""Identities for the API."""

from fastapi import APIRouter

from kintsugi.accounts import service
from kintsugi.accounts.models import GuestToken
from kintsugi.database import Writing

router = APIRouter(tags=["accounts"])


@router.post("/guests", status_code=201, operation_id="createGuest")
async def create_guest(session: Writing) -> GuestToken:
    """Make a guest identity. A browser has a cookie instead and does not need one."""
    return GuestToken(token=await service.new_guest(session))
