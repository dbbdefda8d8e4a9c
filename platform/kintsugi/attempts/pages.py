"""Attempts and submissions for people; everything here works without JavaScript too."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from kintsugi.attempts import overview
from kintsugi.attempts.comparing import comparison
from kintsugi.attempts.dependencies import (
    HubDep,
    PageAttempts,
    PageSubmissions,
)
from kintsugi.attempts.forms import files_in, form_fields
from kintsugi.attempts.hints import Hints
from kintsugi.attempts.service import Attempts, events_of
from kintsugi.attempts.streams import after, html_stream, news_of
from kintsugi.attempts.views import SubmissionDetail
from kintsugi.database import Database, get_database
from kintsugi.pages import page

SEE_OTHER = 303
router = APIRouter(include_in_schema=False)


async def _files(request: Request) -> dict[str, str]:
    return files_in(await form_fields(request))


FormFiles = Annotated[dict[str, str], Depends(_files)]


@router.get("/attempts")
async def attempts(request: Request, attempts: PageAttempts) -> HTMLResponse:
    return page(request, "attempts/index.html", {"attempts": await overview.begun(attempts)})


@router.get("/attempts/{attempt_id}")
async def attempt(request: Request, attempt_id: str, attempts: PageAttempts) -> HTMLResponse:
    found = await attempts.mine(attempt_id)
    context = {
        "kata": attempts.shelf.katas[found.kata],
        "attempt": found,
        "submissions": await overview.submissions(attempts, found),
        "hints": await Hints(attempts).of(found),
    }
    return page(request, "attempts/attempt.html", context)


@router.post("/attempts/{attempt_id}/submissions")
async def submit(
    request: Request, attempt_id: str, files: FormFiles, submissions: PageSubmissions
) -> Response:
    accepted = await submissions.submit(attempt_id, files)
    address = f"/submissions/{accepted.id}"
    if request.headers.get("HX-Request-Type") != "partial":
        return RedirectResponse(address, SEE_OTHER)
    detail = await submissions.attempts.submission(accepted.id)
    answer = page(request, "attempts/submission.html", detail.context(), block="submission")
    answer.headers["HX-Push-Url"] = address
    return answer


@router.get("/submissions/{submission_id}")
async def submission(request: Request, submission_id: str, attempts: PageAttempts) -> HTMLResponse:
    detail = await attempts.submission(submission_id)
    if not detail.submission.final:
        detail = after(detail, await events_of(attempts.session, submission_id))
    return page(request, "attempts/submission.html", detail.context())


@router.get("/submissions/{submission_id}/review.md")
async def review_document(submission_id: str, attempts: PageAttempts) -> Response:
    """The review as a file to keep."""
    text, name = await attempts.review_document(submission_id)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/markdown; charset=utf-8", headers=headers)


@router.get("/submissions/{submission_id}/changes")
async def changes(request: Request, submission_id: str, attempts: PageAttempts) -> HTMLResponse:
    found = await comparison(attempts, submission_id)
    return page(request, "attempts/changes.html", found.context())


class Watched:
    """A submission whose stream may be given to this visitor, and how to read it again."""

    def __init__(self, detail: SubmissionDetail, attempts: Attempts, database: Database) -> None:
        self.detail = detail
        self.database = database
        self._attempts = attempts

    async def again(self) -> SubmissionDetail:
        """As it is now, with a session of its own: none is held while the stream lasts."""
        async with self.database.reading() as session:
            attempts = replace(self._attempts, session=session)
            return await attempts.submission(self.detail.submission.id)


async def _watched(
    submission_id: str,
    attempts: PageAttempts,
    database: Annotated[Database, Depends(get_database)],
) -> Watched:
    return Watched(await attempts.submission(submission_id), attempts, database)


@router.get("/submissions/{submission_id}/events/page", response_class=EventSourceResponse)
async def events(
    watched: Annotated[Watched, Depends(_watched, scope="function")], hub: HubDep
) -> AsyncIterator[ServerSentEvent]:
    news = news_of(hub, watched.database, watched.detail.submission.id)
    async for message in html_stream(news, watched.detail, watched.again):
        yield message
