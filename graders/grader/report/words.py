"""The words of the field, each a plain value: verdicts, checks, skills, severities."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """A plain value: compared by content, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Verdict(StrEnum):
    """What a submission is worth; the first that applies, in this order."""

    UNRUNNABLE = "unrunnable"
    LIMIT_EXCEEDED = "limit_exceeded"
    REGRESSED = "regressed"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"

    @property
    def words(self) -> str:
        """As it is said to people in text; pages have room for more."""
        return VERDICT_WORDS[self]


VERDICT_WORDS = {
    Verdict.UNRUNNABLE: "did not start",
    Verdict.LIMIT_EXCEEDED: "over its limits",
    Verdict.REGRESSED: "a business rule broke",
    Verdict.CHANGES_REQUESTED: "changes requested",
    Verdict.APPROVED: "approved",
}


class Blame(StrEnum):
    """Whose fault it is that a run could not be finished."""

    YOU = "you"
    KATA = "kata"
    PLATFORM = "platform"


class CheckKind(StrEnum):
    """What a check is for: keep the business, find a flaw, guard against a wrong fix."""

    KEEP = "keep"
    FIND = "find"
    GUARD = "guard"


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    NOT_RUN = "not_run"


class Skill(StrEnum):
    """The seven skills; every finding belongs to exactly one."""

    API_DESIGN = "api-design"
    VALIDATION = "validation"
    AUTH = "auth"
    DATABASE = "database"
    SECURITY = "security"
    ASYNC = "async"
    ERRORS = "errors"

    @property
    def words(self) -> str:
        """As it is said to people, in every form of a review."""
        return SKILL_WORDS[self]


SKILL_WORDS = {
    Skill.API_DESIGN: "API design",
    Skill.VALIDATION: "Validation",
    Skill.AUTH: "Authentication and authorisation",
    Skill.DATABASE: "Database",
    Skill.SECURITY: "Security",
    Skill.ASYNC: "Async and concurrency",
    Skill.ERRORS: "Error handling and logging",
}


class Severity(StrEnum):
    """How bad the consequence is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    ADVICE = "advice"

    @property
    def rank(self) -> int:
        """0 for critical to 4 for advice: a sort key, worst first."""
        return list(Severity).index(self)


class State(StrEnum):
    """Where a finding stands after this grading."""

    OPEN = "open"
    CLOSED = "closed"
    REGRESSION = "regression"
    ADVICE = "advice"  # worth doing, never graded
