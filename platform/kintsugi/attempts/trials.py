"""Trying a draft: requests go into the queue, and what came back is read here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
from pydantic import ValidationError
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from grader.trial import CALLS, Call, Calls, TrialReport, first_fault, parse_trial
from kintsugi.attempts.admitting import refuse_closed
from kintsugi.attempts.models import Attempt, Trial, TrialState
from kintsugi.attempts.service import Attempts
from kintsugi.attempts.trial_views import TrialDocument, TrialList, TrialView
from kintsugi.database import now
from kintsugi.errors import InvalidError, NotFoundError, TooManyError
from kintsugi.heartbeat import readiness

MOST_WAITING = 3  # trials of one account that are not over
KEPT = 50  # of one attempt
NO_TRIAL = "There is no such trial, or it is someone else's."
WAITING = (TrialState.QUEUED.value, TrialState.RUNNING.value)


class TrialQueue(Protocol):
    """Where trials wait (`kintsugi.queue.Queue`)."""

    async def enqueue_trial(
        self, session: AsyncSession, *, trial_id: str, account_id: str
    ) -> None: ...


@dataclass(frozen=True)
class Trials:
    """Where a visitor tries a draft."""

    attempts: Attempts
    queue: TrialQueue

    async def send(
        self, attempt_id: str, calls: Sequence[Call], files: Mapping[str, str] | None = None
    ) -> Trial:
        """Queue a trial of the draft; files are saved as the draft before.

        Raises:
            NotFoundError: no such attempt, or someone else's.
            ConflictError: the attempt is closed.
            InvalidError: too many requests, or too large; also of the files.
            TooManyError: others of this account are not over.
        """
        attempt = await self.attempts.mine(attempt_id, to_write=True)
        refuse_closed(attempt)
        if files:
            await self.attempts.save(attempt_id, files)
        checked = _checked(calls)
        await self._refuse_flood(attempt.account_id)
        trial = Trial(
            attempt_id=attempt.id,
            account_id=attempt.account_id,
            calls=[call.model_dump(mode="json") for call in checked.calls],
        )
        attempt.touched_at = now()
        session = self.attempts.session
        session.add(trial)
        await session.flush()
        await self._forget(attempt.id)
        await self.queue.enqueue_trial(session, trial_id=trial.id, account_id=attempt.account_id)
        return trial

    async def _refuse_flood(self, account_id: str) -> None:
        waiting = select(func.count()).where(
            Trial.account_id == account_id, col(Trial.state).in_(WAITING)
        )
        if (await self.attempts.session.exec(waiting)).one() >= MOST_WAITING:
            text = f"{MOST_WAITING} of your trials are still under way. Wait for one of them."
            raise TooManyError(text, retry_after_s=2)

    async def _forget(self, attempt_id: str) -> None:
        """Only the last trials of an attempt are kept."""
        kept = (
            select(Trial.id)
            .where(Trial.attempt_id == attempt_id)
            .order_by(col(Trial.created_at).desc(), col(Trial.id))
            .limit(KEPT)
        )
        old = sa.delete(Trial).where(
            col(Trial.attempt_id) == attempt_id, col(Trial.id).not_in(kept)
        )
        await self.attempts.session.exec(old)


async def trial_of(attempts: Attempts, trial_id: str) -> Trial:
    """A trial of the visitor's.

    Raises:
        NotFoundError: there is none, or it is someone else's.
    """
    owned = (
        select(Trial)
        .join(Attempt, col(Attempt.id) == Trial.attempt_id)
        .where(Trial.id == trial_id, Attempt.account_id == attempts.visitor.account_id)
    )
    trial = (await attempts.session.exec(owned)).one_or_none()
    if trial is None:
        raise NotFoundError(NO_TRIAL)
    return trial


async def latest(attempts: Attempts, attempt: Attempt) -> Trial | None:
    """The newest trial of an attempt."""
    newest = (
        select(Trial)
        .where(Trial.attempt_id == attempt.id)
        .order_by(col(Trial.created_at).desc(), col(Trial.id))
        .limit(1)
    )
    return (await attempts.session.exec(newest)).one_or_none()


async def listing(attempts: Attempts, attempt_id: str) -> TrialList:
    """Those that are kept, the newest first; of an attempt of the visitor's."""
    attempt = await attempts.mine(attempt_id)
    found = (
        select(Trial)
        .where(Trial.attempt_id == attempt.id)
        .order_by(col(Trial.created_at).desc(), col(Trial.id))
    )
    rows = (await attempts.session.exec(found)).all()
    return TrialList(items=[document(row) for row in rows])


async def view(attempts: Attempts, trial: Trial | None) -> TrialView | None:
    """A trial on a page."""
    if trial is None:
        return None
    found = document(trial)
    off = None
    if not found.state.final:
        ready = await readiness(attempts.session)
        off = None if ready.ready else ready.detail
    return TrialView(
        id=trial.id,
        state=found.state,
        calls=found.calls,
        report=found.report,
        error_id=trial.error_id,
        nothing_runs=off,
    )


def document(trial: Trial) -> TrialDocument:
    """As its owner may see it: what was noted for reviewers is left out."""
    return TrialDocument(
        id=trial.id,
        state=TrialState(trial.state),
        calls=[Call.model_validate(call) for call in trial.calls],
        report=_for_its_owner(trial.report),
        created_at=trial.created_at,
    )


def history(trial: TrialView | None) -> list[Call]:
    """What is sent again before the next request: what the last trial sent.

    A trial whose service did not start, or that broke, has done nothing: its last request is the
    one that is being mended, and comes anew.
    """
    if trial is None:
        return []
    idle = trial.broken or (trial.report is not None and trial.report.end == "unstarted")
    return trial.calls[:-1] if idle else trial.calls


def _checked(calls: Sequence[Call]) -> Calls:
    try:
        return Calls(calls=tuple(calls))
    except ValidationError as error:
        if len(calls) > CALLS:
            text = f"A trial has {CALLS} requests at most. Leave the earlier ones out."
            raise InvalidError(text) from None
        raise InvalidError(first_fault(list(error.errors()))) from None


def _for_its_owner(text: str | None) -> TrialReport | None:
    return parse_trial(text).model_copy(update={"tampering": ()}) if text else None
