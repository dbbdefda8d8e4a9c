"""Reports as they are published: of a submission, of the one before it, of everything so far.

Who may see what of them is decided by whoever asks (`service`).
"""

import sqlalchemy as sa
from pydantic import BaseModel
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from grader.report import Report, Skill, State, Verdict, parse_report
from kintsugi.attempts.models import Attempt, Disclosure, Grading, Submission, SubmissionState
from kintsugi.attempts.onward import Result

LOOKED = (Verdict.APPROVED, Verdict.CHANGES_REQUESTED, Verdict.REGRESSED)  # at every check


class _Finding(BaseModel):
    skill: Skill
    state: State


class _Review(BaseModel):
    findings: tuple[_Finding, ...] = ()


class _Findings(BaseModel):
    """What is wanted of a stored report where there are many: the rest is passed over."""

    review: _Review | None


async def report_of(session: AsyncSession, submission: Submission) -> Report | None:
    """Of the published grading: the last that was finished."""
    if submission.state != SubmissionState.GRADED:
        return None
    found = (
        select(Grading.report)
        .where(Grading.submission_id == submission.id, col(Grading.report).is_not(None))
        .order_by(col(Grading.finished_at).desc())
        .limit(1)
    )
    text = (await session.exec(found)).one_or_none()
    return parse_report(text) if text else None


async def earlier_than(
    session: AsyncSession, submission: Submission
) -> tuple[Submission, Report] | None:
    """The latest graded submission of the same attempt before this one."""
    found = (
        select(Submission, Grading.report)
        .join(Grading, col(Grading.submission_id) == Submission.id)
        .where(
            Submission.attempt_id == submission.attempt_id,
            col(Submission.number) < submission.number,
            Submission.state == SubmissionState.GRADED.value,
            col(Grading.report).is_not(None),
        )
        .order_by(col(Submission.number).desc(), col(Grading.finished_at).desc())
        .limit(1)
    )
    row = (await session.exec(found)).one_or_none()
    return (row[0], parse_report(row[1])) if row and row[1] else None


async def latest_results(session: AsyncSession, account_id: str) -> list[Result]:
    """Of each kata the latest review that looked at everything and may be seen whole."""
    place = func.row_number().over(
        partition_by=col(Attempt.kata),
        order_by=(col(Submission.created_at).desc(), col(Grading.finished_at).desc()),
    )
    ranked = (
        sa.select(col(Attempt.kata), col(Attempt.mended), col(Grading.report), place.label("place"))
        .join(Submission, col(Submission.attempt_id) == col(Attempt.id))
        .join(Grading, col(Grading.submission_id) == col(Submission.id))
        .where(
            col(Attempt.account_id) == account_id,
            col(Attempt.disclosure) == Disclosure.FULL.value,
            col(Submission.state) == SubmissionState.GRADED.value,
            col(Submission.verdict).in_([verdict.value for verdict in LOOKED]),
            col(Grading.report).is_not(None),
        )
        .subquery()
    )
    newest = select(ranked.c.kata, ranked.c.mended, ranked.c.report).where(ranked.c.place == 1)
    rows = await session.exec(newest)
    return [Result(kata, mended, _open_skills(report)) for kata, mended, report in rows]


def _open_skills(report: str) -> tuple[Skill, ...]:
    review = _Findings.model_validate_json(report).review
    findings = review.findings if review else ()
    return tuple(finding.skill for finding in findings if finding.state is State.OPEN)
