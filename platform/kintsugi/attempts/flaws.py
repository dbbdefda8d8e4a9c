"""Flaws that a learner lists before anything is handed in: their form, and reading them back."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from grader.kata import Kata
from grader.report import Severity, Skill
from grader.review.first import Flaw
from kintsugi.attempts.models import ListedFlaw
from kintsugi.forms import Faults

MOST_FLAWS = 20
LONGEST_TEXT = 200
MOST_LINES = 40  # of one flaw: a whole file is no place
SEVERITIES = tuple(severity for severity in Severity if severity is not Severity.ADVICE)

T = TypeVar("T", bound=StrEnum)


async def listed(session: AsyncSession, attempt_id: str) -> list[ListedFlaw]:
    """An attempt's, in the order in which they were listed."""
    found = (
        select(ListedFlaw)
        .where(ListedFlaw.attempt_id == attempt_id)
        .order_by(col(ListedFlaw.created_at), col(ListedFlaw.id))
    )
    return list((await session.exec(found)).all())


def as_flaw(row: ListedFlaw) -> Flaw:
    """The plain value."""
    return Flaw(
        skill=Skill(row.skill),
        severity=Severity(row.severity),
        file=row.file,
        line=row.line,
        end=row.last_line,
        text=row.text,
    )


def read_flaw(fields: Mapping[str, str], kata: Kata) -> tuple[Flaw | None, Faults]:
    """What a form says of one flaw of the starter; or what to change in it."""
    faults: Faults = {}
    skill = _one_of(fields, "skill", tuple(Skill), "Choose one of the skills.", faults)
    severity = _one_of(fields, "severity", SEVERITIES, "Choose how bad it is.", faults)
    text = " ".join(fields.get("text", "").split())
    if not 1 <= len(text) <= LONGEST_TEXT:
        faults["text"] = f"Say it in a few words, at most {LONGEST_TEXT} characters."
    file = fields.get("file", "")
    if file not in kata.starter:
        faults["file"] = "Choose one of the starter's files."
    line, end = _lines(fields, len(kata.starter.get(file, "").splitlines()), faults)
    if faults or skill is None or severity is None:
        return None, faults
    return Flaw(skill=skill, severity=severity, file=file, line=line, end=end, text=text), {}


def _one_of(
    fields: Mapping[str, str], name: str, choices: tuple[T, ...], fault: str, faults: Faults
) -> T | None:
    chosen = next((choice for choice in choices if choice == fields.get(name)), None)
    if chosen is None:
        faults[name] = fault
    return chosen


def _lines(fields: Mapping[str, str], length: int, faults: Faults) -> tuple[int, int]:
    """First and last line; the last may be left out."""
    line = _number(fields.get("line", ""))
    end = _number(fields.get("end", "")) if fields.get("end", "").strip() else line
    if "file" in faults:
        return line, end
    if not 1 <= line <= length:
        faults["line"] = f"Name a line from 1 to {length}, the last of this file."
    elif not line <= end <= length:
        faults["end"] = f"The last line lies from {line} to {length}, or is left out."
    elif end - line >= MOST_LINES:
        faults["end"] = f"At most {MOST_LINES} lines are one place. Name those where it happens."
    return line, end


def _number(text: str) -> int:
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 6 else 0
