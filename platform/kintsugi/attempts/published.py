"""Reports as they are published: of a submission, of the one before it.

Who may see what of them is decided by whoever asks (`service`).
"""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from grader.report import Report, parse_report
from kintsugi.attempts.models import Grading, Submission, SubmissionState


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
