"""Hints and the reference, as documents of the API."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from grader.report import Severity, Skill
from kintsugi.attempts.views import ChangedFile


class HintOpen(BaseModel):
    """Which hint to open."""

    number: int = Field(ge=1, le=9, description="The next one; `next` of the hints says which.")


class HintDocument(BaseModel):
    """An opened hint."""

    number: int
    name: str = Field(examples=["A question"])
    text: str = Field(description="Markdown.")
    opened_at: datetime


class HintsDocument(BaseModel):
    """The hints of an attempt that are open."""

    opened: list[HintDocument]
    total: int
    next: int | None = Field(description="Which can be opened now; null if none can.")


class GiveUp(BaseModel):
    """The wish to open the reference before an approval; it cannot be taken back."""

    sure: Literal[True]


class Choice(BaseModel):
    """What the author says about the repair of one finding. Texts are Markdown."""

    id: str
    skill: Skill
    severity: Severity
    title: str
    recommendation: str
    trade_off: str
    alternatives: str = Field(description="What would be accepted too.")


class ReferenceDocument(BaseModel):
    """The author's repair against yours."""

    kata: str
    gave_up_at: datetime | None = Field(description="When it was opened before an approval.")
    submission: str | None = Field(description="What it is compared with; null for the draft.")
    files: dict[str, str] = Field(description="The reference: relative path -> text.")
    changes: list[ChangedFile] = Field(description="From yours to the reference.")
    choices: list[Choice]
