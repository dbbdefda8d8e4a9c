"""The two event streams of a submission: JSON for the API, HTML for its page.

Each ends with the submission, when the server stops, or after ten minutes: clients come back by
themselves, and then see what they have missed. Both obey the attempt's disclosure.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from fastapi.sse import ServerSentEvent

from kintsugi.attempts.events import FINAL, EventHub
from kintsugi.attempts.models import Disclosure, Event
from kintsugi.attempts.service import events_of
from kintsugi.attempts.views import SubmissionDetail
from kintsugi.database import Database
from kintsugi.pages import fragment

LIFETIME_S = 600.0
TEMPLATE = "attempts/submission.html"


@dataclass(frozen=True)
class News:
    """What has come since the last time; without events only the place in the queue has moved."""

    events: list[Event]
    position: int | None


async def news_of(hub: EventHub, database: Database, submission_id: str) -> AsyncIterator[News]:
    """Everything about a submission from its first event to its last."""
    deadline = asyncio.get_running_loop().time() + LIFETIME_S
    async with hub.watching(submission_id) as subscription:
        async with database.reading() as session:
            events = await events_of(session, submission_id)
        seen = 0
        while True:
            fresh = [event for event in events if (event.id or 0) > seen]
            seen = max([seen, *(event.id or 0 for event in fresh)])
            yield News(fresh, subscription.position)
            left = deadline - asyncio.get_running_loop().time()
            if hub.closed or left <= 0 or any(event.kind in FINAL for event in fresh):
                return
            events = await subscription.news(left)


async def json_stream(
    news: AsyncIterator[News], detail: SubmissionDetail, last_event_id: int
) -> AsyncGenerator[ServerSentEvent]:
    """Named events: queued, started, check, graded, superseded, broken."""
    place = detail.submission.position
    async for some in news:
        if not some.events and some.position not in (None, place):
            place = some.position
            yield ServerSentEvent(event="queued", data={"position": place})
        for event in some.events:
            if (event.id or 0) > last_event_id and not _hidden(event, detail):
                data = {"position": place} if event.kind == "queued" else _data(event, detail)
                yield ServerSentEvent(event=event.kind, id=str(event.id), data=data)


async def html_stream(
    news: AsyncIterator[News],
    detail: SubmissionDetail,
    again: Callable[[], Awaitable[SubmissionDetail]],
) -> AsyncGenerator[ServerSentEvent]:
    """Unnamed snapshots of the progress, the review as the last of them, then `done`."""
    async for some in news:
        detail = after(detail, some.events, some.position)
        if any(event.kind in FINAL for event in some.events):
            if some.events[0].kind not in FINAL:  # the last checks often come with the verdict
                yield ServerSentEvent(raw_data=fragment(TEMPLATE, "progress", detail.context()))
            final = fragment(TEMPLATE, "final", (await again()).context())
            yield ServerSentEvent(raw_data=final)
            yield ServerSentEvent(event="done", raw_data="done")
            return
        yield ServerSentEvent(raw_data=fragment(TEMPLATE, "progress", detail.context()))


def after(
    detail: SubmissionDetail, events: list[Event], place: int | None = None
) -> SubmissionDetail:
    """The page's values after some more steps of a submission that is not graded yet."""
    state, checks = detail.submission.state, list(detail.checks)
    for event in events:
        if event.kind == "started":  # also when the platform begins anew: what was seen is void
            state, checks = "grading", []
        elif event.kind == "check" and not _hidden(event, detail):
            checks.append(event.data)
    position = (place or detail.submission.position) if state == "queued" else None
    submission = replace(detail.submission, state=state, position=position)
    return replace(detail, submission=submission, checks=checks)


def _hidden(event: Event, detail: SubmissionDetail) -> bool:
    """Checks are part of the report's body: shown only where all of it is."""
    return event.kind == "check" and detail.attempt.disclosure != Disclosure.FULL


def _data(event: Event, detail: SubmissionDetail) -> dict[str, Any]:
    if event.kind == "graded" and detail.attempt.disclosure == Disclosure.NONE:
        return {}
    return event.data
