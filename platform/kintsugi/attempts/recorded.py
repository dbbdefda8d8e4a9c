"""Reads what a learner has shown so far: three statements, however much there is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy.orm import defer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from grader.kata import Kata
from grader.report import Verdict
from kintsugi.attempts.models import (
    Attempt,
    Disclosure,
    Grading,
    OpenedHint,
    Submission,
    SubmissionState,
)
from kintsugi.attempts.record import Begun, Graded, Help, Record, findings_met
from kintsugi.database import table_of

LOOKED = (Verdict.APPROVED, Verdict.CHANGES_REQUESTED, Verdict.REGRESSED)  # at every check
_WHOLE = col(Attempt.disclosure) == Disclosure.FULL.value
_STANDING = table_of(Grading).c.standing
WITHOUT_DRAFT = defer(cast(Any, Attempt.files))  # drafts are long, and nobody counts by them

HintRow = tuple[str, int, datetime]


async def record_of(session: AsyncSession, katas: Mapping[str, Kata], account_id: str) -> Record:
    """Of all attempts that their owner may see whole; of katas that are still here."""
    mine = col(Attempt.account_id) == account_id
    found = select(Attempt).where(mine, _WHOLE).options(WITHOUT_DRAFT)
    attempts = (await session.exec(found)).all()
    known = [attempt for attempt in attempts if attempt.kata in katas]
    if not known:
        return Record()
    graded = await _graded(session, account_id)
    help_with = _help(known, await _hints(session, account_id))
    return Record(findings_met(graded, help_with, katas), _begun(known, katas))


async def _graded(session: AsyncSession, account_id: str) -> list[Graded]:
    """In the order in which they were handed in; of each the published grading."""
    found = (
        select(Submission.id, Attempt.kata, Submission.created_at, _STANDING)
        .join(Attempt, col(Attempt.id) == col(Submission.attempt_id))
        .join(Grading, col(Grading.submission_id) == col(Submission.id))
        .where(
            Submission.account_id == account_id,
            _WHOLE,
            col(Submission.state) == SubmissionState.GRADED.value,
            col(Submission.verdict).in_([verdict.value for verdict in LOOKED]),
            col(Grading.report).is_not(None),
        )
        .order_by(col(Submission.created_at), col(Grading.finished_at))
    )
    rows = (await session.exec(found)).all()
    published = {id: Graded(kata, at, standing or {}) for id, kata, at, standing in rows}
    return list(published.values())


async def _hints(session: AsyncSession, account_id: str) -> Sequence[HintRow]:
    found = (
        select(Attempt.kata, OpenedHint.number, OpenedHint.opened_at)
        .join(OpenedHint, col(OpenedHint.attempt_id) == col(Attempt.id))
        .where(Attempt.account_id == account_id)
        .order_by(col(OpenedHint.opened_at))
    )
    return (await session.exec(found)).all()


def _help(attempts: Sequence[Attempt], opened: Sequence[HintRow]) -> dict[str, Help]:
    hints: dict[str, dict[int, datetime]] = {attempt.kata: {} for attempt in attempts}
    for kata, number, at in opened:
        hints.setdefault(kata, {}).setdefault(number, at)
    gave_up: dict[str, datetime] = {}
    for attempt in attempts:
        if at := attempt.gave_up_at:
            gave_up[attempt.kata] = min(gave_up.get(attempt.kata, at), at)
    return {kata: Help(each, gave_up.get(kata)) for kata, each in hints.items()}


def _begun(attempts: Sequence[Attempt], katas: Mapping[str, Kata]) -> tuple[Begun, ...]:
    by_kata: dict[str, list[Attempt]] = {}
    for attempt in sorted(attempts, key=lambda attempt: attempt.touched_at, reverse=True):
        by_kata.setdefault(attempt.kata, []).append(attempt)
    return tuple(
        Begun(
            kata=katas[slug],
            touched_at=each[0].touched_at,
            mended=any(attempt.mended for attempt in each),
            closed=max(attempt.closed for attempt in each),
            gave_up=any(attempt.gave_up_at for attempt in each),
        )
        for slug, each in by_kata.items()
    )
