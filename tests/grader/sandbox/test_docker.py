"""What is particular to pairs of containers: how they are joined, what is left, who is swept."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from app_side import GOOD, AppSide
from containers import client, containers, of, running
from docker.errors import NotFound
from processes import left, watch

from grader.grade import grade
from grader.kata import Kata, bundled_katas, load_catalogue
from grader.report import Verdict
from grader.sandbox import choose, owner
from grader.sandbox.base import Driver, UnavailableError
from grader.sandbox.docker import OWNER, SANDBOX, Docker
from grader.sandbox.pool import Pool

needs_docker = pytest.mark.docker
KATAS = load_catalogue([bundled_katas()]).katas
ALIKE = ("library-desk", "invoice-window", "last-seat")
GONE_S = 60
WORKER = """
import json, sys
from grader.sandbox.docker import Docker
driver = Docker()
pair = driver.pair()
print(driver.id, flush=True)
sys.stdin.read()
"""
SEES = """
import json, os, socket
def tried(attempt):
    try:
        attempt()
    except OSError as error:
        return error.errno
    return 0
def new(): return socket.socket(socket.AF_UNIX)
print(json.dumps({
    "listening": sorted(line.split()[-1] for line in open("/proc/net/unix")
                        if line.split()[3] == "00010000" and "@" in line),
    "binds": [tried(lambda: new().bind(name)) for name in ("\\0app0", "\\0app1", "\\0outside")],
    "outside": tried(lambda: new().connect("\\0outside")),
    "inet": tried(lambda: socket.socket(socket.AF_INET)),
    "interfaces": [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line],
    "resolv": open("/etc/resolv.conf").read(),
    "empty": [os.listdir(folder) for folder in ("/dev/mqueue", "/dev/pts")],
    "sys": os.listdir("/sys"),
}))
"""


@pytest.fixture
def api() -> Generator[Any]:
    made = client()
    yield made
    made.close()


@needs_docker
def test_closed_pair_leaves_no_container_process_network_volume_or_mount(
    dockers: Docker, api: Any
) -> None:
    def lying() -> list[Any]:
        mounts = Path("/proc/self/mounts").read_text().splitlines()
        networks = sorted(network["Id"] for network in api.networks())
        return [sorted(mounts), networks, api.volumes()["Volumes"], containers(SANDBOX)]

    before = lying()
    pair = dockers.pair()
    try:
        AppSide(pair, GOOD).start()
        mine = watch(running(dockers))
        assert len(mine) >= 3
        assert len(of(dockers)) == 2
    finally:
        pair.close()
    assert left(mine) == []
    assert lying() == before


@needs_docker
def test_closed_driver_ends_every_pair() -> None:
    driver = Docker()
    pair = driver.pair()
    mine = watch(running(driver))
    driver.close()
    assert left(mine) == []
    assert of(driver) == []
    pair.close()


@needs_docker
def test_nothing_is_left_of_a_worker_that_was_killed(api: Any) -> None:
    """Its containers see their input end; nobody sweeps here."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        label = f"{SANDBOX}={worker.stdout.readline().strip()}"
        made = containers(label)
        assert len(made) == 2
        worker.kill()
    for id in made:
        _wait_until_removed(api, id)
    assert containers(label) == []


def _wait_until_removed(api: Any, id: str) -> None:
    try:
        api.wait(id, timeout=GONE_S, condition="removed")
    except NotFound:
        return


@needs_docker
def test_new_driver_sweeps_what_dead_workers_left_and_nothing_else(
    dockers: Docker, api: Any
) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        alive = owner.name_of(other.pid)
        foreign = "/".join((alive.split("/")[0], "pid:[1]", "1", "1"))
        made = {who: _never_started(api, dockers, who) for who in (alive, foreign, "x", "")}
        assert other.stdin is not None
        try:
            Docker().close()
            assert set(made.values()) <= set(containers())
            other.stdin.close()
            other.wait()
            Docker().close()
            assert made.pop(alive) not in containers()
            assert set(made.values()) <= set(containers())
        finally:
            for id in containers("kintsugi.test"):
                api.remove_container(id, force=True)


def _never_started(api: Any, driver: Docker, who: str) -> str:
    labels = {SANDBOX: "of another", OWNER: who, "kintsugi.test": ""}
    return api.create_container(driver.images["app"], ["none"], labels=labels)["Id"]


def test_owner_that_is_another_boot_or_a_pid_that_was_used_again_has_ended() -> None:
    boot, space, pid, started = owner.own().split("/")
    assert not owner.has_ended(owner.own())
    assert owner.has_ended("/".join((boot, space, pid, str(int(started) - 1))))
    assert owner.has_ended("/".join(("another", space, pid, started)))


@needs_docker
def test_waiting_pair_that_has_died_is_replaced(dockers: Docker, api: Any) -> None:
    with Pool(_Kept(dockers), 1) as pool:
        assert pool.wait_until_full(GONE_S)
        dead = of(dockers)[0]
        api.kill(dead)
        _wait_until_removed(api, dead)
        pair = pool.pair()
        try:
            assert AppSide(pair, GOOD).start()["ok"] is True
        finally:
            pair.close()
    assert of(dockers) == []


class _Kept:
    """A driver that outlives its pool."""

    def __init__(self, driver: Driver) -> None:
        self.name, self.pair = driver.name, driver.pair

    def close(self) -> None:
        """It belongs to the session."""


@needs_docker
def test_two_sides_meet_at_abstract_sockets_and_nothing_else_is_there(dockers: Docker) -> None:
    pair = dockers.pair()
    try:
        app = AppSide(pair, f"{SEES}\n{GOOD}")
        assert app.start()["ok"] is True
        seen = json.loads(app.log())
    finally:
        pair.close()
    in_use, no_family = 98, 97
    assert seen["listening"] == ["@app0", "@app1", "@outside"]
    assert seen["binds"] == [in_use] * 3
    assert seen["outside"] == 0
    assert seen["inet"] == no_family
    assert seen["interfaces"] == ["lo"]
    assert seen["resolv"] == "nameserver 0.0.0.0\n", "the host's name servers are shown"
    assert seen["empty"] == [[], []]
    assert set(seen["sys"]) <= {"fs"}


@needs_docker
@pytest.mark.sandbox
@pytest.mark.parametrize("slug", ALIKE)
@pytest.mark.parametrize("what", ["starter", "reference"])
def test_report_says_the_same_as_bubblewraps(
    slug: str, what: str, dockers: Docker, sandbox: Driver
) -> None:
    kata: Kata = KATAS[slug]
    files = getattr(kata, what)
    one, two = (grade(kata, files, driver, seed=7) for driver in (sandbox, dockers))
    assert two.verdict is one.verdict
    assert (two.verdict is Verdict.APPROVED) == (what == "reference")
    assert [(c.id, c.outcome) for c in two.checks] == [(c.id, c.outcome) for c in one.checks]
    assert two.blame is one.blame is None
    assert two.tampering == ()


@needs_docker
def test_it_can_be_chosen() -> None:
    driver = choose("docker")
    try:
        assert driver.name == "docker"
    finally:
        driver.close()


@needs_docker
@pytest.mark.sandbox
def test_auto_takes_docker_where_bubblewrap_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Driver:
        raise UnavailableError("no user namespaces", "Allow them.")

    monkeypatch.setattr("grader.sandbox._bubblewrap", none)
    driver = choose("auto")
    try:
        assert driver.name == "docker"
    finally:
        driver.close()
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    with pytest.raises(UnavailableError, match="no user namespaces"):
        choose("auto")


@pytest.mark.parametrize("address", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:2375"])
def test_without_a_daemon_of_this_machine_it_is_said_what_to_do(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(UnavailableError) as caught:
        choose("docker")
    assert caught.value.mend
    assert address.removeprefix("unix://") in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can stop being root")
def test_who_may_not_speak_to_the_daemon_is_told_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "socket"))
        sock.listen()
        (tmp_path / "socket").chmod(0o600)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/socket")
        os.seteuid(65534)
        try:
            with pytest.raises(UnavailableError, match="may not be used") as caught:
                choose("docker")
        finally:
            os.seteuid(0)
    assert "group docker" in caught.value.mend
