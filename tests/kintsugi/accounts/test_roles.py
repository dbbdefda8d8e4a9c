"""Who may do what: visitor, guest, learner, instructor, admin; by browser and by token."""

from collections.abc import Callable

import pytest
from fastapi import APIRouter, FastAPI
from kintsugi_factories import API, Graders, Learner
from starlette.testclient import TestClient

from kintsugi.accounts.identity import (
    AdminCaller,
    BrowserAdmin,
    BrowserInstructor,
    InstructorCaller,
)
from kintsugi.accounts.models import Role

Browsers = Callable[[], Learner]
probe = APIRouter()


@probe.get("/for-instructors")
async def for_instructors(account: BrowserInstructor) -> str:
    return account.handle


@probe.get("/for-admins")
async def for_admins(account: BrowserAdmin) -> str:
    return account.handle


@probe.get("/api/for-instructors")
async def for_instructors_by_api(account: InstructorCaller) -> str:
    return account.handle


@probe.get("/api/for-admins")
async def for_admins_by_api(account: AdminCaller) -> str:
    return account.handle


def visitor(browsers: Browsers, graders: Graders) -> Learner:
    browser = browsers()
    browser.get("/katas")
    return browser


def guest(browsers: Browsers, graders: Graders) -> Learner:
    browser = visitor(browsers, graders)
    browser.begin()
    return browser


def with_role(role: Role) -> Callable[[Browsers, Graders], Learner]:
    def make(browsers: Browsers, graders: Graders) -> Learner:
        browser = browsers()
        browser.sign_up()
        graders.change("account", browser.get(f"{API}/account").json()["id"], role=role.value)
        return browser

    return make


WHO = [visitor, guest, *(with_role(role) for role in Role)]
NAMES = ["visitor", "guest", *Role]
# Answers in the order of WHO. 401: the API does not know who asks; a page has a guest for everyone.
MATRIX = {
    ("GET", "/account", ""): (200, 200, 200, 200, 200),
    ("GET", "/account/delete", ""): (303, 200, 200, 200, 200),
    ("GET", "/account/export", ""): (404, 200, 200, 200, 200),
    ("GET", "/sign-in", ""): (200, 200, 303, 303, 303),
    ("GET", "/sign-up", ""): (200, 200, 303, 303, 303),
    ("GET", "/reset", ""): (200, 200, 200, 200, 200),
    ("POST", "/account/name", "name=x"): (303, 303, 303, 303, 303),
    ("POST", "/account/tokens", "token=x"): (403, 403, 200, 200, 200),
    ("POST", "/account/password", "new=seven+loud+teacups"): (403, 403, 422, 422, 422),
    ("POST", "/account/sessions/end-others", ""): (303, 303, 303, 303, 303),
    ("POST", "/account/sessions/x/end", ""): (404, 404, 404, 404, 404),
    ("POST", "/account/tokens/x/revoke", ""): (404, 404, 404, 404, 404),
    ("GET", f"{API}/account", ""): (401, 200, 200, 200, 200),
    ("GET", f"{API}/account/tokens", ""): (200, 200, 200, 200, 200),
    ("GET", f"{API}/account/export", ""): (404, 200, 200, 200, 200),
    ("DELETE", f"{API}/account/tokens/x", ""): (404, 404, 404, 404, 404),
    ("GET", "/for-instructors", ""): (403, 403, 403, 200, 200),
    ("GET", "/for-admins", ""): (403, 403, 403, 403, 200),
    ("GET", "/api/for-instructors", ""): (403, 403, 403, 200, 200),
    ("GET", "/api/for-admins", ""): (403, 403, 403, 403, 200),
    ("POST", "/sign-out", ""): (303, 303, 303, 303, 303),
}
NOBODY = [
    ("GET", f"{API}/account"),
    ("GET", f"{API}/account/tokens"),
    ("POST", f"{API}/account/tokens"),
    ("DELETE", f"{API}/account/tokens/x"),
    ("GET", f"{API}/account/export"),
    ("DELETE", f"{API}/account"),
]


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    app.include_router(probe)
    return app


@pytest.mark.parametrize(("who", "at"), list(zip(WHO, range(5), strict=True)), ids=NAMES)
def test_each_role_at_each_route(
    browsers: Browsers,
    graders: Graders,
    who: Callable[[Browsers, Graders], Learner],
    at: int,
) -> None:
    browser = who(browsers, graders)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answers: dict[tuple[str, str, str], int] = {}
    for method, path, body in MATRIX:
        # Whoever is nobody yet may be somebody after a route.
        fresh = browser if at else who(browsers, graders)
        reply = fresh.client.request(
            method, path, content=body, headers={**browser.headers, **form}
        )
        answers[method, path, body] = reply.status_code
    assert answers == {key: expected[at] for key, expected in MATRIX.items()}


@pytest.mark.parametrize(("method", "path"), NOBODY)
def test_without_cookie_or_token_the_api_knows_nobody(
    client: TestClient, method: str, path: str
) -> None:
    reply = client.request(method, path, json={"name": "x", "confirm": "x"})
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), NOBODY)
def test_a_token_of_nobody_opens_nothing(client: TestClient, method: str, path: str) -> None:
    learner = Learner(client, "kt_made-up")
    reply = learner.client.request(
        method,
        path,
        json={"name": "x", "confirm": "x"},
        headers={"Authorization": f"Bearer {learner.token}"},
    )
    assert reply.status_code == 401


def test_tokens_of_others_are_not_found(
    browsers: Browsers, client: TestClient, ida: Learner
) -> None:
    browser = browsers()
    browser.sign_up()
    made = browser.post(f"{API}/account/tokens", json={"name": "hers"}).json()
    assert ida.delete(f"{API}/account/tokens/{made['id']}").status_code == 404
    bo = browsers()
    bo.sign_up("bo")
    assert bo.post(f"/account/tokens/{made['id']}/revoke").status_code == 404
    assert Learner(client, made["token"]).get(f"{API}/account").status_code == 200


def test_a_page_for_some_offers_guests_to_sign_in_and_come_back(browsers: Browsers) -> None:
    browser = browsers()
    reply = browser.get("/for-admins")
    assert reply.status_code == 403
    assert 'href="/sign-in?next=%2Ffor-admins">Sign in</a>' in reply.text
    browser.sign_up()
    reply = browser.get("/for-admins")
    assert "This is for the role admin; yours is learner." in reply.text
    assert "/sign-in" not in reply.text


@pytest.mark.parametrize("role", Role)
def test_a_role_covers_those_before_it(role: Role) -> None:
    order = list(Role)
    assert [role.covers(other) for other in order] == [
        order.index(other) <= order.index(role) for other in order
    ]
