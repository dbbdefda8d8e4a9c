"""What the owner of an attempt sees of trials: plain values for pages, documents for the API."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, Field

from grader.trial import Call, TrialExchange, TrialReport
from kintsugi.attempts.models import TrialState


@dataclass(frozen=True)
class TrialView:
    """A trial on a page.

    Attributes:
        nothing_runs: why it waits, where no worker takes it.
    """

    id: str
    state: TrialState
    calls: list[Call]
    report: TrialReport | None
    error_id: str | None
    nothing_runs: str | None

    @property
    def over(self) -> bool:
        return self.state.final

    @property
    def broken(self) -> bool:
        return self.state is TrialState.BROKEN

    @property
    def exchanges(self) -> list[tuple[Call, TrialExchange | None]]:
        """Each request with what came back; None for one that was not sent."""
        answers = list(self.report.exchanges) if self.report else []
        missing = len(self.calls) - len(answers)
        return list(zip(self.calls, [*answers, *[None] * missing], strict=True))


class TrialCreate(BaseModel):
    """What is sent to the draft; nothing only starts it and asks for its routes."""

    calls: list[Call] = Field(
        max_length=20,
        description="Sent in this order to a new process. `{{name}}` in path, headers or body is"
        " a field of an earlier answer.",
        examples=[[{"method": "GET", "path": "/books/1"}]],
    )


class TrialAccepted(BaseModel):
    """Queued; `Location` says where to ask for it."""

    id: str
    state: TrialState


class TrialDocument(TrialAccepted):
    """A trial, with what came back once it is over."""

    calls: list[Call]
    report: TrialReport | None
    created_at: datetime


class TrialList(BaseModel):
    """The trials of an attempt that are kept, the newest first."""

    items: list[TrialDocument]
    next: str | None = Field(default=None, description="Always null: all of them are here.")
