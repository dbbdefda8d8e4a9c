"""Pairs as the driver of this machine makes them, and that nothing of them is left."""

import json
import os
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from app_side import GOOD, AppSide
from containers import running
from processes import descendants, left, watch

from grader.sandbox import choose
from grader.sandbox.base import Driver, Pair, UnavailableError
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.docker import Docker
from grader.sandbox.sides import UIDS

pytestmark = pytest.mark.sandbox
DOCKERS = {".dockerenv", "etc", "sys"}
ROOT = {"dev", "ipc", "ipc-all", "lib", "lib64", "opt", "proc", "tmp", "work"}
# "kits" only where a version before this rule built the runtime
RUNTIME = {"bin", "bwrap", "complete", "kits", "lib", "lib64", "loader", "packages"}


@pytest.fixture(params=["warm", "cold", pytest.param("docker", marks=pytest.mark.docker)])
def driver(request: pytest.FixtureRequest) -> Driver:
    """All ways to make pairs: forked from zygotes, each anew, containers."""
    if request.param == "cold":
        return Bubblewrap()
    return request.getfixturevalue("sandbox" if request.param == "warm" else "dockers")


def report(pair: Pair, expression: str) -> str:
    """What an expression is worth in a service that this pair runs."""
    app = AppSide(pair, f"import json, os, pathlib\nprint(json.dumps({expression}))\n{GOOD}")
    answer = app.start()
    shown = app.log()
    assert answer["ok"] is True, shown
    return json.loads(shown.splitlines()[0])


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """Where drivers make their folders; others may make theirs in the usual place meanwhile."""
    with TemporaryDirectory(prefix="kintsugi-test-") as made:
        Path(made).chmod(0o711)
        monkeypatch.setattr("tempfile.tempdir", made)
        yield Path(made)


def test_pair_is_warm_when_it_is_given(driver: Driver) -> None:
    pair = driver.pair()
    try:
        answer = AppSide(pair, GOOD).start()
        assert answer["ok"] is True
        assert answer["ms"] < 3_000
    finally:
        pair.close()


@pytest.mark.parametrize("make", [choose, Bubblewrap], ids=["warm", "cold"])
def test_closed_pair_leaves_no_process_and_no_file(make: type[Driver], folder: Path) -> None:
    driver = make()
    before, lying = descendants(), sorted(folder.rglob("*"))
    pair = driver.pair()
    AppSide(pair, GOOD).start()
    mine = watch(descendants() - before)
    assert len(mine) >= 3
    pair.close()
    assert left(mine) == []
    assert sorted(folder.rglob("*")) == lying
    driver.close()
    assert list(folder.iterdir()) == []


def test_pair_can_be_closed_while_its_service_hangs(driver: Driver) -> None:
    before = running(driver)
    pair = driver.pair()
    app = AppSide(pair, f"import os, signal\n{GOOD}\nos.kill(os.getpid(), signal.SIGSTOP)\n")
    app.line.send({"op": "start", "id": 1, "slot": 0, "env": {}, "budget_s": 60})
    mine = watch(running(driver) - before)
    assert len(mine) >= 3
    pair.close()
    assert left(mine) == []


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
    before = running(driver)
    pair = driver.pair()
    try:
        pids = [pid for pid, _ in running(driver) - before]
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
        assert who[0] == 65534 or (isinstance(driver, Docker) and who[0] in UIDS)
        assert who[1] == 65534
        assert set(who[2]) <= {65534}
        assert who[3] == "sandbox"
        assert {int(rights, 16) for rights in who[4]} == {0}
    finally:
        pair.close()


def test_submission_sees_the_runtime_and_its_side_of_the_kit_alone(driver: Driver) -> None:
    look = """
def names(folder):
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []
def files(folder):
    return [os.path.join(f, n) for f, _, names in os.walk(folder) for n in names]
print(json.dumps({
    "root": names("/"),
    "kit": names("/opt/kit/grader/inside"),
    "runtime": names("/opt/runtime"),
    "packages": [n for n in names("/opt/runtime/packages") if n in ("kintsugi", "grader", "dbos")],
    "suite": [f for f in files("/opt/kit") if "suite" in f],
    "katas": [f for f in files("/") if f.endswith("kata.toml")],
}))
"""
    pair = driver.pair()
    try:
        app = AppSide(pair, f"import json, os\n{look}\n{GOOD}")
        assert app.start()["ok"] is True
        seen = json.loads(app.log())
    finally:
        pair.close()
    assert {"opt", "proc", "tmp", "work"} <= set(seen["root"])
    assert set(seen["root"]) <= (ROOT | DOCKERS if isinstance(driver, Docker) else ROOT)
    assert {"app", "bpf.py", "wire.py"} <= set(seen["kit"])
    assert set(seen["runtime"]) <= RUNTIME
    assert seen["packages"] == seen["suite"] == seen["katas"] == []


def test_kit_lies_outside_the_runtime_that_every_service_sees() -> None:
    """In it the suite's side was readable to every submission."""
    bubblewrap = Bubblewrap()
    assert not bubblewrap.kit.is_relative_to(bubblewrap.runtime.root)
    assert (bubblewrap.kit / "suite").is_dir()


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


def test_closed_driver_ends_every_pair() -> None:
    running = descendants()
    driver = choose("auto")
    pair = driver.pair()
    mine = watch(descendants() - running)
    driver.close()
    pair.close()
    assert left(mine) == []


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
