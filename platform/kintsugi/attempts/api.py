"""Attempts and submissions for programs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from kintsugi.attempts import overview
from kintsugi.attempts.comparing import comparison
from kintsugi.attempts.dependencies import (
    ApiAttempts,
    ApiAttemptsToWrite,
    ApiSubmissions,
    HubDep,
)
from kintsugi.attempts.help_views import GiveUp, HintOpen, HintsDocument, ReferenceDocument
from kintsugi.attempts.hints import Hints
from kintsugi.attempts.reference import Beside, References
from kintsugi.attempts.streams import json_stream, news_of
from kintsugi.attempts.views import (
    AttemptCreate,
    AttemptDocument,
    AttemptList,
    ChangesDocument,
    DraftSave,
    DraftSaved,
    SubmissionAccepted,
    SubmissionCreate,
    SubmissionDetail,
    SubmissionDocument,
)
from kintsugi.database import Database, get_database
from kintsugi.errors import problems

PREFIX = "/api/v1"
router = APIRouter(tags=["attempts"], responses=problems(401, 404, 422))


@router.post("/attempts", status_code=201, operation_id="beginAttempt")
async def begin(
    body: AttemptCreate, attempts: ApiAttemptsToWrite, response: Response
) -> AttemptDocument:
    """Begin to work on a kata; the draft is its starter."""
    attempt = await attempts.begin(body.kata)
    response.headers["Location"] = f"{PREFIX}/attempts/{attempt.id}"
    return attempt


@router.get("/attempts", operation_id="listAttempts")
async def attempts(
    attempts: ApiAttempts,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> AttemptList:
    """Your attempts, newest first."""
    return await overview.listing(attempts, cursor, limit)


@router.get("/attempts/{attempt_id}", operation_id="getAttempt")
async def attempt(attempt_id: str, attempts: ApiAttempts) -> AttemptDocument:
    """An attempt with its draft."""
    return await attempts.attempt(attempt_id)


@router.put("/attempts/{attempt_id}/draft", operation_id="saveDraft", responses=problems(409, 413))
async def save_draft(attempt_id: str, body: DraftSave, attempts: ApiAttemptsToWrite) -> DraftSaved:
    """Save the draft. A 409 carries the newer one (`files`, `revision`) if yours began earlier."""
    return DraftSaved(revision=await attempts.save(attempt_id, body.files, body.revision))


@router.post(
    "/attempts/{attempt_id}/submissions",
    status_code=202,
    operation_id="submit",
    responses=problems(409, 413, 429, 503),
)
async def submit(
    attempt_id: str, body: SubmissionCreate, submissions: ApiSubmissions, response: Response
) -> SubmissionAccepted:
    """Hand in. The answer comes once it is stored; an older one that still waits gives way."""
    accepted = await submissions.submit(attempt_id, body.files)
    response.headers["Location"] = f"{PREFIX}/submissions/{accepted.id}"
    return accepted


@router.get("/submissions/{submission_id}", operation_id="getSubmission")
async def submission(submission_id: str, attempts: ApiAttempts) -> SubmissionDocument:
    """A submission, with its report once it is graded."""
    return await attempts.submission_document(submission_id)


@router.get("/submissions/{submission_id}/changes", operation_id="compareSubmission")
async def changes(submission_id: str, attempts: ApiAttempts) -> ChangesDocument:
    """A submission against the latest graded one before it; 404 where there is none to see."""
    return (await comparison(attempts, submission_id)).document()


@router.get("/attempts/{attempt_id}/hints", operation_id="listHints")
async def hints(attempt_id: str, attempts: ApiAttempts) -> HintsDocument:
    """The hints that you have opened; 404 where an attempt has none to open."""
    return (await Hints(attempts).panel(attempt_id)).document()


@router.post("/attempts/{attempt_id}/hints", operation_id="openHint", responses=problems(409))
async def open_hint(attempt_id: str, body: HintOpen, attempts: ApiAttemptsToWrite) -> HintsDocument:
    """Open the next hint; it is counted. One that is open already stays as it is."""
    return (await Hints(attempts).open(attempt_id, body.number)).document()


@router.get(
    "/attempts/{attempt_id}/reference", operation_id="getReference", responses=problems(403)
)
async def reference(
    attempt_id: str, attempts: ApiAttempts, beside: Beside = Beside.SUBMISSION
) -> ReferenceDocument:
    """The author's repair against yours; 403 until a submission is approved, or you give up."""
    return (await References(attempts).look(attempt_id, beside)).document()


@router.post("/attempts/{attempt_id}/reference", operation_id="giveUp", responses=problems(409))
async def give_up(attempt_id: str, body: GiveUp, attempts: ApiAttemptsToWrite) -> ReferenceDocument:
    """Open the reference now; noted once, and what you mend afterwards says so."""
    return (await References(attempts).give_up(attempt_id)).document()


@dataclass(frozen=True)
class Watched:
    """A submission whose stream may be given to this caller."""

    detail: SubmissionDetail
    hub: HubDep
    database: Database


async def _watched(
    submission_id: str,
    attempts: ApiAttempts,
    hub: HubDep,
    database: Annotated[Database, Depends(get_database)],
) -> Watched:
    return Watched(await attempts.submission(submission_id), hub, database)


@router.get(
    "/submissions/{submission_id}/events",
    operation_id="watchSubmission",
    response_class=EventSourceResponse,
)
async def events(
    watched: Annotated[Watched, Depends(_watched, scope="function")],
    last_event_id: Annotated[int, Header()] = 0,
) -> AsyncIterator[ServerSentEvent]:
    """What happens to a submission, as it happens; ends with `graded`, `superseded` or `broken`."""
    news = news_of(watched.hub, watched.database, watched.detail.submission.id)
    async for event in json_stream(news, watched.detail, last_event_id):
        yield event
