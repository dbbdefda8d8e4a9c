"""What a suite imports: `from kit import check, seed, wants`. See katas/README.md."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from grader.inside.suite.evidence import either
from grader.inside.suite.exhibits import Answered, UnwantedError
from grader.inside.suite.volley import Reply

F = TypeVar("F", bound=Callable[..., Any])
CHECK, SEED = "_kintsugi_check", "_kintsugi_seed"


@dataclass(frozen=True)
class Check:
    """What the author says of a check; kata.toml says the same."""

    id: str
    kind: str
    finding: str | None
    title: str
    limit: float | None
    fresh: bool


def check(
    id: str,
    *,
    title: str,
    kind: str = "find",
    finding: str | None = None,
    limit: float | None = None,
    fresh: bool = False,
) -> Callable[[F], F]:
    """Make a function a check of the suite.

    Args:
        id: as in kata.toml; so are kind (keep, find, guard), finding and title.
        title: what must hold, in words for learners.
        kind: what the check is for.
        finding: which flaw it finds or guards; none for a keep.
        limit: seconds it may take, where the usual 6 are not enough.
        fresh: begin in a new process, for services that hold state in memory.
    """

    def mark(function: F) -> F:
        setattr(function, CHECK, Check(id, kind, finding, title, limit, fresh))
        function.__test__ = True  # type: ignore[attr-defined]  # pytest then takes any name
        return function

    return mark


def seed(function: F) -> F:
    """Mark the function that makes the kata's data once, over HTTP; see the fixture `seeded`."""
    setattr(function, SEED, True)
    return function


def wants(reply: Reply, *codes: int) -> Reply:
    """Assert the status of an answer, and give it back.

    Raises:
        UnwantedError: it is another; the review shows request and answer without their values.
    """
    if reply.status not in codes:
        text = f"{reply.what} {reply.answered}; expected {either(codes)}."
        raise UnwantedError(text, Answered(reply, codes))
    return reply


def refused(reply: Reply, *codes: int) -> Reply:
    """Assert that a request was refused: by 403 or 404 unless other codes are named."""
    return wants(reply, *(codes or (403, 404)))


def tally(replies: Iterable[Reply]) -> dict[int, int]:
    """How many answers of each status; 0 counts those that never came."""
    counts: dict[int, int] = {}
    for reply in replies:
        counts[reply.status] = counts.get(reply.status, 0) + 1
    return counts
