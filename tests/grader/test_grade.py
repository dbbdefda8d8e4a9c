"""The front door: what a run observed becomes verdict, blame, failure and report."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pairs import FakeDriver, FakePair, Script, gone, says, silent

from grader import grade as module
from grader.grade import grade, limits_of, without_sandbox
from grader.inside.wire import Line
from grader.kata import Kata, load_kata
from grader.report import Blame, CheckResult, Outcome, Report, Verdict, parse_report
from grader.sandbox.base import Driver, Limits

KATA = Path(__file__).parents[1] / "hostile/kata/data/cloakroom"
DONE = {"event": "done"}
CHECKS = ("k1", "c1", "c2")


@pytest.fixture(scope="module")
def kata() -> Kata:
    return load_kata(KATA)


def check(id: str, outcome: str = "passed", **more: Any) -> dict[str, Any]:
    return {"event": "check", "id": id, "outcome": outcome, "evidence": [], "ms": 1.0, **more}


def results(**outcomes: str) -> list[dict[str, Any]]:
    """One event a check: passed, unless another outcome is named; then the end."""
    return [check(id, outcomes.get(id, "passed")) for id in CHECKS] + [DONE]


def unstartable(kind: str) -> dict[str, Any]:
    failure = {"kind": kind, "text": "Because.", "file": "app/main.py", "line": 3}
    return {"event": "unstartable", "failure": failure}


def run(suite: Script, app: Script = silent) -> FakePair:
    return FakePair(suite, app)


GOOD = says(*results())


def graded(kata: Kata, *suites: Script | FakePair) -> tuple[Report, FakeDriver]:
    """A report where the pairs, in order, are played like this: submission first, then canary."""
    pairs = [suite if isinstance(suite, FakePair) else run(suite) for suite in suites]
    driver = FakeDriver(*pairs)
    report = grade(kata, kata.starter, driver, seed=7)
    assert [pair.closed for pair in driver.given] == [1] * len(driver.given)
    driver.close()
    return report, driver


def exits_with(code: int) -> FakePair:
    """A run in which the service ended by itself, and the suite then told its results."""

    def app(line: Line) -> None:
        line.receive()
        line.send({"event": "exit", "slot": 0, "code": code})
        silent(line)

    def suite(line: Line) -> None:
        line.receive()
        line.receive()
        for event in results(c1="failed"):
            line.send(event)
        silent(line)

    return run(suite, app)


def outcomes(report: Report) -> list[Outcome]:
    return [c.outcome for c in report.checks]


# Verdicts of full runs


@pytest.mark.parametrize(
    ("events", "verdict", "closed"),
    [
        (results(), Verdict.APPROVED, 2),
        (results(c1="failed"), Verdict.CHANGES_REQUESTED, 1),
        (results(c1="failed", c2="failed"), Verdict.CHANGES_REQUESTED, 0),
        (results(k1="failed"), Verdict.REGRESSED, 2),
        (results(k1="failed", c1="failed"), Verdict.REGRESSED, 1),
    ],
)
def test_full_run_gives_its_verdict_and_nobody_is_blamed(
    kata: Kata, events: list[dict[str, Any]], verdict: Verdict, closed: int
) -> None:
    report, driver = graded(kata, says(*events))
    assert report.verdict is verdict
    assert report.score.closed == closed
    assert report.blame is None
    assert report.failure is None
    assert report.seed == 7
    assert len(driver.given) == 1, "a full run needs no canary"


def test_results_come_in_the_order_of_the_kata_whatever_order_they_were_told_in(kata: Kata) -> None:
    report, _ = graded(kata, says(check("c2"), check("k1"), check("c1"), DONE))
    assert tuple(c.id for c in report.checks) == CHECKS


def test_check_that_was_not_told_is_not_run_and_never_passed(kata: Kata) -> None:
    report, _ = graded(kata, says(check("k1"), check("c1"), DONE))
    assert outcomes(report) == [Outcome.PASSED, Outcome.PASSED, Outcome.NOT_RUN]
    assert report.verdict is Verdict.CHANGES_REQUESTED


def test_results_are_told_while_they_come(kata: Kata) -> None:
    seen: list[CheckResult] = []
    grade(kata, kata.starter, FakeDriver(run(GOOD)), watch=seen.append)
    assert tuple(c.id for c in seen) == CHECKS


def test_report_can_be_stored_and_read_again(kata: Kata) -> None:
    report, _ = graded(kata, says(*results(c1="failed")))
    assert parse_report(report.model_dump_json()) == report
    assert report.kata_version == kata.version
    assert report.phases.run_ms > 0
    assert report.limits["wall_s"] == 5.0


def test_seed_is_chosen_anew_without_one(kata: Kata) -> None:
    seeds = {grade(kata, kata.starter, FakeDriver(run(GOOD))).seed for _ in range(4)}
    assert len(seeds) > 1


def test_files_that_are_not_the_learners_are_noted_and_ignored(kata: Kata) -> None:
    seen: list[tuple[Any, bytes]] = []

    def app(line: Line) -> None:
        frame = line.receive()
        assert frame is not None
        seen.append(frame)
        silent(line)

    files = {"app/main.py": "x = 1\n", "app/outside.py": "forged", "conftest.py": "forged"}
    report = grade(kata, files, FakeDriver(run(GOOD, app)))
    assert b"forged" not in seen[0][1]
    assert [note.split(" ")[0] for note in report.notes] == ["app/outside.py", "conftest.py"]


# Blame


@pytest.mark.parametrize("kind", ["syntax", "exception", "exit", "no_app"])
def test_service_that_does_not_start_is_the_learners(kata: Kata, kind: str) -> None:
    report, driver = graded(kata, says(unstartable(kind)))
    assert report.verdict is Verdict.UNRUNNABLE
    assert report.blame is Blame.YOU
    assert report.failure is not None
    assert report.failure.text == "The service did not start. Because."
    assert report.failure.place is not None
    assert (report.failure.place.file, report.failure.place.line) == ("app/main.py", 3)
    assert len(driver.given) == 1


def test_service_without_enough_memory_exceeds_a_limit(kata: Kata) -> None:
    report, _ = graded(kata, says(unstartable("memory")))
    assert report.verdict is Verdict.LIMIT_EXCEEDED


def test_service_that_is_late_is_the_learners_if_the_reference_is_not(kata: Kata) -> None:
    report, driver = graded(kata, says(unstartable("timeout")), GOOD)
    assert report.verdict is Verdict.UNRUNNABLE
    assert report.blame is Blame.YOU
    assert len(driver.given) == 2


def test_service_that_is_late_is_the_platforms_if_the_reference_is_late_too(kata: Kata) -> None:
    late = says(unstartable("timeout"))
    report, _ = graded(kata, late, late)
    assert report.verdict is None
    assert report.blame is Blame.PLATFORM


def _dies() -> FakePair:
    return run(silent, gone)


def _suite_dies() -> FakePair:
    return run(gone)


def _breaks() -> FakePair:
    return run(says({"event": "broken", "why": "the suite's own words"}))


def _errs() -> FakePair:
    return run(says(*results(c1="error")))


DOUBTFUL = {"app died": _dies, "suite died": _suite_dies, "broken": _breaks, "error": _errs}


@pytest.mark.parametrize("first", DOUBTFUL.values(), ids=DOUBTFUL)
def test_doubtful_run_is_the_learners_where_the_reference_passes(kata: Kata, first: Any) -> None:
    report, driver = graded(kata, first(), GOOD)
    assert report.blame is Blame.YOU
    assert report.verdict is not None
    assert report.verdict is not Verdict.APPROVED
    assert len(driver.given) == 2


@pytest.mark.parametrize("first", DOUBTFUL.values(), ids=DOUBTFUL)
@pytest.mark.parametrize(
    ("canary", "blame"),
    [
        (_dies, Blame.PLATFORM),
        (_suite_dies, Blame.PLATFORM),
        (_breaks, Blame.KATA),
        (_errs, Blame.KATA),
    ],
    ids=["app dies", "suite dies", "broken", "error"],
)
def test_doubtful_run_is_never_the_learners_where_the_reference_fails_too(
    kata: Kata, first: Any, canary: Any, blame: Blame
) -> None:
    report, _ = graded(kata, first(), canary())
    assert report.blame is blame
    assert report.verdict is None
    assert report.review is None
    assert report.failure is not None
    assert report.failure.code
    assert "does not count against you" in report.failure.text


LATE = [check("k1"), check("c1", "failed", why="time-out"), check("c2"), DONE]


def test_check_that_ran_out_of_time_is_the_learners_where_the_reference_is_in_time(
    kata: Kata,
) -> None:
    report, driver = graded(kata, says(*LATE), GOOD)
    assert (report.verdict, report.blame) == (Verdict.CHANGES_REQUESTED, None)
    assert len(driver.given) == 2


def test_check_that_ran_out_of_time_is_the_platforms_where_the_reference_is_late_too(
    kata: Kata,
) -> None:
    report, _ = graded(kata, says(*LATE), says(*LATE))
    assert (report.verdict, report.blame) == (None, Blame.PLATFORM)


def test_machine_on_which_the_reference_takes_half_its_time_is_too_busy_to_judge(
    kata: Kata, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLOW", 0.0)
    report, _ = graded(kata, says(*LATE), GOOD)
    assert (report.verdict, report.blame) == (None, Blame.PLATFORM)


def test_sandbox_that_died_with_the_submission_alone_is_noted_as_tampering(kata: Kata) -> None:
    report, _ = graded(kata, _dies(), GOOD)
    assert [t.kind for t in report.tampering] == ["sandbox"]


@pytest.mark.parametrize("end", [_dies, _suite_dies, _breaks], ids=["app dies", "suite", "broken"])
def test_run_that_broke_off_after_its_last_check_is_not_approved(kata: Kata, end: Any) -> None:
    """Whoever brings a sandbox down at the end must not be better off than who does not."""
    events = results()[:-1]
    if end is _breaks:
        first = run(says(*events, {"event": "broken", "why": "x"}))
    else:

        def suite(line: Line) -> None:
            line.receive()
            for event in events:
                line.send(event)
            if end is _dies:
                line.send({"op": "log", "id": 1})
                silent(line)

        def app(line: Line) -> None:
            line.receive()
            line.receive()

        first = run(suite, app)
    report, _ = graded(kata, first, GOOD)
    assert report.blame is Blame.YOU
    assert report.verdict is not Verdict.APPROVED


def test_what_is_for_operators_reaches_no_report(kata: Kata) -> None:
    report, _ = graded(kata, _breaks(), _breaks())
    assert "the suite's own words" not in report.model_dump_json()


# Limits


@pytest.mark.parametrize("code", [-24, -25], ids=["SIGXCPU", "SIGXFSZ"])
def test_service_that_was_ended_for_a_limit_exceeds_it(kata: Kata, code: int) -> None:
    report, _ = graded(kata, exits_with(code))
    assert report.verdict is Verdict.LIMIT_EXCEEDED
    assert report.failure is not None


@pytest.mark.parametrize("code", [0, 1, -9, -11])
def test_other_ends_of_the_service_are_left_to_the_checks(kata: Kata, code: int) -> None:
    report, _ = graded(kata, exits_with(code))
    assert report.verdict is Verdict.CHANGES_REQUESTED


def test_flood_of_output_exceeds_a_limit(kata: Kata) -> None:
    def floods(line: Line) -> None:
        line.receive()
        line.send({"event": "flood"})
        silent(line)

    report, driver = graded(kata, run(silent, floods))
    assert report.verdict is Verdict.LIMIT_EXCEEDED
    assert report.blame is Blame.YOU
    assert len(driver.given) == 1


def test_run_that_takes_too_long_exceeds_a_limit_and_keeps_what_it_found(
    kata: Kata, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(limits_of(kata), wall_s=0.3)

    def shorter(_: Kata) -> Limits:
        return short

    monkeypatch.setattr(module, "limits_of", shorter)
    report, _ = graded(kata, says(check("k1"), check("c1", "failed")), GOOD)
    assert report.verdict is Verdict.LIMIT_EXCEEDED
    assert report.blame is Blame.YOU
    assert outcomes(report) == [Outcome.PASSED, Outcome.FAILED, Outcome.NOT_RUN]


# Without a sandbox


def test_pair_that_cannot_be_made_is_the_platforms(kata: Kata) -> None:
    report, _ = graded(kata)
    assert report.blame is Blame.PLATFORM
    assert report.verdict is None
    assert outcomes(report) == [Outcome.NOT_RUN] * 3


def test_canary_that_cannot_be_made_is_the_platforms(kata: Kata) -> None:
    report, _ = graded(kata, _dies())
    assert report.blame is Blame.PLATFORM


def test_machine_without_a_sandbox_gives_a_report_without_a_verdict(kata: Kata) -> None:
    report = without_sandbox(kata, "no namespaces")
    assert report.verdict is None
    assert report.blame is Blame.PLATFORM
    assert "no namespaces" not in report.model_dump_json()


# Through real sandboxes


def _real(kata: Kata, sandbox: Driver, files: Any, seeds: Iterable[int]) -> list[Report]:
    return [grade(kata, files, sandbox, seed=seed) for seed in seeds]


@pytest.mark.sandbox
def test_starter_and_reference_are_told_apart(kata: Kata, sandbox: Driver) -> None:
    (starter,) = _real(kata, sandbox, kata.starter, [1])
    (reference,) = _real(kata, sandbox, kata.reference, [1])
    assert (starter.verdict, reference.verdict) == (Verdict.CHANGES_REQUESTED, Verdict.APPROVED)
    assert starter.phases.start_ms > 0
    assert starter.review is not None
    assert {f.place.file for f in starter.review.findings if f.place} == {"app/main.py"}


@pytest.mark.sandbox
def test_seed_repeats_the_random_inputs_of_a_run(kata: Kata, sandbox: Driver) -> None:
    one, again, other = (
        [e.facts for c in report.checks for e in c.evidence]
        for report in _real(kata, sandbox, kata.starter, [5, 5, 6])
    )
    assert one == again
    assert one != other
