"""The whole application: probes, figures, the description of the API."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from fastapi import FastAPI
from kintsugi_factories import API, Graders, Learner
from starlette.testclient import TestClient

from kintsugi import heartbeat
from kintsugi.app import create_app
from kintsugi.catalogue.service import Shelf
from kintsugi.heartbeat import WorkerState
from kintsugi.settings import Settings

PROBLEM = "application/problem+json"


def test_the_process_is_alive(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


class TestReadiness:
    def test_without_a_worker_it_is_not_ready_and_says_so(self, client: TestClient) -> None:
        reply = client.get("/readyz")
        assert (reply.status_code, reply.json()["detail"]) == (503, "No grading worker is running.")

    def test_a_worker_that_refuses_says_why(self, client: TestClient, graders: Graders) -> None:
        why = "Nothing is graded here: no user namespaces. Use a newer kernel."
        heartbeat.beat(graders.engine, "local", WorkerState.REFUSED, why)
        assert client.get("/readyz").json()["detail"] == why

    def test_a_ready_worker_makes_it_ready(self, client: TestClient, graders: Graders) -> None:
        heartbeat.beat(graders.engine, "local", WorkerState.STARTING)
        assert client.get("/readyz").status_code == 503
        heartbeat.beat(graders.engine, "local", WorkerState.READY)
        assert client.get("/readyz").json() == {"status": "ready"}

    def test_a_worker_that_is_not_heard_of_any_more_does_not(
        self, client: TestClient, graders: Graders
    ) -> None:
        heartbeat.beat(graders.engine, "local", WorkerState.READY)
        graders.change("executor", "local", seen=0.0)
        assert client.get("/readyz").status_code == 503
        assert heartbeat.dead(graders.engine) == ["local"]

    def test_submissions_are_taken_without_a_worker(self, ida: Learner) -> None:
        submission = ida.submission(ida.submit(ida.begin()))
        assert (submission["state"], submission["position"]) == ("queued", 1)


class TestFigures:
    def test_there_are_none_unless_asked_for(self, client: TestClient) -> None:
        assert client.get("/metrics").status_code == 404

    def test_submissions_are_counted_by_state(
        self, settings: Settings, shelf: Shelf, graders: Graders
    ) -> None:
        app = create_app(settings.model_copy(update={"metrics": True}), shelf)
        with TestClient(app) as client:
            learner = Learner(client, client.post(f"{API}/guests").json()["token"])
            attempt = learner.begin()
            learner.submit(attempt)
            learner.submit(attempt)
            text = client.get("/metrics").text
        assert 'kintsugi_submissions{state="superseded"} 1.0' in text
        assert 'kintsugi_submissions{state="queued"} 1.0' in text
        assert "kintsugi_ready 0.0" in text


class TestDescription:
    def test_every_operation_has_a_name_and_its_problems(self, client: TestClient) -> None:
        schema = client.get("/openapi.json").json()
        assert "Problem" in schema["components"]["schemas"]
        assert "HTTPValidationError" not in schema["components"]["schemas"]
        assert set(schema["paths"]) == {
            f"{API}/{path}"
            for path in (
                "guests",
                "attempts/{attempt_id}/review-first",
                "attempts/{attempt_id}/flaws",
                "attempts/{attempt_id}/flaws/{flaw_id}",
                "account",
                "account/tokens",
                "account/tokens/{token_id}",
                "account/export",
                "katas",
                "katas/{slug}",
                "attempts",
                "attempts/{attempt_id}",
                "attempts/{attempt_id}/draft",
                "attempts/{attempt_id}/hints",
                "attempts/{attempt_id}/reference",
                "attempts/{attempt_id}/submissions",
                "progress",
                "submissions/{submission_id}",
                "submissions/{submission_id}/changes",
                "submissions/{submission_id}/events",
                "attempts/{attempt_id}/trials",
                "trials/{trial_id}",
            )
        }
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                assert "_" not in operation["operationId"], f"{method} {path}: a made-up name"
                for status, answer in operation["responses"].items():
                    if status >= "400":
                        assert list(answer["content"]) == [PROBLEM], f"{method} {path} {status}"

    def test_every_reference_leads_somewhere(self, client: TestClient) -> None:
        schema = client.get("/openapi.json")
        known = {f"#/components/schemas/{name}" for name in schema.json()["components"]["schemas"]}
        assert set(references(schema.json())) <= known


def references(node: Any) -> list[str]:
    """Every `$ref` in the document."""
    if isinstance(node, dict):
        document = cast(dict[str, Any], node)
        deeper = [found for value in document.values() for found in references(value)]
        return [*deeper, *([document["$ref"]] if "$ref" in document else [])]
    if isinstance(node, list):
        return [found for value in cast(list[Any], node) for found in references(value)]
    return []


@pytest.mark.parametrize("path", ["/", "/katas", "/attempts"])
def test_the_number_of_statements_does_not_grow_with_the_attempts(
    app: FastAPI, browsers: Callable[[], Learner], path: str
) -> None:
    from sqlalchemy import event

    browser, statements = browsers(), list[str]()
    browser.get("/katas")
    event.listen(
        app.state.database.engine.sync_engine,
        "before_cursor_execute",
        lambda *given: statements.append(given[2]),
    )

    def cost() -> int:
        statements.clear()
        assert browser.get(path).status_code == 200
        return len(statements)

    browser.submit(browser.begin())
    few = cost()
    for _ in range(10):
        browser.submit(browser.begin())
    assert cost() == few
