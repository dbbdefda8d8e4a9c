"""Errors: a document for programs, a page for people, nothing from inside for anyone."""

import pytest
from fastapi import FastAPI
from kintsugi_factories import API
from starlette.testclient import TestClient

PROBLEM = "application/problem+json"


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    def broken() -> None:
        secret = "what a learner wrote"
        raise RuntimeError(secret)

    for path in ("/broken", f"{API}/broken"):
        app.get(path)(broken)
    return app


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{API}/nowhere", 404),
        ("GET", f"{API}/katas/nothing", 404),
        ("DELETE", f"{API}/katas", 405),
        ("GET", f"{API}/attempts", 401),
        ("GET", f"{API}/katas?limit=x", 422),
        ("GET", f"{API}/broken", 500),
        ("GET", "/readyz", 503),
    ],
)
def test_a_program_gets_a_problem_document(
    client: TestClient, method: str, path: str, status: int
) -> None:
    reply = client.request(method, path)
    problem = reply.json()
    assert (reply.status_code, reply.headers["content-type"]) == (status, PROBLEM)
    assert (problem["status"], problem["instance"]) == (status, path.partition("?")[0])
    assert problem["title"]
    assert problem["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("PATCH", "/katas", 405), ("GET", "/broken", 500)],
)
def test_a_person_gets_a_page_with_the_number_to_quote(
    client: TestClient, method: str, path: str, status: int
) -> None:
    reply = client.request(method, path)
    assert (reply.status_code, reply.headers["content-type"]) == (
        status,
        "text/html; charset=utf-8",
    )
    assert reply.headers["x-request-id"] in reply.text


def test_a_part_of_a_page_gets_a_part_to_say_what_is_wrong_with_it(client: TestClient) -> None:
    reply = client.get("/katas?difficulty=hard", headers={"HX-Request-Type": "partial"})
    assert reply.status_code == 422
    assert reply.headers["x-request-id"] in reply.text
    assert "<html" not in reply.text


def test_what_we_broke_replaces_the_whole_page(client: TestClient) -> None:
    reply = client.get("/broken", headers={"HX-Request-Type": "partial"})
    assert (reply.status_code, reply.headers["hx-retarget"]) == (500, "body")
    assert reply.headers["x-request-id"] in reply.text


def test_what_is_inside_stays_there(client: TestClient) -> None:
    for path in ("/broken", f"{API}/broken"):
        assert "what a learner wrote" not in client.get(path).text


def test_an_unknown_field_is_named_and_not_shown(client: TestClient) -> None:
    token = client.post(f"{API}/guests").json()["token"]
    reply = client.post(
        f"{API}/attempts",
        json={"kata": {"my": "secret text"}},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert reply.json()["errors"][0]["at"] == "body.kata"
    assert "secret text" not in reply.text
