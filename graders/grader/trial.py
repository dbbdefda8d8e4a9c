"""What a trial is made of: requests to a learner's own draft, and what came back.

A trial judges nothing. It runs as a grading does, in the same sandboxes, but without a suite: the
learner's requests are all that is sent, and the answers and the log are the learner's to read.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from grader.report import Failure, Tampering, Value

CALLS = 20  # in one trial
BODY, BODIES = 16_384, 65_536  # characters of one request's body, and of all of a trial
PATH, HEADERS, HEADER_NAME, HEADER_VALUE = 2_000, 30, 100, 4_096
ROUTES = 100
SHOWN_BODY = 16_384  # characters of an answer
SHOWN_LOG = 8_192  # characters printed while one call was under way
OURS = {  # what the client sets, or what would change how an answer is read
    *("host", "connection", "content-length", "transfer-encoding", "accept-encoding"),
    *("te", "trailer", "upgrade", "expect", "keep-alive", "x-kit-rid"),
}
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
TrialEnd = Literal["answered", "unstarted", "stopped", "broken"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Text = Annotated[str, Field(max_length=300)]


def _is_a_path(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError("A path begins with a slash: /books.")
    if not path.isprintable():  # nor what turns text round
        raise ValueError("A path holds no control characters.")
    return _encodable(path)


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("This is no Unicode text.") from None
    return text


Path = Annotated[str, Field(max_length=PATH), AfterValidator(_is_a_path)]


class Call(Value):
    """One request.

    Attributes:
        path: with its query. `{{name}}` stands for a field of an earlier answer, also in headers
            and body; `{{2.name}}` for that of the second.
        body: sent as JSON unless a Content-Type says otherwise.
    """

    method: Method = "GET"
    path: Path
    headers: Annotated[dict[str, str], Field(max_length=HEADERS)] = Field(default_factory=dict)
    body: Annotated[str, Field(max_length=BODY)] = ""

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not NAME.fullmatch(name) or len(name) > HEADER_NAME:
                raise ValueError("A header's name has letters, digits and dashes: X-User.")
            if name.lower() in OURS:
                raise ValueError(f"{name} is set for you.")
            if len(value) > HEADER_VALUE or CONTROL.search(value.replace("\t", "")):
                text = f"{name}: a value is one line of at most {HEADER_VALUE:,} characters."
                raise ValueError(text)
            _encodable(value)
        return headers

    @field_validator("body")
    @classmethod
    def _is_text(cls, body: str) -> str:
        if "\0" in body:
            raise ValueError("A body holds no NUL character.")
        return _encodable(body)


class Calls(Value):
    """What one trial sends, in this order; none only starts the service and asks what it offers."""

    calls: Annotated[tuple[Call, ...], Field(max_length=CALLS)] = ()

    @model_validator(mode="after")
    def _are_not_too_large(self) -> Self:
        if sum(len(call.body) for call in self.calls) > BODIES:
            raise ValueError(f"The bodies of a trial have {BODIES:,} characters at most.")
        return self


class Example(Call):
    """A request that a kata's author offers for a start."""

    title: Annotated[str, Field(min_length=1, max_length=80)]

    @property
    def call(self) -> Call:
        """The request alone."""
        return Call.model_validate(self.model_dump(exclude={"title"}))


class TrialSetup(Value):
    """`try/examples.toml`: how a kata is tried.

    Attributes:
        environment: the service's variables in a trial, as the brief states them. None of the
            kata's own: those are the suite's.
    """

    environment: dict[str, str] = Field(default_factory=dict)
    examples: Annotated[tuple[Example, ...], Field(max_length=8)] = ()


class TrialExchange(Value):
    """What came back for one request.

    Attributes:
        status: 0 where no answer came; `failure` then says why.
        headers: every one, as it came.
        body: text; cut off after `SHOWN_BODY` characters, empty where it is no text.
        size: of the whole body, in bytes.
        statements, rows: of the database for this request, as the service's process tells.
        log: what the service printed while the request was under way.
    """

    status: Annotated[int, Field(ge=0, le=999)]
    failure: Text = ""
    headers: Annotated[tuple[tuple[str, str], ...], Field(max_length=200)] = ()
    body: Annotated[str, Field(max_length=SHOWN_BODY)] = ""
    cut: bool = False
    binary: bool = False
    size: Annotated[int, Field(ge=0, le=1 << 24)] = 0
    ms: Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)] = 0.0
    statements: Count | None = None
    rows: Count | None = None
    log: str = ""


class TrialRoute(Value):
    """A route of the draft, as its own description tells, and a request to begin with."""

    method: Method
    path: Path
    summary: Annotated[str, Field(max_length=120)] = ""
    headers: Annotated[dict[str, str], Field(max_length=HEADERS)] = Field(default_factory=dict)
    body: Annotated[str, Field(max_length=BODY)] = ""


class TrialReport(Value):
    """What came of a trial.

    Attributes:
        end: `answered` when the list was sent to its end; `unstarted` when the service did not
            start; `stopped` when it was ended in between; `broken` when the platform failed.
        exchanges: one for each request that was sent, in order.
        starting: what the service printed before the first request.
        later: what it printed after the last answer.
        tampering: for reviewers, never for the learner.
    """

    version: Literal[1] = 1
    kata: str
    kata_version: str
    end: TrialEnd
    failure: Failure | None = None
    exchanges: tuple[TrialExchange, ...] = ()
    routes: tuple[TrialRoute, ...] = ()
    starting: str = ""
    later: str = ""
    tampering: tuple[Tampering, ...] = ()
    start_ms: float = 0.0
    run_ms: float = 0.0


def parse_trial(text: str | bytes) -> TrialReport:
    """Read a stored trial, whatever its version.

    Raises:
        pydantic.ValidationError: the text is none.
    """
    return TrialReport.model_validate_json(text)


def first_fault(errors: list[Any]) -> str:
    """The first of pydantic's errors, in words for whoever wrote the request."""
    first = errors[0]
    text = str(first["msg"]).removeprefix("Value error, ")
    ours = first["type"] == "value_error"
    return text if ours else f"{'.'.join(str(part) for part in first['loc'])}: {text}."
