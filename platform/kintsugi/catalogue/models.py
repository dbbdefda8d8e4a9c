"""What callers see of the katas on offer."""

from enum import StrEnum

from pydantic import BaseModel, Field

from grader.report import Skill


class KataState(StrEnum):
    """How far a learner is with a kata."""

    NEW = "new"
    BEGUN = "begun"
    MENDED = "mended"


LONGEST_SEARCH = 100


class Filters(BaseModel):
    """Which katas to show; all without any, and with several those that match them all.

    Attributes:
        minutes: what takes no longer.
        q: words that all stand in title, name or brief.
    """

    track: str | None = None
    skill: Skill | None = None
    difficulty: int | None = Field(default=None, ge=1, le=5)
    minutes: int | None = Field(default=None, ge=1, le=1000)
    state: KataState | None = None
    q: str | None = Field(default=None, max_length=LONGEST_SEARCH)

    @property
    def words(self) -> list[str]:
        return (self.q or "").casefold().split()


class KataSummary(BaseModel):
    """A kata in a list."""

    slug: str
    title: str
    track: str
    order: int = Field(description="Its number, which is its place on the path.")
    after: list[str] = Field(description="The katas that lead to it.")
    next: str | None = Field(description="The kata that it leads to.")
    difficulty: int = Field(description="1 to 5")
    minutes: int = Field(description="How long it takes, roughly.")
    skills: list[Skill]
    findings: int = Field(description="How many flaws there are to mend.")


class KataPage(BaseModel):
    """Some katas, and where to go on."""

    items: list[KataSummary]
    next: str | None = Field(description="Send it as `cursor`; null at the end.")


class KataDetail(KataSummary):
    """Everything that is needed to work on a kata."""

    version: str
    brief: str = Field(description="Markdown.")
    files: dict[str, str] = Field(description="The starter: relative path -> text.")
    editable: list[str] = Field(description="Files that are yours to change.")
    checks: int = Field(description="How many checks the hidden suite has.")
    limits: dict[str, float] = Field(description="What one run may use: seconds and bytes.")
