"""Review first over the API: the same rules as on the page."""

from typing import Any

import pytest
from kintsugi_factories import API, Graders, Learner
from starlette.testclient import TestClient

FLAW = {
    "skill": "api-design",
    "severity": "medium",
    "file": "app/main.py",
    "line": 16,
    "text": "Nothing comes back as 200",
}


@pytest.fixture
def attempt(ida: Learner) -> dict[str, Any]:
    made = ida.begin()
    reply = ida.put(f"{at(made)}/review-first", json={"on": True})
    assert (reply.status_code, reply.json()) == (200, {"on": True, "open": True, "flaws": []})
    return made


def at(attempt: dict[str, Any]) -> str:
    return f"{API}/attempts/{attempt['id']}"


def test_a_flaw_is_listed_read_back_and_taken_back(ida: Learner, attempt: dict[str, Any]) -> None:
    reply = ida.post(f"{at(attempt)}/flaws", json=FLAW)
    assert reply.status_code == 201
    made = reply.json()
    assert {name: made[name] for name in FLAW} == FLAW
    assert made["end"] == FLAW["line"]
    assert ida.get(f"{at(attempt)}/review-first").json()["flaws"] == [made]
    for _ in range(2):
        assert ida.delete(f"{at(attempt)}/flaws/{made['id']}").status_code == 204
    assert ida.get(f"{at(attempt)}/review-first").json()["flaws"] == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("line", 400), ("end", 2), ("text", " "), ("severity", "advice"), ("file", "app/none.py")],
)
def test_what_has_to_change_is_named(
    ida: Learner, attempt: dict[str, Any], field: str, value: object
) -> None:
    reply = ida.post(f"{at(attempt)}/flaws", json={**FLAW, field: value})
    assert reply.status_code == 422
    problem = reply.json()
    assert problem["errors"] == [{"at": f"body.{field}", "reason": problem["detail"]}]


def test_nothing_is_listed_once_something_is_handed_in(
    ida: Learner, attempt: dict[str, Any], graders: Graders
) -> None:
    graders.grade(ida.submit(attempt))
    assert not ida.get(f"{at(attempt)}/review-first").json()["open"]
    refused = [
        ida.put(f"{at(attempt)}/review-first", json={"on": False}),
        ida.post(f"{at(attempt)}/flaws", json=FLAW),
        ida.delete(f"{at(attempt)}/flaws/any"),
    ]
    assert [reply.status_code for reply in refused] == [409, 409, 409]


def test_someone_elses_list_is_not_found_and_nobody_is_asked_who(
    client: TestClient, bo: Learner, attempt: dict[str, Any]
) -> None:
    for who, status in ((bo, 404), (Learner(client), 401)):
        replies = [
            who.get(f"{at(attempt)}/review-first"),
            who.put(f"{at(attempt)}/review-first", json={"on": True}),
            who.post(f"{at(attempt)}/flaws", json=FLAW),
            who.delete(f"{at(attempt)}/flaws/any"),
        ]
        assert [reply.status_code for reply in replies] == [status] * 4
