"""What may come in: names and sizes of files, and nothing once an attempt is closed."""

from collections.abc import Mapping

from grader.submission import SubmissionError, check_files
from kintsugi.attempts.models import Attempt
from kintsugi.database import now
from kintsugi.errors import ConflictError, InvalidError, TooLargeError


def check(files: Mapping[str, str]) -> None:
    """Names, number and sizes of what came in.

    Raises:
        TooLargeError, InvalidError: says what to change.
    """
    try:
        check_files(files)
    except SubmissionError as error:
        kind = TooLargeError if error.too_large else InvalidError
        raise kind(str(error)) from None


def is_closed(attempt: Attempt) -> bool:
    """After `closes_at` nothing can be saved, handed in or opened."""
    return attempt.closes_at is not None and attempt.closes_at <= now()


def refuse_closed(attempt: Attempt) -> None:
    """Only what is open can be worked on.

    Raises:
        ConflictError: it is closed.
    """
    if is_closed(attempt):
        raise ConflictError("This attempt is closed.", title="Closed")
