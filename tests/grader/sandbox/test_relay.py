"""The relay between two sandboxes, either of which may have fallen to the submission."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pairs import FakePair, Script, gone, says, silent, takes_order_and_ends

from grader.inside.wire import HEAD, Line
from grader.report import CheckKind, CheckResult, Outcome, Place, Tampering
from grader.sandbox import relay
from grader.sandbox.base import Limits
from grader.sandbox.relay import End, Run
from grader.sandbox.suite import Order, conduct

DONE = {"event": "done"}
ORDER = Order(
    files={"app/main.py": "app = None\n"},
    starter={"app/main.py": "app = ...\n"},
    suite={"test_x.py": "# secret\n"},
    checks={
        "k1": (CheckKind.KEEP, None, "A rule is kept"),
        "c1": (CheckKind.FIND, "F1", "A flaw is mended"),
    },
    selectors={"F1": ("file app/main.py",)},
    environment={"REGION": "north"},
    limits=Limits(wall_s=5.0),
    seed=7,
)


def check(id: str = "k1", **changes: Any) -> dict[str, Any]:
    return {
        "event": "check",
        "id": id,
        "outcome": "passed",
        "evidence": [],
        "ms": 1.5,
        "why": "",
        **changes,
    }


def run(
    suite: Script,
    app: Script = silent,
    order: Order = ORDER,
    watch: Callable[[CheckResult], None] = lambda _: None,
) -> Run:
    pair = FakePair(suite, app)
    try:
        return conduct(pair, order, watch)
    finally:
        pair.close()


def test_checks_are_taken_in_and_told_one_by_one() -> None:
    seen: list[str] = []
    evidence = [{"text": "Two were sold.", "facts": {"sold": 2}}]
    failed = check("c1", outcome="failed", evidence=evidence)
    told = run(says(check("k1"), failed, DONE), watch=lambda result: seen.append(result.id))
    assert told.end is End.DONE
    assert seen == ["k1", "c1"]
    assert [(c.id, c.kind, c.outcome) for c in told.checks] == [
        ("k1", CheckKind.KEEP, Outcome.PASSED),
        ("c1", CheckKind.FIND, Outcome.FAILED),
    ]
    assert told.checks[1].evidence[0].facts == {"sold": 2}


def test_title_and_kind_are_the_katas_not_what_the_suite_side_says() -> None:
    told = run(says(check("c1", title="forged", kind="keep", finding=None), DONE))
    assert told.checks[0].title == "A flaw is mended"
    assert told.checks[0].kind is CheckKind.FIND


def test_each_side_gets_its_own_share_and_the_app_never_the_suite() -> None:
    got: dict[str, tuple[dict[str, Any], Any]] = {}

    def side(name: str, then: Script) -> Script:
        def play(line: Line) -> None:
            frame = line.receive()
            assert frame is not None
            got[name] = frame[0], json.loads(frame[1])
            then(line)

        return play

    def finish(line: Line) -> None:
        line.send(DONE)

    run(side("suite", finish), side("app", silent))
    message, files = got["app"]
    assert message["op"] == "load"
    assert message["limits"] == ORDER.limits.of_process()
    assert files == ORDER.files
    assert "secret" not in json.dumps(got["app"])
    message, blob = got["suite"]
    assert (message["op"], message["seed"]) == ("run", 7)
    assert [c["id"] for c in message["checks"]] == ["k1", "c1"]
    assert blob == {"suite": ORDER.suite, "source": ORDER.files, "starter": ORDER.starter}


def test_operations_and_answers_pass_with_their_blobs() -> None:
    answers: list[tuple[dict[str, Any], bytes]] = []

    def suite(line: Line) -> None:
        line.receive()
        line.send({"op": "database", "id": 3})
        frame = line.receive()
        assert frame is not None
        answers.append(frame)
        line.send(DONE)

    def app(line: Line) -> None:
        line.receive()
        frame = line.receive()
        assert frame == ({"op": "database", "id": 3}, b"")
        line.send({"answer": 3, "ok": True}, b"SQLite\0" * 1000)
        silent(line)

    assert run(suite, app).end is End.DONE
    assert answers == [({"answer": 3, "ok": True}, b"SQLite\0" * 1000)]


def test_time_to_start_and_exits_are_noted_on_the_way() -> None:
    def app(line: Line) -> None:
        line.receive()
        line.send({"answer": 1, "ok": True, "ms": 41.5})
        line.send({"event": "exit", "slot": 0, "code": -24})
        silent(line)

    def suite(line: Line) -> None:
        for _ in range(3):
            line.receive()
        line.send(DONE)

    told = run(suite, app)
    assert told.start_ms == 41.5
    assert told.exits == [-24]


@pytest.mark.parametrize("op", ["load", "exec", "", None.__class__.__name__, 7, ["stop"], {}])
def test_operation_that_there_is_not_ends_the_run_and_reaches_nobody(op: object) -> None:
    seen: list[object] = []

    def app(line: Line) -> None:
        line.receive()
        seen.append(line.receive())

    told = run(says({"op": op, "id": 1}), app)
    assert told.end is End.SUITE_BROKEN
    assert "unknown operation" in told.why
    assert seen == [None]


def test_flood_of_events_ends_the_run() -> None:
    def suite(line: Line) -> None:
        line.receive()
        for _ in range(relay.EVENTS_CAP + 10):
            line.send({"event": "collected", "checks": []})

    told = run(suite)
    assert told.end is End.SUITE_BROKEN
    assert told.why == "too many events"


def test_silence_ends_with_the_wall_limit() -> None:
    began = time.monotonic()
    told = run(silent, order=replace(ORDER, limits=Limits(wall_s=0.2)))
    assert told.end is End.WALL
    assert 0.2 <= time.monotonic() - began < 2.0
    assert told.run_ms >= 200


def test_chatter_without_end_does_not_outlast_the_wall_limit() -> None:
    def suite(line: Line) -> None:
        line.receive()
        while True:
            line.send({"op": "log", "id": 1})

    began = time.monotonic()
    told = run(suite, order=replace(ORDER, limits=Limits(wall_s=0.3)))
    assert told.end is End.WALL
    assert time.monotonic() - began < 2.0


def test_results_before_the_wall_limit_are_kept() -> None:
    told = run(says(check("k1")), order=replace(ORDER, limits=Limits(wall_s=0.3)))
    assert told.end is End.WALL
    assert [c.id for c in told.checks] == ["k1"]


def test_flood_of_output_ends_the_run() -> None:
    def app(line: Line) -> None:
        line.receive()
        line.send({"event": "flood"})
        silent(line)

    assert run(silent, app).end is End.FLOOD


@pytest.mark.parametrize("suite", [gone, takes_order_and_ends], ids=["before", "after its order"])
def test_suite_side_that_is_gone_is_a_normal_event(suite: Script) -> None:
    assert run(suite).end is End.SUITE_DIED


@pytest.mark.parametrize("app", [gone, takes_order_and_ends], ids=["before", "after its order"])
def test_app_side_that_is_gone_is_a_normal_event(app: Script) -> None:
    assert run(silent, app).end is End.APP_DIED


def test_what_the_suite_said_before_the_app_died_counts() -> None:
    def app(line: Line) -> None:
        line.receive()
        line.receive()
        line.close()

    told = run(says(check("k1"), {"op": "log", "id": 1}), app)
    assert told.end is End.APP_DIED
    assert [c.id for c in told.checks] == ["k1"]


NOT_FRAMES = {
    "not JSON": HEAD.pack(3, 0) + b"{no",
    "no object": HEAD.pack(2, 0) + b"[]",
    "oversize": b"\xff" * 8,
}


@pytest.mark.parametrize("data", NOT_FRAMES.values(), ids=NOT_FRAMES)
@pytest.mark.parametrize("side", ["suite", "app"])
def test_what_is_no_frame_is_that_sides_end(side: str, data: bytes) -> None:
    def babbles(line: Line) -> None:
        line.receive()
        line.sock.sendall(data)
        silent(line)

    told = run(babbles) if side == "suite" else run(silent, babbles)
    assert told.end is (End.SUITE_DIED if side == "suite" else End.APP_DIED)


def test_frame_that_never_ends_is_that_sides_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "FRAME_S", 0.1)

    def half(line: Line) -> None:
        line.receive()
        line.sock.sendall(HEAD.pack(100, 0) + b"{")
        silent(line)

    assert run(half).end is End.SUITE_DIED


def test_side_that_does_not_read_is_that_sides_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "FRAME_S", 0.2)

    def deaf(line: Line) -> None:
        line.receive()
        time.sleep(1.0)  # reads nothing while operations pile up

    def suite(line: Line) -> None:
        line.receive()
        while True:
            line.send({"op": "log", "id": 1, "text": "x" * 100_000})

    assert run(suite, deaf).end is End.APP_DIED


MALFORMED: dict[str, dict[str, Any]] = {
    "unknown id": check("c9"),
    "id that is no text": check(id=["c1"]),  # type: ignore[arg-type]
    "no id": {"event": "check", "outcome": "passed", "evidence": [], "ms": 1.0},
    "unknown outcome": check(outcome="approved"),
    "no outcome": {"event": "check", "id": "k1", "evidence": [], "ms": 1.0},
    "evidence that is no list": check(evidence=7),
    "evidence without text": check(evidence=[{"facts": {}}]),
    "evidence with more": check(evidence=[{"text": "x", "facts": {}, "html": "<b>"}]),
    "time that is no number": check(ms="soon"),
}


@pytest.mark.parametrize("event", MALFORMED.values(), ids=MALFORMED)
def test_malformed_result_breaks_the_run_and_is_no_result(event: dict[str, Any]) -> None:
    told = run(says(event, DONE))
    assert told.end is End.SUITE_BROKEN
    assert told.checks == []


def test_second_result_of_a_check_breaks_the_run() -> None:
    told = run(says(check("c1", outcome="failed"), check("c1"), DONE))
    assert told.end is End.SUITE_BROKEN
    assert [(c.id, c.outcome) for c in told.checks] == [("c1", Outcome.FAILED)]


def test_places_must_be_of_known_findings_and_files() -> None:
    place = {"file": "app/main.py", "line": 1, "end": 2}
    places = {
        "F1": place,
        "F9": place,
        "F2": {**place, "file": "/etc/passwd"},
    }
    told = run(says({"event": "reading", "places": places}, DONE))
    assert told.reading.places == {"F1": Place(file="app/main.py", line=1, end=2)}


@pytest.mark.parametrize(
    "places",
    [7, None, ["F1"], {"F1": 7}, {"F1": None}, {"F1": {"file": ["x"]}}, {"F1": {"line": 1}}],
    ids=repr,
)
def test_malformed_places_are_no_places(places: object) -> None:
    told = run(says({"event": "reading", "places": places}, DONE))
    assert told.end is End.DONE
    assert told.reading.places == {}


def test_tampering_is_noted_within_bounds() -> None:
    events = [
        {"event": "tampering", "kind": "k" * 99, "detail": f"{number:02}{'d' * 999}"}
        for number in (*range(60), *range(60))
    ]
    told = run(says(*events, DONE))
    assert len(told.tampering) == 50
    assert told.tampering[0] == Tampering(kind="k" * 40, detail="00" + "d" * 298)


def test_why_of_an_error_is_for_operators_alone() -> None:
    told = run(says(check("c1", outcome="error", why="KeyError: 'x'"), DONE))
    assert "c1: KeyError: 'x'" in told.why
    assert told.checks[0].evidence == ()


def test_suite_that_says_it_is_broken_ends_the_run() -> None:
    told = run(says({"event": "broken", "why": "w" * 9_999}))
    assert told.end is End.SUITE_BROKEN
    assert told.why == "w" * 2_000


def test_service_that_did_not_start_ends_the_run_with_its_failure() -> None:
    failure = {"kind": "syntax", "text": "SyntaxError: x", "file": "app/main.py", "line": 1}
    told = run(says({"event": "unstartable", "failure": failure}))
    assert told.end is End.UNSTARTABLE
    assert told.failure == failure


@pytest.mark.parametrize("failure", ["text", 7, ["x"], None], ids=repr)
def test_forged_failure_that_is_no_object_is_taken_for_none(failure: object) -> None:
    """The app process writes it: it can write anything to its status pipe."""
    told = run(says({"event": "unstartable", "failure": failure}))
    assert told.end is End.UNSTARTABLE
    assert told.failure is None


def test_place_of_a_failure_is_in_the_submission_or_nowhere() -> None:
    for file, line in (("/etc/passwd", 1), ("app/main.py", 99), ("app/main.py", -1), (["x"], 1)):
        failure = {"kind": "syntax", "text": "x" * 999, "file": file, "line": line}
        told = run(says({"event": "unstartable", "failure": failure}))
        assert told.failure == {"kind": "syntax", "text": "x" * 300, "file": None, "line": None}


def test_text_that_cannot_be_stored_is_made_so_that_it_can() -> None:
    evidence = [{"text": "\ud800 \0 end", "facts": {"a\0": ["\udfff", float("inf")]}}]
    told = run(says(check("k1", evidence=evidence), DONE))
    assert told.end is End.DONE
    assert told.checks[0].evidence[0].text == "? \ufffd end"
    assert told.checks[0].evidence[0].facts == {"a\ufffd": ["?", None]}
    CheckResult.model_validate_json(told.checks[0].model_dump_json())


@pytest.mark.parametrize(("depth", "end"), [(50, End.DONE), (195, End.SUITE_BROKEN)])
def test_facts_nested_so_deeply_that_no_report_could_be_read_again_are_refused(
    depth: int, end: End
) -> None:
    deep = json.loads("[" * depth + "]" * depth)
    told = run(says(check("k1", evidence=[{"text": "x", "facts": {"deep": deep}}]), DONE))
    assert told.end is end
    for result in told.checks:
        CheckResult.model_validate_json(result.model_dump_json())
