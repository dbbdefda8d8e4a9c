"""A Kintsugi server as its API shows it: what `login`, `pull` and `submit` speak to.

What a server answers is checked like anything from elsewhere: it is parsed into values, and a
report is one only if it has the form of one.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from grader.report import Report
from grader.review.since import Since

API = "/api/v1"
PATIENCE_S = 30.0
WATCH_S = 65.0  # a stream says at least something every minute
FINAL = {"graded", "superseded", "broken"}
UNKNOWN_TOKEN = 401
SERVER_FAULT = 500
Answer = TypeVar("Answer", bound=BaseModel)


class RemoteError(Exception):
    """The server refused, in its own words; `platform` where it could not do it at all."""

    def __init__(self, text: str, *, platform: bool = False) -> None:
        super().__init__(text)
        self.platform = platform


class RemoteKata(BaseModel):
    """A kata as it is needed to work on it elsewhere."""

    slug: str
    title: str
    brief: str
    files: dict[str, str]
    editable: list[str]
    checks: int


class RemoteAttempt(BaseModel):
    """One's own work on a kata; `files` is the draft."""

    id: str
    kata: str
    files: dict[str, str]


class RemoteSubmission(BaseModel):
    """A submission; the report is None until it is graded, or where it is not disclosed."""

    id: str
    state: str
    report: Report | None = None


class _Page(BaseModel):
    items: list[RemoteAttempt]
    next: str | None


class _Changes(BaseModel):
    since: Since


class _Token(BaseModel):
    token: str


class _Problem(BaseModel):
    title: str = ""
    detail: str | None = None


@dataclass(frozen=True)
class Step:
    """What a submission's stream tells: `check`, `started`, `graded` and so on."""

    name: str
    data: Any


class Remote:
    """One server, asked in one person's name."""

    def __init__(self, url: str, token: str = "") -> None:
        """Nothing is asked yet.

        Args:
            url: of the server, without a path.
            token: of an account or a guest; empty for nobody.
        """
        self.url = url
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def new_guest(self) -> str:
        """A token for a guest who is made now."""
        return self._ask("POST", "/guests", _Token).token

    def knows_me(self) -> bool:
        """Whether the token is one of this server's.

        Raises:
            RemoteError: it cannot be asked.
        """
        answer = self._send("GET", "/attempts", params={"limit": 1})
        if answer.status_code == UNKNOWN_TOKEN:
            return False
        self._read(answer, _Page)
        return True

    def kata(self, slug: str) -> RemoteKata:
        return self._ask("GET", f"/katas/{slug}", RemoteKata)

    def attempt_on(self, slug: str) -> RemoteAttempt:
        """The latest attempt on a kata; a new one where there is none."""
        cursor: str | None = None
        while True:
            params = {"limit": 100, **({"cursor": cursor} if cursor else {})}
            page = self._ask("GET", "/attempts", _Page, params=params)
            for attempt in page.items:
                if attempt.kata == slug:
                    return attempt
            cursor = page.next
            if cursor is None:
                return self._ask("POST", "/attempts", RemoteAttempt, json={"kata": slug})

    def submit(self, attempt_id: str, files: dict[str, str]) -> RemoteSubmission:
        path = f"/attempts/{attempt_id}/submissions"
        return self._ask("POST", path, RemoteSubmission, json={"files": files})

    def outcome(self, submission_id: str, tell: Callable[[Step], None]) -> RemoteSubmission:
        """Wait for the end of a submission; `tell` hears of every step.

        Raises:
            RemoteError: the server cannot be asked any more.
        """
        while True:
            try:
                for step in self._steps(submission_id):
                    tell(step)
            except httpx.HTTPError:
                pass  # a stream may break off; what is asked next says whether the server lives
            found = self._ask("GET", f"/submissions/{submission_id}", RemoteSubmission)
            if found.state in FINAL:
                return found

    def since(self, submission_id: str) -> Since | None:
        """What has changed since the submission before; None where there is none to see."""
        try:
            return self._ask("GET", f"/submissions/{submission_id}/changes", _Changes).since
        except RemoteError:
            return None

    def _steps(self, submission_id: str) -> Iterator[Step]:
        path = f"{API}/submissions/{submission_id}/events"
        with self._client.stream("GET", path, timeout=WATCH_S) as answer:
            name = ""
            for line in answer.iter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data" and name:
                    yield Step(name, _json(value))

    def _ask(self, method: str, path: str, kind: type[Answer], **content: Any) -> Answer:
        return self._read(self._send(method, path, **content), kind)

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            return self._client.request(method, API + path, **content)
        except httpx.HTTPError as error:
            text = f"{self.url} does not answer ({type(error).__name__}). Is the server running?"
            raise RemoteError(text, platform=True) from error

    def _read(self, answer: httpx.Response, kind: type[Answer]) -> Answer:
        if not answer.is_success:
            raise RemoteError(
                _said(answer), platform=answer.status_code >= SERVER_FAULT or answer.is_redirect
            )
        try:
            return kind.model_validate_json(answer.content)
        except ValidationError as error:
            text = f"{self.url} answered something else than a Kintsugi server of this version."
            raise RemoteError(text, platform=True) from error


def _said(answer: httpx.Response) -> str:
    """The server's own words for a refusal."""
    if answer.status_code == UNKNOWN_TOKEN:
        return "The server does not know you (any more). Sign in with: kintsugi login URL"
    try:
        problem = _Problem.model_validate_json(answer.content)
    except ValidationError:
        problem = _Problem()
    return problem.detail or problem.title or f"The server answered {answer.status_code}."


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
