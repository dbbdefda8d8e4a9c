"""How long pairs of containers take here, beside pairs made cold by bubblewrap, in one run.

`python tests/load/bench_docker.py [rounds]`; starts a Docker daemon of its own where none answers.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))

import dockerd

from grader.grade import grade
from grader.kata import Kata, bundled_katas, load_kata
from grader.report import Verdict
from grader.sandbox.base import Driver
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.docker import Docker
from grader.sandbox.pool import Pool

FULL_S = 120.0


T = TypeVar("T")


class Watch:
    """Medians of how long named acts took, in milliseconds."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}

    def __call__(self, name: str, act: Callable[..., T], *arguments: object) -> T:
        began = time.perf_counter()
        done = act(*arguments)
        self._times.setdefault(name, []).append((time.perf_counter() - began) * 1e3)
        return done

    def medians(self) -> dict[str, float]:
        return {name: round(statistics.median(mine), 1) for name, mine in self._times.items()}


def approve(kata: Kata, driver: Driver) -> None:
    if grade(kata, kata.reference, driver).verdict is not Verdict.APPROVED:
        raise RuntimeError("the reference was not approved, so its time means nothing")


def measure(rounds: int) -> dict[str, float]:
    """Medians in milliseconds, all forms interleaved."""
    kata = load_kata(bundled_katas() / "contracts" / "library-desk")
    watch = Watch()
    watch("docker_first_driver_ms", lambda: Docker().close())  # builds the images
    docker, bubblewrap = Docker(), Bubblewrap()
    with Pool(docker, 1) as pool:
        for _ in range(rounds):
            for driver in (docker, bubblewrap):
                pool.wait_until_full(FULL_S)  # nothing is made beside
                pair = watch(f"{driver.name}_pair_ms", driver.pair)
                watch(f"{driver.name}_close_ms", pair.close)
                watch(f"{driver.name}_graded_cold_ms", approve, kata, driver)
            pool.wait_until_full(FULL_S)
            watch("docker_graded_waiting_ms", approve, kata, pool)
    return watch.medians()


def main() -> None:
    if why := dockerd.lacks():
        sys.exit(why)
    try:
        figures = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    finally:
        dockerd.stop()
    sys.stdout.write(f"{json.dumps(figures, indent=2)}\n")


if __name__ == "__main__":
    main()
