"""Trials for programs: requests to the own draft."""

from fastapi import APIRouter, Response

from kintsugi.attempts import trials
from kintsugi.attempts.dependencies import ApiAttempts, ApiTrials
from kintsugi.attempts.trial_views import TrialAccepted, TrialCreate, TrialDocument, TrialList
from kintsugi.errors import problems

PREFIX = "/api/v1"
router = APIRouter(tags=["trials"], responses=problems(401, 404, 422))


@router.post(
    "/attempts/{attempt_id}/trials",
    status_code=202,
    operation_id="tryOut",
    responses=problems(409, 413, 429, 503),
)
async def try_out(
    attempt_id: str, body: TrialCreate, trying: ApiTrials, response: Response
) -> TrialAccepted:
    """Send requests to the draft as it was last saved. Nothing of it is a verdict."""
    trial = await trying.send(attempt_id, body.calls)
    response.headers["Location"] = f"{PREFIX}/trials/{trial.id}"
    return TrialAccepted.model_validate(trial, from_attributes=True)


@router.get("/attempts/{attempt_id}/trials", operation_id="listTrials")
async def listing(attempt_id: str, attempts: ApiAttempts) -> TrialList:
    """The last trials of an attempt, the newest first."""
    return await trials.listing(attempts, attempt_id)


@router.get("/trials/{trial_id}", operation_id="getTrial")
async def trial(trial_id: str, attempts: ApiAttempts) -> TrialDocument:
    """A trial, with what came back once it is over."""
    return trials.document(await trials.trial_of(attempts, trial_id))
