"""Review first for programs: switch it on, list flaws, take one back."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from grader.report import Severity, Skill
from kintsugi.attempts.dependencies import ApiAttempts, ApiAttemptsToWrite
from kintsugi.attempts.flaws import LONGEST_TEXT, read_flaw
from kintsugi.attempts.models import ListedFlaw
from kintsugi.attempts.reviewing import ReviewFirst
from kintsugi.errors import InvalidError, problems

router = APIRouter(tags=["attempts"], responses=problems(401, 404, 422))


class FlawCreate(BaseModel):
    """One flaw of the starter, as you see it."""

    skill: Skill
    severity: Severity = Field(description="Anything but `advice`.")
    file: str = Field(max_length=200, examples=["app/main.py"])
    line: int = Field(description="The first of its lines, from 1.")
    end: int | None = Field(default=None, description="The last of its lines; `line` without it.")
    text: str = Field(description=f"In a few words, at most {LONGEST_TEXT} characters.")


class FlawDocument(FlawCreate):
    """A listed flaw."""

    id: str


class ReviewFirstSwitch(BaseModel):
    """Whether flaws are listed before anything is handed in."""

    on: bool


class ReviewFirstDocument(BaseModel):
    """What is listed. `open` until something is handed in; then nothing can be changed."""

    on: bool
    open: bool
    flaws: list[FlawDocument]


@router.get("/attempts/{attempt_id}/review-first", operation_id="getReviewFirst")
async def listing(attempt_id: str, attempts: ApiAttempts) -> ReviewFirstDocument:
    """The flaws listed so far."""
    return await _document(attempt_id, attempts)


@router.put(
    "/attempts/{attempt_id}/review-first",
    operation_id="switchReviewFirst",
    responses=problems(409),
)
async def switch(
    attempt_id: str, body: ReviewFirstSwitch, attempts: ApiAttemptsToWrite
) -> ReviewFirstDocument:
    """Switch it on or off; what is listed stays."""
    await ReviewFirst(attempts).switch(attempt_id, on=body.on)
    return await _document(attempt_id, attempts)


@router.post(
    "/attempts/{attempt_id}/flaws",
    status_code=201,
    operation_id="listFlaw",
    responses=problems(409),
)
async def add(attempt_id: str, body: FlawCreate, attempts: ApiAttemptsToWrite) -> FlawDocument:
    """List a flaw. The answer of a 422 names what to change under `errors`."""
    given = body.model_dump(mode="json", exclude_none=True)
    fields = {name: str(value) for name, value in given.items()}
    flaw, faults = read_flaw(fields, await attempts.kata_of(attempt_id))
    if flaw is None:
        errors = [{"at": f"body.{field}", "reason": reason} for field, reason in faults.items()]
        raise InvalidError(next(iter(faults.values())), members={"errors": errors})
    return _flaw(await ReviewFirst(attempts).add(attempt_id, flaw))


@router.delete(
    "/attempts/{attempt_id}/flaws/{flaw_id}",
    status_code=204,
    operation_id="takeFlawBack",
    responses=problems(409),
)
async def remove(attempt_id: str, flaw_id: str, attempts: ApiAttemptsToWrite) -> None:
    """Take a flaw back; one that is gone already is no error."""
    await ReviewFirst(attempts).remove(attempt_id, flaw_id)


async def _document(attempt_id: str, attempts: ApiAttempts) -> ReviewFirstDocument:
    found = await ReviewFirst(attempts).listing(attempt_id)
    flaws = [_flaw(flaw) for flaw in found.flaws]
    return ReviewFirstDocument(on=found.attempt.review_first, open=found.open, flaws=flaws)


def _flaw(row: ListedFlaw) -> FlawDocument:
    return FlawDocument(
        id=row.id,
        skill=Skill(row.skill),
        severity=Severity(row.severity),
        file=row.file,
        line=row.line,
        end=row.last_line,
        text=row.text,
    )
