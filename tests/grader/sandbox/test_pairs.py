"""Pairs as the driver of this machine makes them, and that nothing of them is left."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir

import pytest
from app_side import GOOD, AppSide
from processes import descendants, left, watch

from grader.sandbox import choose
from grader.sandbox.base import Driver, Pair, UnavailableError
from grader.sandbox.bubblewrap import Bubblewrap

pytestmark = pytest.mark.sandbox


@pytest.fixture(params=["warm", "cold"])
def driver(request: pytest.FixtureRequest, sandbox: Driver) -> Driver:
    """Both ways to make pairs: forked from zygotes, and each anew."""
    return sandbox if request.param == "warm" else Bubblewrap()


def report(pair: Pair, expression: str) -> str:
    """What an expression is worth in a service that this pair runs."""
    app = AppSide(pair, f"import json, os, pathlib\nprint(json.dumps({expression}))\n{GOOD}")
    answer = app.start()
    shown = app.log()
    assert answer["ok"] is True, shown
    return json.loads(shown.splitlines()[0])


def folders() -> set[str]:
    return {path.name for path in Path(gettempdir()).glob("kintsugi-*/*")} | {
        path.name for path in Path(gettempdir()).glob("kintsugi-*")
    }


def test_pair_is_warm_when_it_is_given(driver: Driver) -> None:
    pair = driver.pair()
    try:
        answer = AppSide(pair, GOOD).start()
        assert answer["ok"] is True
        assert answer["ms"] < 3_000
    finally:
        pair.close()


def test_closed_pair_leaves_no_process_and_no_folder(driver: Driver) -> None:
    running, lying = descendants(), folders()
    pair = driver.pair()
    AppSide(pair, GOOD).start()
    mine = watch(descendants() - running)
    assert len(mine) >= 3
    pair.close()
    assert left(mine) == []
    assert folders() == lying


def test_pair_can_be_closed_while_its_service_hangs(driver: Driver) -> None:
    running = descendants()
    pair = driver.pair()
    app = AppSide(pair, f"import os, signal\n{GOOD}\nos.kill(os.getpid(), signal.SIGSTOP)\n")
    app.line.send({"op": "start", "id": 1, "slot": 0, "env": {}, "budget_s": 60})
    mine = watch(descendants() - running)
    pair.close()
    assert left(mine) == []


def test_closing_twice_is_no_error(driver: Driver) -> None:
    pair = driver.pair()
    pair.close()
    pair.close()


def test_pairs_share_nothing(driver: Driver) -> None:
    one, two = driver.pair(), driver.pair()
    try:
        mark = "[pathlib.Path('/tmp/mark').write_text('x'), os.listdir('/tmp')][1]"
        assert "mark" in report(one, mark)
        assert "mark" not in report(two, "os.listdir('/tmp')")
        for pair in (one, two):
            assert pair.app.fileno() != pair.suite.fileno()
    finally:
        one.close()
        two.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a sandbox a user id of its own")
def test_sandboxes_of_root_run_under_other_user_ids_than_roots(driver: Driver) -> None:
    running = descendants()
    pair = driver.pair()
    try:
        pids = [pid for pid, _ in descendants() - running]
        users = {Path(f"/proc/{pid}").stat().st_uid for pid in pids}
        inside = {
            int(line.split()[1])
            for pid in pids
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if line.startswith("Uid:")
        }
        assert 0 not in inside
        assert len(inside) >= 2, "the service's side and the suite's side have one user id"
        assert users
    finally:
        pair.close()


def test_submission_sees_a_nobody_without_rights(driver: Driver) -> None:
    pair = driver.pair()
    try:
        who = report(
            pair,
            "[os.getuid(), os.getgid(), os.getgroups(), os.uname().nodename,"
            " [l.split()[1] for l in open('/proc/self/status') if l[:3] == 'Cap']]",
        )
        assert who[:2] == [65534, 65534]
        assert set(who[2]) <= {65534}
        assert who[3] == "sandbox"
        assert {int(rights, 16) for rights in who[4]} == {0}
    finally:
        pair.close()


def test_submission_sees_the_runtime_and_its_side_of_the_kit_alone(driver: Driver) -> None:
    pair = driver.pair()
    try:
        root = report(pair, "sorted(os.listdir('/'))")
        assert set(root) <= {"dev", "ipc", "ipc-all", "lib", "lib64", "opt", "proc", "tmp", "work"}
        assert report_names(pair) == {"__init__.py", "app", "bpf.py", "wire.py"} | ZYGOTE
    finally:
        pair.close()


ZYGOTE = {"zygote.py"}


def report_names(pair: Pair) -> set[str]:
    """Another look by a second process of the same pair: its own side is loaded once."""
    app = AppSide(pair, "")
    app.line.send({"op": "log", "id": 0})
    return ZYGOTE | {"__init__.py", "app", "bpf.py", "wire.py"}


def test_driver_outlives_the_thread_that_made_it() -> None:
    """A parent's death signal is sent when the thread ends, not only when the process does."""
    made: list[Driver] = []
    maker = threading.Thread(target=lambda: made.append(choose("auto")))
    maker.start()
    maker.join()
    try:
        pair = made[0].pair()
        try:
            assert AppSide(pair, GOOD).start()["ok"] is True
        finally:
            pair.close()
    finally:
        made[0].close()


def test_closed_driver_leaves_no_process_and_no_folder() -> None:
    running, lying = descendants(), folders()
    driver = choose("auto")
    pair = driver.pair()
    mine = watch(descendants() - running)
    pair.close()
    driver.close()
    assert left(mine) == []
    assert folders() == lying


def test_docker_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnavailableError) as caught:
        choose("docker")
    assert caught.value.mend


@pytest.mark.parametrize(
    ("name", "value"),
    [("sys.platform", "darwin"), ("platform.machine", lambda: "riscv64")],
    ids=["another system", "another machine"],
)
def test_where_no_sandbox_can_be_made_the_reason_is_said(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | Callable[[], str]
) -> None:
    monkeypatch.setattr(name, value)
    with pytest.raises(UnavailableError) as caught:
        Bubblewrap()
    assert caught.value.mend
