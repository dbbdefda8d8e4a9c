"""Attempts: whose they are, their drafts, what has been handed in and what came of it.

Every question about an attempt or a submission comes through here, from pages, API and event
streams alike: ownership, `closes_at` and `disclosure` are decided once.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from grader.kata import Kata
from grader.report import Report, Verdict
from grader.review import document
from grader.review.first import FirstReview, first_review, starter_spots
from grader.review.since import since
from kintsugi.accounts.service import Visitor, ensure_account
from kintsugi.attempts.admitting import check, refuse_closed
from kintsugi.attempts.flaws import as_flaw, listed
from kintsugi.attempts.helped import opened_hints
from kintsugi.attempts.models import Attempt, Disclosure, Event, Submission, SubmissionState
from kintsugi.attempts.onward import Onward, onward
from kintsugi.attempts.published import earlier_than, report_of
from kintsugi.attempts.record import Record
from kintsugi.attempts.recorded import record_of
from kintsugi.attempts.views import (
    AttemptDocument,
    Earlier,
    SubmissionDetail,
    SubmissionDocument,
    attempt_document,
    disclosed,
    handed_in,
    submission_view,
)
from kintsugi.catalogue.service import Shelf
from kintsugi.database import ID_LENGTH, add_once, new_id, now
from kintsugi.errors import ConflictError, InvalidError, NotFoundError
from kintsugi.heartbeat import readiness

NO_ATTEMPT = "There is no such attempt, or it is someone else's."
NO_SUBMISSION = "There is no such submission, or it is someone else's."


@dataclass(frozen=True)
class Attempts:
    """One visitor's attempts.

    Attributes:
        key: makes the ids of attempts that nobody has begun yet.
    """

    session: AsyncSession
    shelf: Shelf
    visitor: Visitor
    key: str

    async def begin(self, slug: str) -> AttemptDocument:
        """A new attempt at a kata, with the starter as its draft."""
        kata = self.shelf.kata(slug)
        await ensure_account(self.session, self.visitor)
        attempt = self.untouched(kata)
        attempt.id = new_id()
        self.session.add(attempt)
        await self.session.flush()
        return attempt_document(attempt)

    async def attempt(self, attempt_id: str) -> AttemptDocument:
        return attempt_document(await self.mine(attempt_id))

    async def mine(self, attempt_id: str, *, to_write: bool = False) -> Attempt:
        """The visitor's attempt of that id; one that a page has offered is made now if `to_write`.

        Raises:
            NotFoundError: there is none, or it is someone else's.
        """
        owned = select(Attempt).where(
            Attempt.id == attempt_id, Attempt.account_id == self.visitor.account_id
        )
        if to_write:
            owned = owned.with_for_update()
        attempt = (await self.session.exec(owned)).one_or_none()
        if attempt is None:
            attempt = self._offered(attempt_id)
            if attempt and to_write:
                await ensure_account(self.session, self.visitor)
                await add_once(self.session, attempt)
                attempt = (await self.session.exec(owned)).one()
        if attempt is None or attempt.kata not in self.shelf.katas:
            raise NotFoundError(NO_ATTEMPT)
        return attempt

    async def learning(self, attempt_id: str, *, to_write: bool = False) -> Attempt:
        """As `mine`, if it is there to learn by: hints, reference, own flaws first.

        Raises:
            NotFoundError: as `mine`; its kata is not for practice; not all of it may be seen.
        """
        attempt = await self.mine(attempt_id, to_write=to_write)
        if not self.may_learn(attempt):
            raise NotFoundError(NO_ATTEMPT)
        return attempt

    def may_learn(self, attempt: Attempt) -> bool:
        return attempt.disclosure == Disclosure.FULL and attempt.kata in self.shelf.offered

    async def save(
        self, attempt_id: str, files: Mapping[str, str], revision: int | None = None
    ) -> int:
        """Save the draft; returns its new revision. Without a revision whatever is there yields.

        Raises:
            ConflictError: the draft has been saved meanwhile; carries it.
        """
        check(files)
        attempt = await self.mine(attempt_id, to_write=True)
        refuse_closed(attempt)
        draft = {path: files.get(path, text) for path, text in attempt.files.items()}
        if draft == attempt.files:
            return attempt.revision
        if revision not in (None, attempt.revision):
            raise ConflictError(
                "The draft was saved from another window. Load that one, or save again with the"
                " revision given here to keep yours.",
                members={"files": attempt.files, "revision": attempt.revision},
            )
        attempt.files = draft
        attempt.revision += 1
        attempt.touched_at = now()
        return attempt.revision

    async def reset(self, attempt_id: str, file: str | None = None) -> Kata:
        """Put the starter back into the draft, or into one of its files; submissions stay.

        Raises:
            InvalidError: the draft has no such file.
        """
        attempt = await self.mine(attempt_id, to_write=True)
        kata = self.shelf.katas[attempt.kata]
        if file is not None and file not in attempt.files:
            raise InvalidError("The draft has no such file.")
        paths = attempt.files if file is None else (file,)
        await self.save(attempt_id, {path: kata.starter[path] for path in paths})
        return kata

    async def service_of(self, attempt_id: str) -> tuple[Kata, dict[str, str]]:
        """An attempt's kata, and the whole service with the draft laid over the starter."""
        attempt = await self.mine(attempt_id)
        kata = self.shelf.katas[attempt.kata]
        return kata, {**kata.starter, **attempt.files}

    async def kata_of(self, attempt_id: str) -> Kata:
        return self.shelf.katas[(await self.mine(attempt_id)).kata]

    async def submission(self, submission_id: str) -> SubmissionDetail:
        """Everything that the owner may see of a submission.

        Raises:
            NotFoundError: there is none, or it is someone else's.
        """
        found = (
            select(Submission, Attempt)
            .join(Attempt, col(Attempt.id) == Submission.attempt_id)
            .where(Submission.id == submission_id, Attempt.account_id == self.visitor.account_id)
        )
        row = (await self.session.exec(found)).one_or_none()
        if row is None or row[1].kata not in self.shelf.katas:
            raise NotFoundError(NO_SUBMISSION)
        submission, attempt = row
        kata = self.shelf.katas[attempt.kata]
        place = await position(self.session, submission)
        report = disclosed(await report_of(self.session, submission), attempt.disclosure)
        step = await self._onward(kata, report)
        earlier = await self._earlier(submission, attempt, report)
        return SubmissionDetail(
            kata=kata,
            attempt=attempt,
            submission=submission_view(submission, kata, attempt.disclosure, place),
            checks=[],
            report=report,
            next_kata=step.kata if step else None,
            next_why=step.why if step else "",
            grading_off=await self._why_nothing_moves() if place else None,
            earlier=earlier,
            first=None if earlier else await self._first(attempt, report),
            handed_in=handed_in(submission.files, kata),
            hints=await self._hints_before(submission),
        )

    async def submission_document(self, submission_id: str) -> SubmissionDocument:
        detail = await self.submission(submission_id)
        view = detail.submission
        return SubmissionDocument(
            id=view.id,
            state=SubmissionState(view.state),
            position=view.position,
            report=detail.report,
        )

    async def review_document(self, submission_id: str) -> tuple[str, str]:
        """The review in Markdown, and a file name for it.

        Raises:
            NotFoundError: there is no such submission, or nothing of its review may be seen now.
        """
        detail = await self.submission(submission_id)
        if detail.report is None or (detail.report.review is None and not detail.report.failure):
            raise NotFoundError("There is no review of this submission to read yet.")
        text = document(detail.report, detail.kata.manifest.title, detail.submission.files)
        return text, f"{detail.kata.slug}-review-{detail.submission.number}.md"

    async def _hints_before(self, submission: Submission) -> int:
        opened = await opened_hints(self.session, submission.attempt_id)
        return sum(hint.opened_at <= submission.created_at for hint in opened)

    async def _why_nothing_moves(self) -> str | None:
        found = await readiness(self.session)
        return None if found.ready else found.detail

    async def _earlier(
        self, submission: Submission, attempt: Attempt, report: Report | None
    ) -> Earlier | None:
        """What a review is compared with; nothing where not all of both may be seen."""
        if report is None or attempt.disclosure != Disclosure.FULL:
            return None
        found = await earlier_than(self.session, submission)
        if found is None:
            return None
        other, before = found
        return Earlier(
            id=other.id,
            number=other.number,
            files=handed_in(other.files, self.shelf.katas[attempt.kata]),
            since=since(before, report, f"submission {other.number}"),
        )

    async def _first(self, attempt: Attempt, report: Report | None) -> FirstReview | None:
        """How what the learner listed compares; nothing where not all of the review may be seen."""
        visible = report is not None and attempt.disclosure == Disclosure.FULL
        if not visible or not attempt.review_first:
            return None
        kata = self.shelf.katas[attempt.kata]
        flaws = [as_flaw(row) for row in await listed(self.session, attempt.id)]
        return first_review(flaws, kata.manifest.findings, starter_spots(kata))

    async def _onward(self, kata: Kata, report: Report | None) -> Onward | None:
        """Where to go on once a kata is mended."""
        if report is None or report.review is None or report.verdict is not Verdict.APPROVED:
            return None
        return onward(await self.record(), self.shelf.offered, now(), kata)

    async def record(self) -> Record:
        """What the visitor has shown so far."""
        return await record_of(self.session, self.shelf.katas, self.visitor.account_id)

    def untouched(self, kata: Kata) -> Attempt:
        """Its id is the same every time until it is stored, so that pages can name it before."""
        return Attempt(
            id=self._offered_id(kata.slug),
            account_id=self.visitor.account_id,
            kata=kata.slug,
            files={path: kata.starter[path] for path in kata.manifest.editable},
            total=len(kata.manifest.findings),
        )

    def _offered_id(self, slug: str) -> str:
        text = f"attempt {self.visitor.account_id} {slug}"
        return hmac.new(self.key.encode(), text.encode(), hashlib.sha256).hexdigest()[:ID_LENGTH]

    def _offered(self, attempt_id: str) -> Attempt | None:
        """The attempt that a page has offered under this id without storing it."""
        for slug, kata in self.shelf.offered.items():
            if self._offered_id(slug) == attempt_id:
                return self.untouched(kata)
        return None


async def position(session: AsyncSession, submission: Submission) -> int | None:
    """Place in the queue from 1; None once it began."""
    if submission.state != SubmissionState.QUEUED:
        return None
    earlier = (
        select(func.count())
        .select_from(Submission)
        .where(
            Submission.state == SubmissionState.QUEUED.value,
            col(Submission.created_at) < submission.created_at,
        )
    )
    return (await session.exec(earlier)).one() + 1


async def events_of(session: AsyncSession, submission_id: str) -> list[Event]:
    """Every step so far, in order."""
    found = select(Event).where(Event.submission_id == submission_id).order_by(col(Event.id))
    return list((await session.exec(found)).all())
