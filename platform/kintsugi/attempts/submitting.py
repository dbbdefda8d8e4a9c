"""Handing in: accepted means stored and queued, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.attempts.admitting import check, refuse_closed
from kintsugi.attempts.models import Attempt, Grading, Submission, SubmissionState
from kintsugi.attempts.recording import add_event
from kintsugi.attempts.service import Attempts, position
from kintsugi.attempts.views import SubmissionAccepted
from kintsugi.database import now
from kintsugi.errors import TooManyError

MINUTE = timedelta(minutes=1)


class JobQueue(Protocol):
    """Where gradings wait (`kintsugi.queue.Queue`)."""

    async def enqueue(
        self, session: AsyncSession, *, submission_id: str, grading_id: str, account_id: str
    ) -> None: ...


@dataclass(frozen=True)
class Submissions:
    """Where a visitor hands in."""

    attempts: Attempts
    queue: JobQueue
    per_minute: int

    async def submit(self, attempt_id: str, files: Mapping[str, str]) -> SubmissionAccepted:
        """Store and queue a submission; one of the same attempt that still waits gives way.

        What was handed in is the draft from now on.

        Raises:
            NotFoundError: no such attempt, or someone else's.
            ConflictError: the attempt is closed.
            InvalidError, TooLargeError: the files are not right; says what to change.
            TooManyError: too many in this minute.
        """
        check(files)
        attempt = await self.attempts.mine(attempt_id, to_write=True)
        refuse_closed(attempt)
        await self._refuse_flood(attempt.account_id)
        await self._supersede(attempt)
        submission = await self._store(attempt, files)
        return SubmissionAccepted(
            id=submission.id,
            state=SubmissionState.QUEUED,
            position=await position(self.attempts.session, submission),
        )

    async def _refuse_flood(self, account_id: str) -> None:
        lately = select(func.count()).where(
            Submission.account_id == account_id, col(Submission.created_at) > now() - MINUTE
        )
        if (await self.attempts.session.exec(lately)).one() >= self.per_minute:
            text = f"At most {self.per_minute} submissions a minute are accepted. Wait a little."
            raise TooManyError(text, retry_after_s=60)

    async def _supersede(self, attempt: Attempt) -> None:
        session = self.attempts.session
        waiting = (
            sa.update(Submission)
            .where(
                col(Submission.attempt_id) == attempt.id,
                col(Submission.state) == SubmissionState.QUEUED.value,
            )
            .values(state=SubmissionState.SUPERSEDED.value, finished_at=now())
            .returning(col(Submission.id))
        )
        connection = await session.connection()
        for submission_id in (await session.exec(waiting)).scalars().all():
            await connection.run_sync(add_event, submission_id, "superseded")

    async def _store(self, attempt: Attempt, files: Mapping[str, str]) -> Submission:
        session = self.attempts.session
        last = select(func.max(Submission.number)).where(Submission.attempt_id == attempt.id)
        submission = Submission(
            attempt_id=attempt.id,
            account_id=attempt.account_id,
            number=((await session.exec(last)).one() or 0) + 1,
            files=dict(files),
        )
        attempt.files = {path: files.get(path, text) for path, text in attempt.files.items()}
        attempt.touched_at = now()
        session.add(submission)
        await session.flush()
        grading = Grading(submission_id=submission.id)
        session.add(grading)
        await session.flush()
        await (await session.connection()).run_sync(add_event, submission.id, "queued")
        await self.queue.enqueue(
            session,
            submission_id=submission.id,
            grading_id=grading.id,
            account_id=attempt.account_id,
        )
        return submission
