"""A submission beside the latest graded one before it, line by line."""

import asyncio
from dataclasses import dataclass
from typing import Any

from kintsugi.attempts.service import Attempts
from kintsugi.attempts.views import (
    ChangedFile,
    ChangedLine,
    ChangesDocument,
    Earlier,
    SubmissionDetail,
)
from kintsugi.diffs import DiffRow, FileDiff, Remark, revisions
from kintsugi.errors import NotFoundError

NOTHING_BEFORE = (
    "There is no earlier submission of this attempt that this one can be shown against."
)


@dataclass(frozen=True)
class Comparison:
    """Two submissions of one attempt."""

    detail: SubmissionDetail
    earlier: Earlier
    files: list[FileDiff]

    def context(self) -> dict[str, Any]:
        """For the template."""
        return {**self.detail.context(), "files": self.files}

    def document(self) -> ChangesDocument:
        """For the API."""
        return ChangesDocument(
            id=self.detail.submission.id,
            number=self.detail.submission.number,
            earlier=self.earlier.id,
            earlier_number=self.earlier.number,
            since=self.earlier.since,
            files=[changed_file(file) for file in self.files],
        )


async def comparison(attempts: Attempts, submission_id: str) -> Comparison:
    """Compare a submission of the visitor's.

    Raises:
        NotFoundError: no such submission, nothing before it, or not to be seen.
    """
    detail = await attempts.submission(submission_id)
    if detail.earlier is None:
        raise NotFoundError(NOTHING_BEFORE)
    # Hostile files may take a second: that is not the event loop's.
    files = await asyncio.to_thread(
        revisions, detail.earlier.files, detail.handed_in, _remarks(detail)
    )
    return Comparison(detail, detail.earlier, files)


def _remarks(detail: SubmissionDetail) -> list[Remark]:
    """The findings that are not closed, under the numbers that the review gives them."""
    review = detail.report.review if detail.report else None
    pending = review.pending if review else ()
    return [Remark(number, finding) for number, finding in enumerate(pending, start=1)]


def changed_file(file: FileDiff) -> ChangedFile:
    """For the API."""
    lines = [_line(row) for row in file.rows if row.change != "folded"]
    return ChangedFile.model_validate(
        {
            "path": file.path,
            "was": file.was or None,
            "change": file.change,
            "added": file.added,
            "removed": file.removed,
            "note": file.note or None,
            "lines": lines,
        }
    )


def _line(row: DiffRow) -> ChangedLine:
    return ChangedLine.model_validate(
        {
            "change": row.change,
            "before": row.before,
            "after": row.after,
            "text": row.text,
            "findings": [remark.finding.id for remark in row.remarks],
        }
    )
