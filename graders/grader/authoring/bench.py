"""How fast grading is here, beside the ways it could be done, interleaved in one run."""

import contextlib
import math
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import grader
from grader.grade import grade
from grader.inside.suite import __file__ as suite_init
from grader.kata import Kata
from grader.report import Value, Verdict
from grader.sandbox.base import Driver, SandboxError
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.pool import Pool
from grader.sandbox.runtime import ensure_runtime
from grader.sandbox.sides import BASE_ENV, SUITE_SIDE
from grader.sandbox.zygote import Zygotes

MIB = 1 << 20
FULL_S = 60.0
IN_CONTAINER = "docker run --rm, pytest and TestClient beside the submission"
IN_PROCESS = "a cold process, pytest and TestClient beside the submission (no Docker here)"
IN_IMAGE = (
    "/opt/runtime/packages",
    "/shown/graders",
    "/shown/graders/grader/inside/app/modules",
    "/shown/graders/grader/inside/suite",
)
MOST = 0.9  # of the checks pass without an outside world
Milliseconds = float


class Figures(Value):
    """What was measured; times in milliseconds, from hand-over to verdict.

    Attributes:
        cold_way: what `cold_container_ms` is: pytest and the service in one new process, as usual,
            in a container where a Docker daemon answers.
        cold_container_ms: that way.
        cold_pair_ms: two new sandboxes.
        warm_p50_ms: two sandboxes that wait warm; so is `warm_p95_ms`.
        floor_ms: the same checks' calls in a warm interpreter, without any sandbox.
        sustained_per_minute: gradings on all cores, with refill from zygotes.
        pair_mib: memory of a pair that was made cold, and of one forked from zygotes.
    """

    kata: str
    rounds: int
    cold_way: str
    cold_container_ms: Milliseconds
    cold_pair_ms: Milliseconds
    warm_p50_ms: Milliseconds
    warm_p95_ms: Milliseconds
    floor_ms: Milliseconds
    ratio_vs_cold_container: float
    ratio_vs_floor: float
    sustained_per_minute: float
    sustained_cold_per_minute: float
    sustained_vs_cold: float
    pair_mib: float
    forked_pair_mib: float
    refill: str = "zygote"


def bench(
    kata: Kata, rounds: int, seconds: float, tell: Callable[[str], None] = lambda _: None
) -> Figures:
    """Measure.

    Args:
        kata: its reference is graded; its suite must not need the outside world or a restart.
        rounds: of each form, interleaved.
        seconds: of sustained load, for each refill.
        tell: hears what is being measured.

    Raises:
        RuntimeError: a form did not approve the reference, so its time means nothing.
    """
    cold, zygotes = Bubblewrap(), Zygotes(Bubblewrap())
    try:
        container = _container(kata)
        with Pool(zygotes, 1) as pool, _bare(kata, container) as (field, floor):
            forms: dict[str, Callable[[], Milliseconds]] = {
                "field": field,
                "cold": lambda: _graded(kata, cold),
                "warm": lambda: _waiting(kata, pool),
                "floor": floor,
            }
            times: dict[str, list[float]] = {name: [] for name in forms}
            for number in range(rounds):
                tell(f"round {number + 1} of {rounds}")
                for name, form in forms.items():
                    times[name].append(form())
            tell("sustained, forked")
            forked_rate = _sustained(kata, zygotes, seconds)
            tell("sustained, cold")
            cold_rate = _sustained(kata, cold, seconds)
            memory = _pair_mib(cold), _pair_mib(zygotes)
    finally:
        zygotes.close()
    way = IN_CONTAINER if container else IN_PROCESS
    return _figures(kata, way, times, (forked_rate, cold_rate), memory)


def _figures(
    kata: Kata,
    way: str,
    times: dict[str, list[float]],
    rates: tuple[float, float],
    memory: tuple[float, float],
) -> Figures:
    field, cold, floor = (statistics.median(times[name]) for name in ("field", "cold", "floor"))
    warm = statistics.median(times["warm"])
    return Figures(
        kata=kata.slug,
        rounds=len(times["warm"]),
        cold_way=way,
        cold_container_ms=round(field, 1),
        cold_pair_ms=round(cold, 1),
        warm_p50_ms=round(warm, 1),
        warm_p95_ms=round(percentile_95(times["warm"]), 1),
        floor_ms=round(floor, 1),
        ratio_vs_cold_container=round(field / warm, 2),
        ratio_vs_floor=round(warm / floor, 2),
        sustained_per_minute=round(rates[0], 1),
        sustained_cold_per_minute=round(rates[1], 1),
        sustained_vs_cold=round(rates[0] / rates[1], 2),
        pair_mib=round(memory[0], 1),
        forked_pair_mib=round(memory[1], 1),
    )


def percentile_95(times: list[float]) -> float:
    return sorted(times)[math.ceil(0.95 * len(times)) - 1]


def _graded(kata: Kata, sandbox: Driver) -> Milliseconds:
    began = time.perf_counter()
    report = grade(kata, kata.reference, sandbox)
    if report.verdict is not Verdict.APPROVED:
        raise RuntimeError(f"the reference was not approved: {report.failure}")
    return (time.perf_counter() - began) * 1e3


def _waiting(kata: Kata, pool: Pool) -> Milliseconds:
    pool.wait_until_full(FULL_S)
    return _graded(kata, pool)


def _sustained(kata: Kata, sandbox: Driver, seconds: float) -> float:
    """Gradings a minute, as many at a time as there are cores."""
    cores = os.cpu_count() or 1
    end = time.monotonic() + seconds

    def work(_: int) -> int:
        done = 0
        while time.monotonic() < end:
            _graded(kata, sandbox)
            done += 1
        return done

    began = time.monotonic()
    with ThreadPoolExecutor(cores) as workers:
        done = sum(workers.map(work, range(cores)))
    return done * 60 / (time.monotonic() - began)


def _pair_mib(sandbox: Driver) -> float:
    """Memory that one more pair costs: the proportional share of its processes."""
    before = _descendants()
    pair = sandbox.pair()
    try:
        return sum(_share(pid) for pid in _descendants() - before) / MIB
    finally:
        pair.close()


def _descendants() -> set[int]:
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    mine = {os.getpid()}
    while grown := {pid for pid, parent in parents.items() if parent in mine} - mine:
        mine |= grown
    return mine


def _share(pid: int) -> int:
    """Proportional set size in bytes; 0 for a process that hides it or has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    line = next((line for line in text.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
    return int(line.split()[1]) * 1024


@contextmanager
def _bare(
    kata: Kata, container: list[str] | None
) -> Generator[tuple[Callable[[], Milliseconds], Callable[[], Milliseconds]]]:
    """The field's way and the floor, on files of ours."""
    total = len(kata.manifest.checks)
    with TemporaryDirectory() as folder:
        for path, text in kata.reference.items():
            target = Path(folder) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        command = [sys.executable, "-S", "-m", "grader.authoring.bare"]
        command += [str(kata.folder / "suite"), folder]
        env = {"PYTHONPATH": os.pathsep.join(_paths()), "PYTHONDONTWRITEBYTECODE": "1"}
        server = subprocess.Popen(
            [*command, "--serve"],
            env=env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            usual = _in_container(container, Path(folder)) if container else command
            yield (
                lambda: _cold(usual, None if container else env, total),
                lambda: _floor(server, total),
            )
        finally:
            server.kill()
            server.wait()


def _container(kata: Kata) -> list[str] | None:
    """The beginning of a `docker run` as the field does it; None where no daemon answers."""
    program = shutil.which("docker")
    if program is None:
        return None
    from grader.sandbox.docker import Docker  # its SDK takes a while to import

    try:
        with contextlib.closing(Docker()) as driver:
            image = driver.images[SUITE_SIDE.name]
    except SandboxError:
        return None
    variables = BASE_ENV | {"PYTHONPATH": ":".join(IN_IMAGE)}
    given = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    graders = Path(grader.__file__).parents[1]
    shown = ["-v", f"{graders}:/shown/graders:ro", "-v", f"{kata.folder}:/shown/kata:ro"]
    return [program, "run", "--rm", "--network", "none", *given, *shown, "-v", image]


def _in_container(container: list[str], folder: Path) -> list[str]:
    *start, image = container
    run = [*start, f"{folder}:/shown/submission:ro", image, "/opt/runtime/bin/python3", "-s"]
    return [*run, "-m", "grader.authoring.bare", "/shown/kata/suite", "/shown/submission"]


def _paths() -> list[str]:
    inside = Path(suite_init).parents[1]
    packages = ensure_runtime().root / "packages"
    graders = Path(grader.__file__).parents[1]
    return [str(p) for p in (packages, graders, inside / "app/modules", inside / "suite")]


def _cold(command: list[str], env: dict[str, str] | None, total: int) -> Milliseconds:
    began = time.perf_counter()
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    ms = (time.perf_counter() - began) * 1e3
    _assert_ran(ran.stdout or "0", total, ran.stderr)
    return ms


def _floor(server: "subprocess.Popen[str]", total: int) -> Milliseconds:
    if server.stdin is None or server.stdout is None:
        raise RuntimeError("the floor has no pipes")
    server.stdin.write("go\n")
    server.stdin.flush()
    passed, ms = server.stdout.readline().split()
    _assert_ran(passed, total, "")
    return float(ms)


def _assert_ran(passed: str, total: int, said: str) -> None:
    if int(passed) < MOST * total:
        raise RuntimeError(f"{passed.strip()} of {total} checks passed unsandboxed: {said[-500:]}")
