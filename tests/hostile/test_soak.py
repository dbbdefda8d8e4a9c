"""Five hundred submissions of mixed honesty through one worker's pool: nothing is left of them."""

import itertools
import os
import resource
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hostile.conftest import Host
from hostile.test_attacks import CORPUS
from processes import descendants

from grader.grade import grade
from grader.kata import Kata
from grader.report import Blame, Verdict
from grader.sandbox import choose
from grader.sandbox.cgroup import PREFIX, ROOT
from grader.sandbox.pool import Pool

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
SUBMISSIONS, AT_ONCE = 500, 2
WARM = 50  # after so many, memory has its shape
GROWTH = 24 << 20
EACH_OTHER = 3  # of each kind of attack, the quick ones first; hanging ones would take an hour


def _submissions(kata: Kata, host: Host) -> list[tuple[dict[str, str], frozenset[Verdict]]]:
    """Honest ones and attacks in turn, each with the verdicts that may come of it."""
    attacks = [a for kind in CORPUS.values() for a in kind[:EACH_OTHER]]
    honest = [
        (dict(kata.starter), frozenset({Verdict.CHANGES_REQUESTED})),
        (dict(kata.reference), frozenset({Verdict.APPROVED})),
    ]
    hostile = [(a.submission(kata.starter, host.names()), a.expected) for a in attacks]
    mixed = [pair for attack in hostile for pair in (*honest, attack)]
    return list(itertools.islice(itertools.cycle(mixed), SUBMISSIONS))


def _left() -> dict[str, int]:
    """What a machine may keep of gradings: mounts, folders, sockets, groups, descriptors."""
    return {
        "mounts": len(Path("/proc/self/mounts").read_text().splitlines()),
        "folders": len(list(Path(tempfile.gettempdir()).glob("kintsugi-*"))),
        "sockets": len(Path("/proc/net/unix").read_text().splitlines()),
        "groups": len(list(ROOT.rglob(f"{PREFIX}{os.getpid()}-*"))),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
    }


def _memory() -> int:
    """Bytes that this process and what it started hold, by their proportional share."""
    total = 0
    for pid, _ in {*descendants(), (os.getpid(), 0)}:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(x.split()[1]) << 10 for x in text.splitlines() if x.startswith("Pss:"))
    return total


def test_five_hundred_submissions_leave_nothing_and_get_their_verdicts(
    attacked: Kata, host: Host
) -> None:
    before, others = _left(), descendants()
    work = _submissions(attacked, host)
    with Pool(choose("auto"), AT_ONCE) as pool, ThreadPoolExecutor(AT_ONCE) as threads:

        def graded(job: tuple[dict[str, str], frozenset[Verdict]]) -> str:
            files, expected = job
            report = grade(attacked, files, pool)
            if report.blame is Blame.PLATFORM:  # as a worker does
                report = grade(attacked, files, pool)
            right = report.verdict in expected and report.blame in (None, Blame.YOU)
            return "" if right else f"{report.verdict} {report.blame}, expected {set(expected)}"

        wrong = [why for why in threads.map(graded, work[:WARM]) if why]
        assert pool.wait_until_full(60)
        warm = _memory()
        wrong += [why for why in threads.map(graded, work[WARM:]) if why]
        assert pool.wait_until_full(60)
        grown = _memory() - warm
    assert wrong == []
    assert grown < GROWTH, f"{grown >> 20} MiB more after {SUBMISSIONS - WARM} submissions"
    assert descendants() - others == set()
    after = _left()
    assert {what: after[what] - count for what, count in before.items()} == dict.fromkeys(before, 0)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1 << 21  # KiB
    host.assert_untouched()
