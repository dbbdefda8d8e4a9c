"""What tests of the web application are made of: learners, reports, a worker without a sandbox."""

from dataclasses import dataclass, field
from typing import Any

import httpx2
import sqlalchemy as sa
from grader_factories import results
from starlette.testclient import TestClient

from grader.kata import Kata
from grader.report import Reading, Report, Verdict
from grader.review import compose, score_of
from kintsugi.attempts.recording import Job, Recorder
from kintsugi.database import make_sync_engine
from kintsugi.settings import Settings

KATA, NOT_FOR_PRACTICE = "lost-umbrellas", "locked-drawer"
API = "/api/v1"
PASSWORD = "seven quiet teacups"
Reply = httpx2.Response


def a_report(kata: Kata, *failing: str) -> Report:
    """What the graders would say if these checks failed."""
    checks = results(kata, *failing)
    broken = any(check.id in failing for check in kata.manifest.checks if check.finding is None)
    verdict = Verdict.APPROVED if not failing else Verdict.CHANGES_REQUESTED
    verdict = Verdict.REGRESSED if broken else verdict
    return Report(
        kata=kata.slug,
        kata_version=kata.version,
        verdict=verdict,
        score=score_of(kata, checks),
        checks=checks,
        review=compose(kata, checks, Reading(), verdict),
        seed=41,
        notes=("A note on what was handed in.",),
    )


@dataclass
class Learner:
    """Someone who uses the API, with a token, or a browser, with cookies."""

    client: TestClient
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def get(self, path: str, **more: Any) -> Reply:
        return self._send("GET", path, **more)

    def post(self, path: str, **more: Any) -> Reply:
        return self._send("POST", path, **more)

    def put(self, path: str, **more: Any) -> Reply:
        return self._send("PUT", path, **more)

    def delete(self, path: str, **more: Any) -> Reply:
        return self._send("DELETE", path, **more)

    def sign_up(self, name: str = "ida", **changed: str) -> Reply:
        """Make the guest of this browser an account."""
        form = {"name": name, "email": f"{name}@example.org", "password": PASSWORD, **changed}
        return self.post("/sign-up", data=form)

    def sign_in(self, name: str = "ida", **changed: str) -> Reply:
        """Sign in to the account that `sign_up` has made."""
        form = {"email": f"{name}@example.org", "password": PASSWORD, **changed}
        return self.post("/sign-in", data=form)

    def cookie(self) -> str:
        return self.client.cookies.get("kintsugi") or ""

    def begin(self, kata: str = KATA) -> dict[str, Any]:
        """A new attempt."""
        reply = self.post(f"{API}/attempts", json={"kata": kata})
        assert reply.status_code == 201, reply.text
        return reply.json()

    def submit(self, attempt: dict[str, Any], **files: str) -> str:
        """Hand in; returns the submission's id."""
        path = f"{API}/attempts/{attempt['id']}/submissions"
        reply = self.post(path, json={"files": files or attempt["files"]})
        assert reply.status_code == 202, reply.text
        return reply.json()["id"]

    def submission(self, submission_id: str) -> dict[str, Any]:
        return self.get(f"{API}/submissions/{submission_id}").json()

    def _send(self, method: str, path: str, **more: Any) -> Reply:
        headers = {**self.headers, **more.pop("headers", {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.client.request(method, path, headers=headers, **more)


class Graders:
    """Writes what a worker writes, without running anything."""

    def __init__(self, settings: Settings, kata: Kata) -> None:
        self.engine = make_sync_engine(settings.sync_url)
        self.recorder = Recorder(self.engine)
        self._kata = kata

    def begin(self, submission_id: str) -> Job:
        job = self.recorder.begin(submission_id)
        assert job is not None
        return job

    def grade(self, submission_id: str, *failing: str) -> Report:
        """From queued to graded."""
        job, report = self.begin(submission_id), a_report(self._kata, *failing)
        self.recorder.checks(job, report.checks)
        assert self.recorder.finish(job, report)
        return report

    def change(self, table: str, row_id: str, **values: Any) -> None:
        """What no route offers yet: another disclosure, a closing time."""
        assignments = ", ".join(f"{name} = :{name}" for name in values)
        with self.engine.begin() as connection:
            statement = sa.text(f"UPDATE {table} SET {assignments} WHERE id = :id")  # noqa: S608
            connection.execute(statement, {**values, "id": row_id})

    def count(self, table: str) -> int:
        with self.engine.connect() as connection:
            found = connection.execute(sa.text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            return found.scalar_one()
