"""What a visitor has done so far, in lists: attempts, submissions, how far with each kata."""

from sqlmodel import col, func, select

from grader.kata import Kata
from kintsugi.attempts.models import Attempt, Submission
from kintsugi.attempts.service import Attempts
from kintsugi.attempts.views import (
    AttemptList,
    AttemptView,
    SubmissionView,
    Work,
    attempt_document,
    standing,
    submission_view,
)
from kintsugi.catalogue.service import Standing
from kintsugi.errors import InvalidError


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
    """Every attempt, the one worked on last first."""
    found = (
        select(Attempt, func.count(col(Submission.id)))
        .outerjoin(Submission, col(Submission.attempt_id) == Attempt.id)
        .where(Attempt.account_id == attempts.visitor.account_id)
        .group_by(col(Attempt.id))
        .order_by(col(Attempt.touched_at).desc())
    )
    rows = (await attempts.session.exec(found)).all()
    katas = attempts.shelf.katas
    return [_view(row, katas[row.kata], count) for row, count in rows if row.kata in katas]


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
    )
    rows = (await attempts.session.exec(found)).all()
    katas = attempts.shelf.katas
    return {row.kata: standing(row, katas[row.kata]) for row in rows if row.kata in katas}


def _view(attempt: Attempt, kata: Kata, submitted: int) -> AttemptView:
    shown = standing(attempt, kata)
    return AttemptView(
        id=attempt.id,
        kata=kata,
        state=shown.state,
        closed=shown.closed,
        total=shown.total,
        last=attempt.touched_at,
        submissions=submitted,
    )
