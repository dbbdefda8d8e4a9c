"""What a visitor has done so far, in lists: attempts, submissions, how far with each kata."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from grader.kata import Kata
from kintsugi.attempts.models import (
    Attempt,
    Disclosure,
    OpenedHint,
    Submission,
    SubmissionState,
)
from kintsugi.attempts.recorded import WITHOUT_DRAFT
from kintsugi.attempts.service import Attempts
from kintsugi.attempts.views import (
    AttemptList,
    AttemptView,
    LastSubmission,
    SubmissionView,
    Work,
    attempt_document,
    standing,
    submission_view,
)
from kintsugi.catalogue.service import Standing
from kintsugi.database import table_of
from kintsugi.errors import InvalidError

_attempt, _submission, _hint = table_of(Attempt), table_of(Submission), table_of(OpenedHint)
GRADED = SubmissionState.GRADED.value


async def work(attempts: Attempts, kata: Kata) -> Work:
    """The attempt at a kata that was worked on last; one not stored yet if there is none."""
    newest = (
        select(Attempt)
        .where(Attempt.account_id == attempts.visitor.account_id, Attempt.kata == kata.slug)
        .order_by(col(Attempt.touched_at).desc())
        .limit(1)
    )
    attempt = (await attempts.session.exec(newest)).one_or_none()
    if attempt is None:
        return Work(attempts.untouched(kata), [], None)
    views = await submissions(attempts, attempt)
    return Work(attempt, views, views[0] if views else None)


async def submissions(attempts: Attempts, attempt: Attempt) -> list[SubmissionView]:
    """An attempt's, newest first."""
    found = (
        select(Submission)
        .where(Submission.attempt_id == attempt.id)
        .order_by(col(Submission.number).desc())
    )
    kata = attempts.shelf.katas[attempt.kata]
    rows = await attempts.session.exec(found)
    return [submission_view(row, kata, attempt.disclosure) for row in rows]


async def begun(attempts: Attempts) -> list[AttemptView]:
    """Every attempt, the one worked on last first: one statement, and no files."""
    handed_in = (
        sa.select(
            _submission.c.attempt_id,
            sa.func.count().label("submissions"),
            sa.func.max(_submission.c.number).label("newest"),
            sa.func.count().filter(_submission.c.state == GRADED).label("graded"),
        )
        .where(_submission.c.account_id == attempts.visitor.account_id)
        .group_by(_submission.c.attempt_id)
        .subquery()
    )
    last = sa.and_(
        _submission.c.attempt_id == handed_in.c.attempt_id,
        _submission.c.number == handed_in.c.newest,
    )
    hints = sa.select(sa.func.count()).where(_hint.c.attempt_id == _attempt.c.id)
    found = (
        sa.select(
            *(column for column in _attempt.c if column is not _attempt.c.files),
            handed_in.c.submissions,
            handed_in.c.graded,
            _submission.c.id.label("submission_id"),
            _submission.c.number,
            _submission.c.state,
            _submission.c.verdict,
            hints.scalar_subquery().label("hints"),
        )
        .outerjoin(handed_in, handed_in.c.attempt_id == _attempt.c.id)
        .outerjoin(_submission, last)
        .where(_attempt.c.account_id == attempts.visitor.account_id)
        .order_by(_attempt.c.touched_at.desc())
    )
    rows = (await (await attempts.session.connection()).execute(found)).all()
    katas = attempts.shelf.katas
    return [_view(row, katas[row.kata]) for row in rows if row.kata in katas]


async def listing(attempts: Attempts, cursor: str | None, limit: int) -> AttemptList:
    """Attempts for the API, the newest first; the cursor is the last id seen.

    Raises:
        InvalidError: the cursor is none that we gave.
    """
    mine = (
        select(Attempt)
        .where(Attempt.account_id == attempts.visitor.account_id)
        .order_by(col(Attempt.created_at).desc(), col(Attempt.id))
        .limit(limit + 1)
    )
    if cursor is not None:
        last = await attempts.session.get(Attempt, cursor)
        if last is None or last.account_id != attempts.visitor.account_id:
            raise InvalidError("That cursor is none of this list. Begin again without one.")
        older = col(Attempt.created_at) < last.created_at
        same = (col(Attempt.created_at) == last.created_at) & (col(Attempt.id) > last.id)
        mine = mine.where(older | same)
    rows = (await attempts.session.exec(mine)).all()
    items = [attempt_document(row) for row in rows[:limit]]
    return AttemptList(items=items, next=items[-1].id if len(rows) > limit else None)


async def standings(attempts: Attempts) -> dict[str, Standing]:
    """How far the visitor is with each kata that was begun: the best of several attempts."""
    found = (
        select(Attempt)
        .where(Attempt.account_id == attempts.visitor.account_id)
        .order_by(col(Attempt.mended), col(Attempt.closed))
        .options(WITHOUT_DRAFT)
    )
    rows = (await attempts.session.exec(found)).all()
    katas = attempts.shelf.katas
    return {row.kata: standing(row, katas[row.kata]) for row in rows if row.kata in katas}


def _view(row: Any, kata: Kata) -> AttemptView:
    """Of a row that has an attempt's columns, and those of its latest submission."""
    shown = standing(row, kata)
    return AttemptView(
        id=row.id,
        kata=kata,
        state=shown.state,
        closed=shown.closed,
        total=shown.total,
        last=row.touched_at,
        submissions=row.submissions or 0,
        submission=_last(row) if row.submission_id else None,
        hints=row.hints,
        reference=row.gave_up_at is not None,
    )


def _last(row: Any) -> LastSubmission:
    hidden = row.disclosure == Disclosure.NONE
    comparable = row.disclosure == Disclosure.FULL and row.state == GRADED and row.graded > 1
    return LastSubmission(
        id=row.submission_id,
        number=row.number,
        state=row.state,
        verdict=None if hidden else row.verdict,
        comparable=comparable,
    )
