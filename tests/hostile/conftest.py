"""The attacked kata, the host's things that must stay untouched, and a driver that is watched."""

import socket
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from containers import of, running
from processes import left, watch

from grader.kata import Kata, load_kata
from grader.report import Report
from grader.sandbox.base import Driver, Pair
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.docker import Docker

KATA = Path(__file__).parent / "kata/data/cloakroom"
collect_ignore_glob = ["kata/*"]
SECRET = "stays as it is"


@dataclass(frozen=True)
class Host:
    """What attacks aim at outside: a file, and two sockets that listen."""

    canary: Path
    tcp: socket.socket
    udp: socket.socket
    abstract: socket.socket

    def names(self) -> dict[str, str]:
        """For the attacks' code."""
        return {
            "canary": str(self.canary),
            "port": str(self.tcp.getsockname()[1]),
            "abstract": self.abstract.getsockname().decode().lstrip("\0"),
        }

    def assert_untouched(self) -> None:
        assert self.canary.read_text() == SECRET
        assert [path.name for path in self.canary.parent.iterdir()] == [self.canary.name]
        for sock in (self.tcp, self.abstract):
            with pytest.raises(BlockingIOError):
                sock.accept()
        with pytest.raises(BlockingIOError):
            self.udp.recv(1)


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Generator[Host]:
    canary = tmp_path_factory.mktemp("host") / "canary.txt"
    canary.write_text(SECRET)
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        udp.bind(tcp.getsockname())
        abstract.bind(f"\0kintsugi-{canary.parent.name}-{tcp.getsockname()[1]}")
        abstract.listen()
        for sock in (tcp, udp, abstract):
            sock.setblocking(False)
        yield Host(canary, tcp, udp, abstract)


@pytest.fixture(scope="session")
def attacked() -> Kata:
    return load_kata(KATA)


class Watched:
    """A driver whose pairs, once closed, must have left no process and no container behind."""

    def __init__(self, driver: Driver) -> None:
        self.name = driver.name
        self.pairs = 0
        self._driver = driver

    def pair(self) -> Pair:
        self.pairs += 1
        return _WatchedPair(self._driver)

    def close(self) -> None:
        """The driver belongs to the session."""


class _WatchedPair:
    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._before = running(driver)
        self._pair = driver.pair()
        self._first = watch(running(driver) - self._before)
        self.app, self.suite = self._pair.app, self._pair.suite

    def close(self) -> None:
        mine = [*self._first, *watch(running(self._driver) - self._before)]
        assert len(mine) >= 2, "a pair without processes cannot have been watched"
        self._pair.close()
        assert left(mine) == []
        if isinstance(self._driver, Docker):
            assert of(self._driver) == []


FORMS = ("zygote", "cold", "docker")


@pytest.fixture(params=FORMS[:1])
def watched(request: pytest.FixtureRequest) -> Watched:
    """A driver of one form: zygote, or what a test asks for of the others."""
    if request.param == "cold":
        return Watched(Bubblewrap())
    return Watched(request.getfixturevalue("dockers" if request.param == "docker" else "sandbox"))


@pytest.fixture(scope="session")
def honest(sandbox: Driver, attacked: Kata) -> Report:
    """What grading the untouched starter says."""
    from grader.grade import grade

    return grade(attacked, attacked.starter, sandbox)
