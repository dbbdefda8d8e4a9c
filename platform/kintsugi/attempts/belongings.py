"""What this room keeps for an account: moved when a guest signs in, exported for its owner."""

import json
from collections.abc import AsyncIterator
from typing import Any

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.attempts.flaws import as_flaw, listed
from kintsugi.attempts.models import Attempt, Disclosure, Submission
from kintsugi.attempts.published import report_of
from kintsugi.attempts.views import disclosed

FACTS = {"id", "kata", "review_first", "revision", "created_at", "touched_at", "closes_at"}
RESULT = {"closed", "total", "mended"}


class KeptAttempts:
    """Attempts with drafts, listed flaws, submissions and reports."""

    async def move(self, session: AsyncSession, owner: str, heir: str) -> None:
        """Every attempt of one is the other's.

        Of two attempts at the same kata both stay, each with its submissions: the kata's page
        goes on with the one that was worked on last, the list of attempts shows both.
        """
        for table in (Attempt, Submission):
            owned = update(table).where(col(table.account_id) == owner)
            await session.exec(owned.values(account_id=heir))

    async def export(self, session: AsyncSession, owner: str) -> AsyncIterator[tuple[str, bytes]]:
        """One folder an attempt. Of reports what their owner may see now."""
        ids = (
            select(Attempt.id).where(Attempt.account_id == owner).order_by(col(Attempt.created_at))
        )
        for attempt_id in (await session.exec(ids)).all():
            attempt = await session.get_one(Attempt, attempt_id)
            folder = f"attempts/{attempt.kata}-{attempt.id}"
            yield f"{folder}/attempt.json", await _facts(session, attempt)
            for path, text in attempt.files.items():
                yield f"{folder}/draft/{path}", _bytes(text)
            async for path, content in _submissions(session, attempt):
                yield f"{folder}/submissions/{path}", content
            session.expunge_all()  # one attempt's texts in memory are enough


async def _facts(session: AsyncSession, attempt: Attempt) -> bytes:
    hidden = attempt.disclosure == Disclosure.NONE
    facts = attempt.model_dump(mode="json", include=FACTS if hidden else FACTS | RESULT)
    flaws = [as_flaw(row).model_dump(mode="json") for row in await listed(session, attempt.id)]
    return _json({**facts, "listed_flaws": flaws})


async def _submissions(session: AsyncSession, attempt: Attempt) -> AsyncIterator[tuple[str, bytes]]:
    found = (
        select(Submission)
        .where(Submission.attempt_id == attempt.id)
        .order_by(col(Submission.number))
    )
    for row in (await session.exec(found)).all():
        include = {"id", "number", "state", "created_at", "finished_at", "error_id"}
        shown = include if attempt.disclosure == Disclosure.NONE else include | {"verdict"}
        yield f"{row.number}/submission.json", _json(row.model_dump(mode="json", include=shown))
        for path, text in row.files.items():
            yield f"{row.number}/files/{path}", _bytes(text)
        report = disclosed(await report_of(session, row), attempt.disclosure)
        if report is not None:
            yield f"{row.number}/report.json", report.model_dump_json(indent=2).encode()


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=2).encode()


def _bytes(text: str) -> bytes:
    """What came in may hold half of a surrogate pair, which has no UTF-8 form."""
    return text.encode(errors="replace")
