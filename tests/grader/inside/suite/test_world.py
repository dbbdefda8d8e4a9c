"""The outside world: journal, manners, rendezvous, clock, faults and bounds, over a real socket."""

import json
import socket
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from grader.inside.suite.outside import Outside
from grader.inside.suite.world import GATE_S, LINE_CAP, World

WAIT_S = 5.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outside.sock"


@pytest.fixture
def world(path: Path) -> Generator[World]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        made = World(listener)
        yield made
        made.close()


@pytest.fixture
def outside(world: World) -> Outside:
    return Outside(world)


class Caller:
    """One call of the service under test."""

    def __init__(self, path: Path, name: str, rid: str | None = None, **args: object) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(WAIT_S)
        self.sock.connect(str(path))
        self.send({"name": name, "args": args, "rid": rid, "slot": 0})

    def send(self, question: object) -> None:
        self.sock.sendall(json.dumps(question).encode() + b"\n")

    def answer(self) -> Any:
        with self.sock, self.sock.makefile("rb") as file:
            line = file.readline()
        return json.loads(line) if line else None

    def waits(self) -> bool:
        """Whether no answer has come after a while that is short of the gate's patience."""
        self.sock.settimeout(GATE_S / 3)
        try:
            return not self.sock.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(WAIT_S)


def _price(seat: int) -> int:
    return 100 + seat


def eventually(found: Callable[[], object]) -> bool:
    """The world tells nobody that someone hung up: look until it is seen."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if found():
            return True
    return False


def test_partner_answers(outside: Outside, path: Path) -> None:
    outside.answers(price=_price)
    assert Caller(path, "price", seat=7).answer() == {"value": 107}
    assert [call.args for call in outside.calls("price")] == [{"seat": 7}]


def test_unknown_partner(outside: Outside, path: Path) -> None:
    assert Caller(path, "nobody").answer()["status"] == 404
    assert outside.calls("nobody") == []


def test_arguments_that_do_not_fit_are_the_callers_mistake(outside: Outside, path: Path) -> None:
    outside.answers(price=_price)
    assert Caller(path, "price", chair=1).answer()["status"] == 400


def test_failing_partner(outside: Outside, path: Path) -> None:
    outside.answers(price=lambda: 1)
    outside.set("price", fail=True, status=502)
    assert Caller(path, "price").answer() == {"error": "unavailable", "status": 502}
    assert len(outside.calls("price", "failed")) == 1


def test_hanging_up_is_cancelling(outside: Outside, path: Path) -> None:
    outside.answers(price=lambda: 1)
    outside.set("price", hang=True)
    caller = Caller(path, "price")
    assert caller.waits()
    caller.sock.close()
    assert eventually(lambda: outside.calls("price", "cancelled"))


def test_rendezvous_opens_when_enough_are_inside(
    outside: Outside, world: World, path: Path
) -> None:
    outside.answers(price=lambda: 1)
    world.in_flight |= {"a", "b", "c"}
    outside.rendezvous("price", 2)
    first = Caller(path, "price", "a")
    assert first.waits()
    second = Caller(path, "price", "b")
    assert first.answer() == second.answer() == {"value": 1}
    assert outside.overlaps("price") == 2


def test_rendezvous_opens_when_everybody_is_inside(
    outside: Outside, world: World, path: Path
) -> None:
    outside.answers(price=lambda: 1)
    world.in_flight |= {"a"}
    outside.rendezvous("price", 15)
    assert Caller(path, "price", "a").answer() == {"value": 1}


def test_forged_calls_do_not_fill_a_rendezvous(outside: Outside, world: World, path: Path) -> None:
    outside.answers(price=lambda: 1)
    world.in_flight |= {"a", "b", "c"}
    outside.rendezvous("price", 3)
    honest = Caller(path, "price", "a")
    forged = [Caller(path, "price", rid) for rid in ("a", "a", "x", None)]
    assert honest.waits()
    assert [caller.answer() for caller in (honest, *forged)] == [{"value": 1}] * 5, "by time"


def test_clock_moves_without_waiting(outside: Outside, path: Path) -> None:
    before = Caller(path, "now").answer()["value"]
    outside.move_clock(600)
    assert 600 <= Caller(path, "now").answer()["value"] - before < 610


def test_commits_fail_for_requests_of_this_check_only(
    outside: Outside, world: World, path: Path
) -> None:
    outside.fail_commits(1)
    assert Caller(path, "@commit", "start-up").answer() == {"value": False}
    world.sent |= {"a"}
    assert [Caller(path, "@commit", "a").answer()["value"] for _ in range(2)] == [True, False]
    outside.assert_collected()


def test_slow_commit_takes_its_time_until_the_next_check(
    outside: Outside, world: World, path: Path
) -> None:
    outside.slow_commits(0.2)
    began = time.monotonic()
    assert Caller(path, "@commit", "a").answer() == {"value": False}
    assert time.monotonic() - began >= 0.2
    world.reset()
    assert world.commit_delay == 0


def test_fault_that_was_never_collected_fails_the_check(outside: Outside) -> None:
    outside.fail_commits(1)
    with pytest.raises(AssertionError, match="No commit of the service was seen"):
        outside.assert_collected()


@pytest.mark.parametrize("line", [b"no json\n", b"[]\n", b'{"name": 1}\n', b"x" * (LINE_CAP + 2)])
def test_nonsense_is_counted(world: World, path: Path, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(WAIT_S)
        sock.connect(str(path))
        sock.sendall(line)
        assert sock.recv(1) == b""
    assert world.over == 1


def test_reset_forgets_everything(outside: Outside, world: World, path: Path) -> None:
    outside.answers(price=lambda: 1)
    outside.move_clock(600)
    Caller(path, "price").answer()
    world.reset()
    assert outside.calls("price") == []
    assert Caller(path, "price").answer()["status"] == 404


def test_reset_frees_who_waits(outside: Outside, world: World, path: Path) -> None:
    outside.answers(price=lambda: 1)
    world.in_flight |= {"a", "b"}
    outside.rendezvous("price", 2)
    caller = Caller(path, "price", "a")
    freed = threading.Thread(target=caller.answer)
    freed.start()
    world.reset()
    freed.join(WAIT_S)
    assert not freed.is_alive()


def test_rounds_are_at_least_two_and_end_by_time(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 100, 3))
    monkeypatch.setattr("grader.inside.suite.outside.time.monotonic", lambda: next(clock))
    assert list(outside.rounds(5)) == [1, 2]
    assert list(outside.rounds(1)) == [1]
