"""Progress for programs."""

from fastapi import APIRouter

from kintsugi.attempts.dependencies import ApiAttempts
from kintsugi.errors import problems
from kintsugi.progress.models import ProgressDocument
from kintsugi.progress.service import progress_of

router = APIRouter(tags=["progress"], responses=problems(401))


@router.get("/progress", operation_id="getProgress")
async def progress(attempts: ApiAttempts) -> ProgressDocument:
    """Your levels with their evidence, what comes back and when, and what is next."""
    return (await progress_of(attempts)).document()
