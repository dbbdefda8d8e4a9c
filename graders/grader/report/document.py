"""One grading as one document."""

from typing import Literal

from pydantic import Field

from grader.report.evidence import CheckResult, Place
from grader.report.remarks import Review
from grader.report.words import Blame, State, Value, Verdict


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
