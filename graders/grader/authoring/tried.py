"""Whether the requests that a kata offers for a start can be sent as they stand."""

from collections.abc import Iterator

from grader.kata import Kata
from grader.sandbox.base import Driver
from grader.trying import try_out

TRIES = 3  # where the platform was at fault


def tried(kata: Kata, sandbox: Driver) -> Iterator[str]:
    """What does not succeed, on the starter and on the reference, one sentence for each thing.

    Learners send them one after the other, so they are sent as one list. A refusal that is meant
    would tell where to look, and one that is not would send learners astray.
    """
    calls = [example.call for example in kata.trial.examples]
    for name, files in (("starter", kata.starter), ("reference", kata.reference)):
        trial = try_out(kata, files, calls, sandbox)
        for _ in range(TRIES - 1):
            if trial.end != "broken":
                break
            trial = try_out(kata, files, calls, sandbox)
        if trial.failure is not None:
            yield f"{name}: {trial.failure.text}"
        for example, exchange in zip(kata.trial.examples, trial.exchanges, strict=False):
            if not 200 <= exchange.status < 300:
                said = exchange.status or exchange.failure
                yield f"{name}: {example.title!r} was answered {said}"
