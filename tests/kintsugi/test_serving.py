"""`kintsugi serve` and its worker as real processes: how they begin and how they end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from processes import descendants, left, watch
from served import Served, free_port

from kintsugi.schema import upgrade
from kintsugi.settings import Settings

KATAS = Path(__file__).parent / "katas"


def kintsugi(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kintsugi.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def wait_until(happened: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


class TestWhatStopsIt:
    """One line, no traceback, and what to do."""

    def refused(self, *arguments: str) -> str:
        ended = kintsugi("serve", *arguments)
        assert ended.returncode in (2, 3)
        lines = ended.stderr.splitlines()
        assert len(lines) == 1, ended.stderr
        return lines[0]

    def test_a_port_that_is_taken(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            line = self.refused("--port", port, "--data", str(tmp_path))
        assert port in line
        assert "--port" in line

    def test_a_data_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert "--data" in self.refused("--data", str(tmp_path / "file" / "data"))

    def test_a_data_folder_that_another_server_uses(self, tmp_path: Path) -> None:
        server = Served(tmp_path / "data", "--katas", str(KATAS))
        try:
            wait_until((tmp_path / "data" / "lock").exists)
            wait_until(lambda: answers(server))
            line = self.refused("--port", str(free_port()), "--data", str(tmp_path / "data"))
        finally:
            server.kill()
        assert "Another server" in line

    def test_a_sandbox_that_does_not_exist(self, tmp_path: Path) -> None:
        assert "bubblewrap" in self.refused("--sandbox", "none", "--data", str(tmp_path))

    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "kintsugi.db").write_text("my diary, not to be overwritten\n" * 100)
        assert "kintsugi.db" in self.refused("--data", str(tmp_path))


def answers(server: Served) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", server.port)) == 0


@pytest.fixture
def serve(tmp_path: Path) -> Generator[Callable[..., Served]]:
    made: list[Served] = []

    def start(*options: str) -> Served:
        made.append(Served(tmp_path / "data", "--katas", str(KATAS), *options))
        wait_until(lambda: answers(made[-1]))
        return made[-1]

    yield start
    for server in made:
        server.kill()


def printed(server: Served) -> str:
    return Path(server.log.name).read_text()


def test_a_malformed_kata_is_named_and_the_others_are_served(
    tmp_path: Path, serve: Callable[..., Served]
) -> None:
    (tmp_path / "more/contracts/tiny").mkdir(parents=True)
    (tmp_path / "more/contracts/tiny/kata.toml").write_text('slug = "tiny"')
    server = serve("--katas", str(tmp_path / "more"))
    assert "tiny/kata.toml: title: Field required" in printed(server)
    wait_until(lambda: server.url in printed(server))


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    """No daemon answers, whatever runs on this machine."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")


@pytest.mark.usefixtures("no_docker")
def test_without_a_sandbox_it_serves_and_says_once_that_nothing_is_graded(
    serve: Callable[..., Served],
) -> None:
    server = serve("--sandbox", "docker")
    wait_until(lambda: "Nothing is graded here" in printed(server))
    time.sleep(1)  # it must not be tried again and again
    assert printed(server).count("Nothing is graded here") == 1
    assert answers(server)


@pytest.mark.sandbox
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_quickly(
    serve: Callable[..., Served], number: signal.Signals
) -> None:
    others = descendants()
    server = serve().wait_until_ready()
    family = watch(descendants() - others)
    began = time.monotonic()
    os.killpg(server.process.pid, number)
    assert server.process.wait(10) in (0, -number)
    assert time.monotonic() - began < 5
    assert left(family) == []
    assert "Traceback" not in printed(server)


@pytest.mark.sandbox
def test_when_the_server_is_killed_nothing_of_it_stays(serve: Callable[..., Served]) -> None:
    others = descendants()
    server = serve().wait_until_ready()
    family = watch(descendants() - others)
    server.process.kill()
    server.process.wait(5)
    assert left(family) == []


@pytest.mark.sandbox
def test_a_worker_that_dies_is_begun_again(serve: Callable[..., Served]) -> None:
    server = serve().wait_until_ready()
    before = worker_of(server)
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: worker_of(server) not in (0, before))
    server.wait_until_ready()


def worker_of(server: Served) -> int:
    """Its worker's process, 0 if there is none now."""
    children = Path(f"/proc/{server.process.pid}/task").glob("*/children")
    pids = [int(pid) for file in children for pid in file.read_text().split()]
    return next(iter(pids), 0)


def test_settings_reach_the_worker(tmp_path: Path) -> None:
    from kintsugi.serving import environment

    settings = Settings(data=tmp_path, katas=(KATAS, tmp_path), workers=3, sandbox="bubblewrap")
    given = environment(settings)
    assert given["KINTSUGI_KATAS"] == f"{KATAS}{os.pathsep}{tmp_path}"
    assert (given["KINTSUGI_WORKERS"], given["KINTSUGI_SANDBOX"]) == ("3", "bubblewrap")
    assert "KINTSUGI_SECRET" not in given


@pytest.mark.usefixtures("no_docker")
def test_a_worker_may_be_started_before_any_server(tmp_path: Path) -> None:
    upgrade(Settings(data=tmp_path))
    ended = kintsugi("worker", "--data", str(tmp_path), "--sandbox", "docker")
    assert (ended.returncode, len(ended.stderr.splitlines())) == (3, 1)
