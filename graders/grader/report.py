"""The values that a grading is made of, from one check's evidence to the stored report.

A report is stored and sent as JSON. Its `version` is raised when a field changes its meaning;
`parse_report` then learns to read the older form.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator


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


class Place(Value):
    """Lines of the learner's own file, both ends included, from 1."""

    file: str
    line: int
    end: int


# An exhibit comes from a sandbox and is stored and drawn: whatever the sandbox has become, it is
# small, its numbers are finite, and a time ends after it begins.
MOMENTS, LANES, EXHIBITS = 64, 12, 4
Status = Annotated[int, Field(ge=0, le=999)]
Number = Annotated[int, Field(ge=0, le=1_000_000_000)]
Milliseconds = Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)]
Word = Annotated[str, Field(max_length=20)]
Label = Annotated[str, Field(max_length=120)]
Line = Annotated[str, Field(max_length=300)]
Shape = Annotated[str, Field(max_length=600)]


class Exchange(Value):
    """One request and what came back, without the values that a suite hides.

    Attributes:
        path: as the route is written, `/invoices/{id}`: no hidden id.
        sent: the shape of the body that was sent, as JSON with `"..."`, `number` and `boolean`
            for values; empty for none.
        answered: the status; 0 where no answer came.
        expected: the statuses that the rule allows.
        body: the shape of the answer's body, as `sent`.
        curl: a command line that asks the same of the learner's own server.
    """

    kind: Literal["exchange"] = "exchange"
    method: Word
    path: Line
    sent: Shape = ""
    answered: Status
    expected: Annotated[tuple[Status, ...], Field(max_length=24)] = ()
    body: Shape = ""
    curl: Annotated[str, Field(max_length=1_500)] = ""


class Moment(Value):
    """A stretch of time in a timeline: a request, or a call to a partner that one made.

    Attributes:
        lane: 0 for what was asked first, and so on; a request and its calls share one.
        of: what it was: a request, or an outside call.
        begin_ms, end_ms: from the first request's sending.
    """

    lane: Annotated[int, Field(ge=0, lt=LANES)]
    of: Literal["request", "call"]
    label: Label
    begin_ms: Milliseconds
    end_ms: Milliseconds

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.end_ms < self.begin_ms:
            raise ValueError("a moment cannot end before it begins")
        return self


class Timeline(Value):
    """What happened in which order while several requests were under way.

    Attributes:
        more: how many requests of the same moment are not drawn.
    """

    kind: Literal["timeline"] = "timeline"
    moments: Annotated[tuple[Moment, ...], Field(min_length=1, max_length=MOMENTS)]
    more: Number = 0


class Count(Value):
    """How many of something there were, beside how many there should have been at most."""

    kind: Literal["count"] = "count"
    what: Label
    seen: Number
    allowed: Number


Exhibit = Annotated[Exchange | Timeline | Count, Field(discriminator="kind")]


class Evidence(Value):
    """One observation that a learner may see.

    Attributes:
        text: one sentence in the past tense, without hidden inputs.
        facts: numbers and names from the observation; they fill the slots of a note's text.
        exhibits: what can be looked at beside the sentence.
    """

    text: str
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    exhibits: Annotated[tuple[Exhibit, ...], Field(max_length=EXHIBITS)] = ()


class CheckResult(Value):
    """What one check of the suite observed."""

    id: str
    kind: CheckKind
    finding: str | None
    title: str
    outcome: Outcome
    evidence: tuple[Evidence, ...] = ()
    ms: float = 0.0


class Finding(Value):
    """One remark of the review. Texts are Markdown, `example` is Python.

    Attributes:
        exhibits: what can be looked at beside the evidence.
        checks: the checks whose results this remark rests on.
    """

    id: str
    skill: Skill
    severity: Severity
    title: str
    state: State
    place: Place | None = None
    evidence: tuple[str, ...] = ()
    why: str = ""
    recommendation: str = ""
    example: str = ""
    trade_off: str = ""
    references: tuple[str, ...] = ()
    exhibits: Annotated[tuple[Exhibit, ...], Field(max_length=EXHIBITS)] = ()
    checks: tuple[str, ...] = ()


class Remark(Value):
    """A sentence or two of praise, and the checks whose results they rest on."""

    text: str
    checks: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_older_reports(cls, value: object) -> object:
        return {"text": value} if isinstance(value, str) else value


class Rule(Value):
    """A business rule, by the title of its `keep` check. `kept` is None where none looked."""

    title: str
    kept: bool | None


class Core(Value):
    """The business functionality to preserve, and whether it survived."""

    text: str
    rules: tuple[Rule, ...] = ()


class NextStep(Value):
    """One thing to do now, and the kata to go on with."""

    text: str
    kata: str | None = None


class Review(Value):
    """What the reviewer says, in the order in which it is read (`voice.md`)."""

    core: Core
    verdict_line: str
    findings: tuple[Finding, ...] = ()
    done_well: tuple[Remark, ...] = ()
    production: str = ""
    next: NextStep

    @property
    def pending(self) -> tuple[Finding, ...]:
        """What is to be mended: broken rules, open findings. Their number is their place here."""
        return tuple(f for f in self.findings if f.state in (State.REGRESSION, State.OPEN))

    @property
    def closed(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.state is State.CLOSED)

    @property
    def advice(self) -> tuple[Finding, ...]:
        """What is worth doing and never graded."""
        return tuple(f for f in self.findings if f.state is State.ADVICE)


class Score(Value):
    """Kept business rules and closed findings, each of how many."""

    kept: int
    keep_total: int
    closed: int
    find_total: int


class Size(Value):
    """How much code there is: what over-engineering is told by.

    Attributes:
        lines: without blank lines, comments and docstrings.
        functions: methods among them.
        depth: the longest chain of base classes among the files' own classes; 0 without any.
    """

    files: int
    lines: int
    classes: int
    functions: int
    depth: int


class Reading(Value):
    """What was read off a submission's source.

    Attributes:
        places: finding -> lines, where a selector of its note was resolved.
        names: what something is called in the starter -> what the submission calls it, where that
            differs: functions, parameters, classes.
        size: how much code there is; None where it could not be parsed.
    """

    places: dict[str, Place] = Field(default_factory=dict)
    names: dict[str, str] = Field(default_factory=dict)
    size: Size | None = None


class Phases(Value):
    """How long each phase of a grading took, in milliseconds."""

    prepare_ms: float = 0.0
    start_ms: float = 0.0
    run_ms: float = 0.0
    review_ms: float = 0.0


class Tampering(Value):
    """Something a submission tried that an honest one does not."""

    kind: str
    detail: str


class Failure(Value):
    """Why a run has no full set of results, in words for its owner.

    Attributes:
        text: what happened and what to do, one or two sentences.
        place: where in the learner's code, if it is known.
        code: an id to quote to the operators when it is the platform's fault.
    """

    text: str
    place: Place | None = None
    code: str | None = None


class Report(Value):
    """Everything that one grading found out.

    Attributes:
        reading: of the source; the review names places by it, and can be composed anew.
    """

    version: Literal[1] = 1
    kata: str
    kata_version: str
    verdict: Verdict | None
    blame: Blame | None = None
    failure: Failure | None = None
    score: Score
    checks: tuple[CheckResult, ...]
    review: Review | None
    reading: Reading = Reading()
    tampering: tuple[Tampering, ...] = ()
    notes: tuple[str, ...] = ()
    seed: int
    limits: dict[str, float] = Field(default_factory=dict)
    phases: Phases = Phases()

    @property
    def standing(self) -> dict[str, str]:
        """Finding -> open or closed, of those that the kata declares."""
        findings = self.review.findings if self.review else ()
        told = (State.OPEN, State.CLOSED)
        return {finding.id: finding.state.value for finding in findings if finding.state in told}


def parse_report(text: str | bytes) -> Report:
    """Read a stored report, whatever its version.

    Raises:
        pydantic.ValidationError: the text is not a report.
    """
    return Report.model_validate_json(text)
