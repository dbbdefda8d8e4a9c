"""How fast a learner's requests are answered here, from hand-over to the answers."""

import statistics
import time
from collections.abc import Callable, Sequence

from grader.authoring.bench import FULL_S, Milliseconds, percentile_95
from grader.kata import Kata
from grader.report import Value
from grader.sandbox import choose
from grader.sandbox.pool import Pool
from grader.trial import Call
from grader.trying import try_out


class TrialFigures(Value):
    """What was measured, with a pair that waits warm; times in milliseconds.

    Attributes:
        one_p50_ms: the author's first example alone; so is `one_p95_ms`.
        all_p50_ms: all of the author's examples as one list; so is `all_p95_ms`.
    """

    kata: str
    rounds: int
    calls: int
    one_p50_ms: Milliseconds
    one_p95_ms: Milliseconds
    all_p50_ms: Milliseconds
    all_p95_ms: Milliseconds


def bench_trial(
    kata: Kata, rounds: int, tell: Callable[[str], None] = lambda _: None
) -> TrialFigures:
    """Measure.

    Raises:
        RuntimeError: a trial was not answered to its end, so its time means nothing.
    """
    calls = [example.call for example in kata.trial.examples]
    one: list[Milliseconds] = []
    whole: list[Milliseconds] = []
    with Pool(choose("auto"), 1) as pool:
        for number in range(rounds):
            tell(f"round {number + 1} of {rounds}")
            one.append(_tried(kata, calls[:1], pool))
            whole.append(_tried(kata, calls, pool))
    return TrialFigures(
        kata=kata.slug,
        rounds=rounds,
        calls=len(calls),
        one_p50_ms=round(statistics.median(one), 1),
        one_p95_ms=round(percentile_95(one), 1),
        all_p50_ms=round(statistics.median(whole), 1),
        all_p95_ms=round(percentile_95(whole), 1),
    )


def _tried(kata: Kata, calls: Sequence[Call], pool: Pool) -> Milliseconds:
    pool.wait_until_full(FULL_S)
    began = time.perf_counter()
    report = try_out(kata, kata.starter, calls, pool)
    ms = (time.perf_counter() - began) * 1e3
    if report.end != "answered":
        raise RuntimeError(f"the starter was not tried to the end: {report.failure}")
    return ms
