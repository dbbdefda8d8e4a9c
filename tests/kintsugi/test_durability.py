"""Accepted means durable: server and worker are killed at any moment, no submission is lost."""

import os
import random
import signal
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from kintsugi_factories import API, KATA
from served import Served

KATAS = Path(__file__).parent / "katas"
FEW, MANY = 3, 20
pytestmark = pytest.mark.sandbox


class Installation:
    """A data folder whose server is killed and started again."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.server = self._start()
        self.accepted: list[tuple[str, str]] = []  # token, submission

    def hand_in(self) -> None:
        """One guest, one attempt, one submission that was accepted."""
        with httpx2.Client(base_url=self.server.url, timeout=10) as client:
            token = client.post(f"{API}/guests").json()["token"]
            client.headers["Authorization"] = f"Bearer {token}"
            attempt = client.post(f"{API}/attempts", json={"kata": KATA}).json()
            path = f"{API}/attempts/{attempt['id']}/submissions"
            reply = client.post(path, json={"files": attempt["files"]})
            assert reply.status_code == 202, reply.text
            self.accepted.append((token, reply.json()["id"]))

    def kill(self) -> None:
        self.server.kill()

    def restart(self) -> None:
        self.server = self._start()

    def states(self) -> list[str]:
        with closing(sqlite3.connect(self.data / "kintsugi.db")) as connection:
            found = dict(connection.execute("SELECT id, state FROM submission"))
        return [found[submission_id] for _, submission_id in self.accepted]

    def wait_until_final(self, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while {"queued", "grading"} & set(self.states()):
            assert time.monotonic() < deadline, self.states()
            time.sleep(0.1)

    def reports(self) -> list[int]:
        """How many reports and `graded` events each accepted submission has."""
        query = (
            "SELECT count(*) FROM grading WHERE submission_id = ? AND report IS NOT NULL"
            " UNION ALL SELECT count(*) FROM event WHERE submission_id = ? AND kind = 'graded'"
        )
        with closing(sqlite3.connect(self.data / "kintsugi.db")) as connection:
            return [
                count
                for _, submission_id in self.accepted
                for (count,) in connection.execute(query, (submission_id, submission_id))
            ]

    def _start(self) -> Served:
        return Served(self.data, "--katas", str(KATAS)).wait_until_ready()


@pytest.fixture
def installation(tmp_path: Path) -> Generator[Installation]:
    made = Installation(tmp_path / "data")
    yield made
    made.kill()


@pytest.mark.parametrize("times", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_killed_at_any_moment_every_accepted_submission_gets_its_report_once(
    installation: Installation, times: int
) -> None:
    chance = random.Random()  # noqa: S311 - moments, not secrets
    for _ in range(times):
        for _ in range(2):
            installation.hand_in()
        time.sleep(chance.uniform(0, 1.5))  # somewhere between accepted and verdict
        installation.kill()
        installation.restart()
    installation.wait_until_final()
    assert installation.states() == ["graded"] * len(installation.accepted)
    assert installation.reports() == [1] * 2 * len(installation.accepted)


def test_only_the_worker_is_killed_and_its_submission_is_finished(
    installation: Installation,
) -> None:
    installation.hand_in()
    worker = next(
        int(pid)
        for file in Path(f"/proc/{installation.server.process.pid}/task").glob("*/children")
        for pid in file.read_text().split()
    )
    deadline = time.monotonic() + 10
    while installation.states() == ["queued"] and time.monotonic() < deadline:
        time.sleep(0.01)

    os.kill(worker, signal.SIGKILL)
    installation.wait_until_final()
    assert (installation.states(), installation.reports()) == (["graded"], [1, 1])
