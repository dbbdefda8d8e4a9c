"""What a suite learns of a service that is started with other variables."""

import signal
from typing import Any

import pytest

from grader.inside.suite.host import Host
from grader.inside.suite.service import Service


class Worker:
    """The far end of the line: notes what is asked, and answers a start as it is told."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.failure: dict[str, Any] | None = None
        self.forced = False

    def ask(self, op: str, **details: Any) -> tuple[dict[str, Any], bytes]:
        self.asked.append({"op": op, **details})
        failed = self.failure if op == "start" else None
        done = {"ok": True, "forced": self.forced}
        return ({"ok": False, "failure": failed} if failed else done), b""


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def service(worker: Any) -> Service:
    nobody: Any = None
    return Service(Host(worker, nobody, {"A": "1", "B": "2"}, 5.0))


def test_variables_are_added_and_left_out(service: Service, worker: Worker) -> None:
    assert service.starts({"B": None, "C": "3"})
    assert worker.asked[-1]["env"] == {"A": "1", "B": None, "C": "3"}


def test_service_that_ends_itself_does_not_start(service: Service, worker: Worker) -> None:
    worker.failure = {"kind": "exception", "text": "ValueError: no", "file": None, "line": None}
    assert not service.starts({})
    worker.failure = None
    service.crash()
    assert worker.asked[-1]["op"] == "start"


def test_service_that_takes_too_long_has_not_refused(service: Service, worker: Worker) -> None:
    text = "The service did not start within 5 seconds."
    worker.failure = {"kind": "timeout", "text": text, "file": None, "line": None}
    with pytest.raises(AssertionError, match="within 5 seconds"):
        service.starts({})


@pytest.mark.parametrize("forced", [False, True])
def test_stop_tells_whether_the_service_followed_the_signal(
    service: Service, worker: Worker, forced: bool
) -> None:
    assert service.starts({})
    worker.forced = forced
    assert service.stop(signal.SIGTERM) is not forced
    assert worker.asked[-1]["signal"] == signal.SIGTERM
    service.restart()
    assert worker.asked[-1]["op"] == "start"
