"""The field's way, to measure against: pytest and the service in one process, nothing isolated.

Runs on the sandboxes' runtime packages as `python -m grader.authoring.bare SUITE SUBMISSION`, never
on code nobody trusts (`bench` gives it a reference). The same kit, checks and database restore; the
few checks that need the outside world fail here, since nothing can be in its place.
`--serve` stays warm and forks for every line read, which is the floor: calls and nothing else.
"""

import importlib
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from grader.inside.suite.plugin import Suite
from grader.inside.suite.runner import ARGUMENTS
from grader.inside.suite.source import Source
from grader.inside.suite.volley import Reply, Request, Statements


class BareHost(Statements):
    """Looks like `grader.inside.suite.host.Host`; the service is an object in this process."""

    def __init__(self, folder: Path) -> None:
        self.failures = 0
        self.breaches: list[str] = []
        self.volley: list[Reply] = []
        self._live = folder / "app.db"
        self._kept = folder / "kept.db"
        os.environ["DATABASE_URL"] = f"sqlite:///{self._live}"
        os.environ["JWT_SECRET"] = "0" * 48

    def begin(self) -> None:
        from starlette.testclient import TestClient

        app = importlib.import_module("app.main").app
        self._client = TestClient(app, raise_server_exceptions=False)
        self._client.__enter__()

    def keep(self) -> None:
        shutil.copy(self._live, self._kept)

    def renew(self, fresh: bool) -> None:
        del fresh
        with sqlite3.connect(self._kept) as kept, sqlite3.connect(self._live) as live:
            kept.backup(live)

    def soil(self) -> None:
        """Nothing can be renewed here."""

    def together(self, requests: list[Request], deadline: float) -> list[Reply]:
        """One after the other: a test client knows nothing else."""
        del deadline
        return [self._send(request) for request in requests]

    def database(self) -> bytes:
        with sqlite3.connect(self._live) as live:
            return live.serialize()

    def of(self, rid: str, slot: int) -> list[str]:
        del rid, slot
        return ["select 1"]  # a lower bound must hold; what is measured here is time alone

    def fetched(self, rid: str, slot: int) -> int:
        del rid, slot
        return 1

    def _send(self, request: Request) -> Reply:
        headers = [(name.decode(), value.decode()) for name, value in request.headers]
        answer = self._client.request(
            request.method,
            request.target,
            headers=dict(headers),
            content=request.body,
            follow_redirects=False,
        )
        head = {name.lower(): value for name, value in answer.headers.items()}
        reply = Reply(request, "", answer.status_code, body=answer.content, headers=head)
        reply.statements = self
        return reply


class Silent:
    """A control and a world of which nothing is asked."""

    over = 0

    def __init__(self) -> None:
        self.passed = 0

    def tell(self, event: str, **details: Any) -> None:
        self.passed += event == "check" and details["outcome"] == "passed"

    def alarm(self, seconds: float) -> None:
        """No time limits here."""

    def reset(self) -> None:
        """There is no outside world."""


def run(suite: Path, submission: Path, checks: list[dict[str, Any]]) -> int:
    """Run a suite once; returns how many checks passed."""
    sys.path[:0] = [str(suite), str(submission)]
    silent: Any = Silent()
    with tempfile.TemporaryDirectory() as folder:
        host: Any = BareHost(Path(folder))
        message = {"seed": 1, "limits": {"check_s": 60.0}, "checks": checks}
        plugin = Suite(silent, silent, host, Source({}), message)
        pytest.main([*ARGUMENTS, "--rootdir", str(suite), str(suite)], plugins=[plugin])
    return silent.passed


def main() -> None:
    suite, submission = Path(sys.argv[1]), Path(sys.argv[2])
    checks = _declared(suite.parent / "kata.toml")
    if "--serve" not in sys.argv:
        print(run(suite, submission, checks), flush=True)  # noqa: T201 - the answer to `bench`
        return
    _warm()
    for _ in sys.stdin:
        read, write = os.pipe()
        began = time.monotonic()
        if not os.fork():
            passed = run(suite, submission, checks)
            os.write(write, str(passed).encode())
            os._exit(0)
        os.close(write)
        passed = os.read(read, 16).decode()
        os.close(read)
        os.wait()
        took_ms = (time.monotonic() - began) * 1e3
        print(passed, took_ms, flush=True)  # noqa: T201 - the answer to `bench`


def _declared(manifest: Path) -> list[dict[str, Any]]:
    import tomllib

    declared = tomllib.loads(manifest.read_text(encoding="utf-8"))["checks"]
    return [{"finding": None, **check} for check in declared]


def _warm() -> None:
    # imported for its cost alone: the floor is measured warm
    from starlette import testclient  # noqa: F401  # pyright: ignore[reportUnusedImport]

    from grader.inside.app.warm import warm

    warm()


if __name__ == "__main__":
    main()
