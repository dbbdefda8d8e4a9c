"""Progress, as documents of the API."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from grader.report import Skill
from kintsugi.catalogue.models import KataState


class EvidenceDocument(BaseModel):
    """What one kata shows of a skill."""

    kata: str
    closed: int
    met: int
    points: float
    hints: int = Field(description="The most that were open when a finding was closed.")
    reference: bool = Field(description="It was open when a finding was closed.")


class SkillDocument(BaseModel):
    """How far you are with a skill."""

    skill: Skill
    level: int = Field(description="0 to 5.")
    points: float
    goal: float = Field(description="The points to reach next.")
    closed: int
    met: int
    evidence: list[EvidenceDocument]


class KataDocument(BaseModel):
    """How far you are with a kata that you have begun."""

    kata: str
    state: KataState
    closed: int
    total: int
    reference: bool = Field(description="Its reference was opened on giving up.")


class ReturnDocument(BaseModel):
    """A skill that comes back, because a finding of it was missed."""

    skill: Skill
    finding: str
    kata: str = Field(description="Where it was missed.")
    due_at: datetime
    times: int = Field(description="How often it has come back already, of three.")
    comes_as: str = Field(description="The kata to take for it.")


class WeekDocument(BaseModel):
    """One week from Monday, in UTC."""

    monday: date
    closed: int


class NextDocument(BaseModel):
    """The kata to go on with."""

    kata: str
    title: str
    why: str


class ProgressDocument(BaseModel):
    """What you have met and closed by skill, kata and week; what comes back; what is next."""

    skills: list[SkillDocument]
    katas: list[KataDocument]
    returns: list[ReturnDocument] = Field(description="The soonest first; one for each skill.")
    weeks: list[WeekDocument]
    weeks_in_a_row: int
    next: NextDocument | None = Field(description="Null once everything is mended.")
