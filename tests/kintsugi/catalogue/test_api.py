"""The katas on offer, over the API."""

import pytest
from kintsugi_factories import API, KATA, NOT_FOR_PRACTICE
from starlette.testclient import TestClient


def test_the_list_has_what_is_for_practice(client: TestClient) -> None:
    listed = client.get(f"{API}/katas").json()
    assert listed["next"] is None
    (only,) = listed["items"]
    assert (only["slug"], only["track"], only["findings"]) == (KATA, "contracts", 2)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("track=contracts", 1),
        ("skill=api-design&difficulty=1", 1),
        ("skill=auth", 0),
        ("difficulty=5", 0),
        ("minutes=10", 1),
        ("minutes=9", 0),
        ("q=UMBRELLAS", 1),
        ("q=umbrellas+zebra", 0),
        (f"cursor={KATA}", 0),
    ],
)
def test_filters_leave_what_matches_all(client: TestClient, query: str, found: int) -> None:
    assert len(client.get(f"{API}/katas?{query}").json()["items"]) == found


@pytest.mark.parametrize(
    "query",
    ["difficulty=9", "skill=cooking", "limit=0", "cursor=nothing", "minutes=0", "q=" + "x" * 101],
)
def test_what_is_no_filter_is_a_problem(client: TestClient, query: str) -> None:
    reply = client.get(f"{API}/katas?{query}")
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"


def test_a_kata_comes_with_all_that_is_needed_and_nothing_that_is_hidden(
    client: TestClient,
) -> None:
    reply = client.get(f"{API}/katas/{KATA}")
    kata = reply.json()
    assert set(kata["files"]) == {"app/__init__.py", "app/main.py", "app/shelf.py"}
    assert kata["editable"] == ["app/main.py", "app/shelf.py"]
    assert (kata["checks"], kata["limits"]["wall_s"]) == (3, 10.0)
    for hidden in ("test_found_again", "What was never found", "HTTPException", "When closed"):
        assert hidden not in reply.text


@pytest.mark.parametrize("slug", [NOT_FOR_PRACTICE, "no-such", "%2e%2e", "a" * 3000])
def test_any_other_is_not_found(client: TestClient, slug: str) -> None:
    assert client.get(f"{API}/katas/{slug}").status_code == 404
