"""Guests and their tokens."""

from collections.abc import Callable

import sqlalchemy as sa
from kintsugi_factories import API, Graders, Learner
from starlette.testclient import TestClient


def test_a_guest_gets_a_token_of_which_only_a_digest_is_kept(
    client: TestClient, graders: Graders
) -> None:
    reply = client.post(f"{API}/guests")
    token = reply.json()["token"]
    with graders.engine.connect() as connection:
        stored = connection.execute(sa.text("SELECT * FROM apitoken")).one()
    assert (reply.status_code, list(reply.json())) == (201, ["token"])
    assert not any(token in str(value) for value in stored)


def test_every_guest_is_another(ida: Learner, bo: Learner) -> None:
    ida.begin()
    assert bo.get(f"{API}/attempts").json()["items"] == []


def test_a_browser_may_use_the_api_with_its_cookie(browsers: Callable[[], Learner]) -> None:
    browser = browsers()
    browser.get("/katas")
    attempt = browser.begin()
    assert browser.get(f"/attempts/{attempt['id']}").status_code == 200


def test_another_scheme_is_no_token(client: TestClient) -> None:
    reply = client.get(f"{API}/attempts", headers={"Authorization": "Basic aTpi"})
    assert reply.status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client: TestClient) -> None:
    given = client.get("/katas").headers["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=Lax" in given
    assert "Secure" not in given


def test_over_https_the_cookie_stays_there(client: TestClient) -> None:
    assert "; Secure" in client.get("https://testserver/katas").headers["set-cookie"]


def test_a_known_browser_is_given_no_other_cookie(browsers: Callable[[], Learner]) -> None:
    browser = browsers()
    browser.get("/katas")
    assert "set-cookie" not in browser.get("/katas").headers
