"""What the reviewer says: findings, praise, business rules, the next step."""

from typing import Annotated

from pydantic import Field, model_validator

from grader.report.evidence import EXHIBITS, Exhibit, Place
from grader.report.words import Severity, Skill, State, Value


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
