"""Review first: a learner lists flaws before any result is seen.

The list closes with the first submission, so that nothing that a review said can get into it.
"""

from dataclasses import dataclass

from sqlmodel import col, delete, func, select

from grader.review.first import Flaw
from kintsugi.attempts.admitting import refuse_closed
from kintsugi.attempts.flaws import MOST_FLAWS, listed
from kintsugi.attempts.models import Attempt, ListedFlaw, Submission
from kintsugi.attempts.service import Attempts
from kintsugi.database import now
from kintsugi.errors import ConflictError

HANDED_IN = "Something has been handed in already: the list is closed."
OFF = "Review first is off for this attempt. Switch it on at the kata's page."
FULL = f"At most {MOST_FLAWS} flaws are kept. Take one back to list another."


@dataclass(frozen=True)
class Listing:
    """An attempt and what its learner has listed.

    Attributes:
        open: nothing has been handed in yet.
    """

    attempt: Attempt
    flaws: list[ListedFlaw]
    open: bool


@dataclass(frozen=True)
class ReviewFirst:
    """Where a visitor lists flaws."""

    attempts: Attempts

    async def listing(self, attempt_id: str) -> Listing:
        """What is listed.

        Raises:
            NotFoundError: no such attempt, someone else's, or one whose findings stay hidden.
        """
        attempt = await self.attempts.learning(attempt_id)
        flaws = await listed(self.attempts.session, attempt.id)
        return Listing(attempt, flaws, not await self._handed_in(attempt))

    async def switch(self, attempt_id: str, *, on: bool) -> Attempt:
        """Switch it on or off; what is listed stays.

        Raises:
            NotFoundError, ConflictError: as `listing`; something has been handed in.
        """
        attempt = await self._to_write(attempt_id)
        attempt.review_first = on
        attempt.touched_at = now()
        return attempt

    async def add(self, attempt_id: str, flaw: Flaw) -> ListedFlaw:
        """List a flaw.

        Raises:
            NotFoundError, ConflictError: as `switch`; it is off, or the list is full.
        """
        attempt = await self._to_write(attempt_id)
        if not attempt.review_first:
            raise ConflictError(OFF, title="Switched off")
        if len(await listed(self.attempts.session, attempt.id)) >= MOST_FLAWS:
            raise ConflictError(FULL, title="The list is full")
        values = flaw.model_dump(mode="json", exclude={"end"})
        row = ListedFlaw(attempt_id=attempt.id, last_line=flaw.end, **values)
        attempt.touched_at = now()
        self.attempts.session.add(row)
        await self.attempts.session.flush()
        return row

    async def remove(self, attempt_id: str, flaw_id: str) -> None:
        """Take a flaw back; one that is gone already is no error.

        Raises:
            NotFoundError, ConflictError: as `switch`.
        """
        attempt = await self._to_write(attempt_id)
        gone = delete(ListedFlaw).where(
            col(ListedFlaw.id) == flaw_id, col(ListedFlaw.attempt_id) == attempt.id
        )
        await self.attempts.session.exec(gone)

    async def _to_write(self, attempt_id: str) -> Attempt:
        attempt = await self.attempts.learning(attempt_id, to_write=True)
        refuse_closed(attempt)
        if await self._handed_in(attempt):
            raise ConflictError(HANDED_IN, title="Closed")
        return attempt

    async def _handed_in(self, attempt: Attempt) -> bool:
        found = select(func.count()).where(Submission.attempt_id == attempt.id)
        return (await self.attempts.session.exec(found)).one() > 0
