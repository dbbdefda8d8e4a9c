"""What a check observed, and what of it can be looked at."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from grader.report.words import CheckKind, Outcome, Value


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

    @property
    def lasted(self) -> str:
        """From when to when, in words."""
        return f"{self.begin_ms:.0f} to {self.end_ms:.0f} ms"

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

    @property
    def requests(self) -> tuple[Moment, ...]:
        return tuple(moment for moment in self.moments if moment.of == "request")

    @property
    def words(self) -> tuple[str, ...]:
        """The same in words: a line for each request, with its calls to partners."""
        return tuple(
            "; ".join([f"{asked.label}, {asked.lasted}", *self._calls(asked.lane)])
            for asked in self.requests
        )

    def _calls(self, lane: int) -> Iterator[str]:
        for moment in self.moments:
            if moment.of == "call" and moment.lane == lane:
                yield f"{moment.label} {moment.lasted}"


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
