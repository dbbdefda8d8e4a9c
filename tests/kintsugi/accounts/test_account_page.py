"""One's own account: name, password, browsers, tokens. Nobody else's can be touched."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from kintsugi_factories import API, PASSWORD, Graders, Learner
from sqlalchemy import event
from starlette.testclient import TestClient

from kintsugi.database import now

Browsers = Callable[[], Learner]
OTHER = "nine loud saucepans"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def ida_signed_in(browsers: Browsers) -> Learner:
    browser = browsers()
    browser.sign_up()
    return browser


def another(browsers: Browsers, name: str = "ida") -> Learner:
    """One more browser in which the account is signed in."""
    browser = browsers()
    browser.sign_in(name)
    return browser


def known(browser: Learner) -> bool:
    return browser.get(f"{API}/account").status_code == 200


def set_back(graders: Graders, table: str, column: str, age: timedelta) -> str:
    """As if everything in it had been last used so long ago."""
    moment = (now() - age).isoformat(sep=" ").removesuffix("+00:00")
    with graders.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {table} SET {column} = ?", (moment,))  # noqa: S608 - our own names
    return moment


def used_at(graders: Graders, table: str) -> Any:
    with graders.engine.connect() as connection:
        return connection.exec_driver_sql(f"SELECT used_at FROM {table}").scalar_one()  # noqa: S608 - our own names


class TestMasthead:
    def test_nobody_yet(self, browsers: Browsers) -> None:
        assert 'href="/sign-in?next=%2Fkatas"' in browsers().get("/katas").text

    def test_a_guest_has_both(self, browsers: Browsers) -> None:
        browser = browsers()
        browser.get("/katas")
        browser.begin()
        text = browser.get("/katas").text
        assert 'href="/account"' in text
        assert 'href="/sign-in?next=%2Fkatas"' in text

    def test_whoever_is_signed_in_sees_the_name(self, ida_signed_in: Learner) -> None:
        text = ida_signed_in.get("/katas").text
        assert "ida</a>" in text
        assert "/sign-in" not in text

    def test_a_hostile_name_is_text(self, ida_signed_in: Learner) -> None:
        ida_signed_in.post("/account/name", data={"name": "<script>alert(1)</script>"})
        assert "<script>alert" not in ida_signed_in.get("/account").text


class TestName:
    def test_it_is_changed(self, ida_signed_in: Learner) -> None:
        reply = ida_signed_in.post("/account/name", data={"name": " Ida  Vogel "})
        assert reply.headers["location"] == "/account?done=name"
        assert "The name is changed." in ida_signed_in.get("/account?done=name").text
        assert ida_signed_in.get(f"{API}/account").json()["name"] == "Ida Vogel"

    def test_one_that_is_none_is_shown_again(self, ida_signed_in: Learner) -> None:
        reply = ida_signed_in.post("/account/name", data={"name": "x" * 41})
        assert reply.status_code == 422
        assert f'value="{"x" * 41}"' in reply.text

    def test_a_guest_may_have_one(self, browsers: Browsers) -> None:
        browser = browsers()
        browser.get("/katas")
        browser.post("/account/name", data={"name": "Bo"})
        assert "guest · Bo" in browser.get("/katas").text

    def test_what_is_done_is_said_in_our_words_only(self, ida_signed_in: Learner) -> None:
        assert "gone astray" not in ida_signed_in.get("/account?done=gone%20astray").text


class TestPassword:
    def test_the_other_browsers_are_signed_out(
        self, ida_signed_in: Learner, browsers: Browsers
    ) -> None:
        other = another(browsers)
        form = {"current": PASSWORD, "new": OTHER}
        assert ida_signed_in.post("/account/password", data=form).status_code == 303
        assert (known(ida_signed_in), known(other)) == (True, False)
        assert browsers().sign_in().status_code == 422
        assert browsers().sign_in(password=OTHER).status_code == 303

    @pytest.mark.parametrize(
        ("form", "told"),
        [
            ({"current": "not this one", "new": OTHER}, "This is not the password."),
            ({"current": PASSWORD, "new": "short"}, "Use 10 to 200 characters."),
            ({"current": PASSWORD, "new": "password123"}, "one of the first"),
            ({}, "Use 10 to 200 characters."),
        ],
    )
    def test_what_has_to_change_is_said(
        self, ida_signed_in: Learner, form: dict[str, str], told: str
    ) -> None:
        reply = ida_signed_in.post("/account/password", data=form)
        assert reply.status_code == 422
        assert told in reply.text
        assert OTHER not in reply.text

    def test_it_cannot_be_guessed_from_a_browser_left_open(self, ida_signed_in: Learner) -> None:
        form = {"current": "not this one", "new": OTHER}
        codes = [ida_signed_in.post("/account/password", data=form).status_code for _ in range(11)]
        assert codes == [422] * 10 + [429]

    def test_strangers_who_guess_do_not_lock_its_owner_out(
        self, ida_signed_in: Learner, browsers: Browsers
    ) -> None:
        stranger = browsers()
        codes = [stranger.sign_in(password="a guess").status_code for _ in range(11)]
        assert codes[-1] == 429
        form = {"current": PASSWORD, "new": OTHER}
        assert ida_signed_in.post("/account/password", data=form).status_code == 303

    def test_a_guest_has_none(self, browsers: Browsers) -> None:
        browser = browsers()
        browser.get("/katas")
        form = {"current": PASSWORD, "new": OTHER}
        assert browser.post("/account/password", data=form).status_code == 403


class TestBrowsers:
    def ids(self, browser: Learner) -> list[str]:
        return re.findall(r"/account/sessions/(\w+)/end\"", browser.get("/account").text)

    def test_they_are_listed_with_what_their_owner_recognises(
        self, ida_signed_in: Learner, browsers: Browsers
    ) -> None:
        other = browsers()
        other.headers = {**other.headers, "User-Agent": FIREFOX}
        other.sign_in()
        text = ida_signed_in.get("/account").text
        assert "Firefox on Windows" in text
        assert "Another program" in text
        assert "Gecko" not in text
        assert text.count("this browser") == 1

    def test_one_is_signed_out(self, ida_signed_in: Learner, browsers: Browsers) -> None:
        other, third = another(browsers), another(browsers)
        first = other.get("/account").text
        mine = set(self.ids(ida_signed_in)) - set(re.findall(r"sessions/(\w+)/end\"", first))
        ida_signed_in.post(f"/account/sessions/{mine.pop()}/end")
        assert [known(each) for each in (ida_signed_in, other, third)] == [True, False, True]

    def test_all_others_are_signed_out(self, ida_signed_in: Learner, browsers: Browsers) -> None:
        others = [another(browsers) for _ in range(3)]
        ida_signed_in.post("/account/sessions/end-others")
        assert known(ida_signed_in)
        assert not any(known(each) for each in others)

    def test_nobody_signs_out_someone_else(
        self, ida_signed_in: Learner, browsers: Browsers
    ) -> None:
        another(browsers)
        (hers,) = self.ids(ida_signed_in)
        bo = browsers()
        bo.sign_up("bo")
        assert bo.post(f"/account/sessions/{hers}/end").status_code == 404
        assert bo.post("/account/sessions/nothing/end").status_code == 404
        assert self.ids(ida_signed_in) == [hers]

    def test_what_an_ended_session_wanted_to_write_is_not_done(
        self, ida_signed_in: Learner, browsers: Browsers, graders: Graders
    ) -> None:
        attempt = ida_signed_in.begin()
        other = another(browsers)
        other.post("/account/sessions/end-others")
        path, body = f"/attempts/{attempt['id']}/draft", {"files": attempt["files"], "revision": 0}
        saved = ida_signed_in.put(path, json=body)
        assert saved.status_code == 401
        assert saved.json()["title"] == "You are signed out"
        assert "set-cookie" not in saved.headers, "a sign-in in another tab is not overwritten"
        sent = ida_signed_in.post(f"/attempts/{attempt['id']}/draft", data={"files[x]": "y"})
        assert sent.status_code == 401
        assert "Sign in, in another tab" in sent.text
        ida_signed_in.sign_in()
        assert ida_signed_in.put(path, json=body).status_code == 200
        assert graders.count("account") == 1

    def test_after_ninety_days_without_use_it_has_ended(
        self, ida_signed_in: Learner, graders: Graders
    ) -> None:
        set_back(graders, "browsersession", "used_at", timedelta(days=91))
        assert not known(ida_signed_in)
        ida_signed_in.sign_in()
        assert graders.count("browsersession") == 1, "the old one is put away"

    def test_its_use_is_noted_once_an_hour(self, ida_signed_in: Learner, graders: Graders) -> None:
        recent = set_back(graders, "browsersession", "used_at", timedelta(minutes=59))
        ida_signed_in.get("/katas")
        assert used_at(graders, "browsersession") == recent
        old = set_back(graders, "browsersession", "used_at", timedelta(minutes=61))
        ida_signed_in.get("/katas")
        assert used_at(graders, "browsersession") > old

    def test_a_page_costs_one_read_to_know_who_asks(
        self, app: FastAPI, ida_signed_in: Learner, browsers: Browsers
    ) -> None:
        statements: list[str] = []
        event.listen(
            app.state.database.engine.sync_engine,
            "before_cursor_execute",
            lambda *given: statements.append(given[2]),
        )
        guest = browsers()
        guest.get("/katas")
        guest.begin()
        ida_signed_in.begin()
        costs: list[int] = []
        for browser in (guest, ida_signed_in):
            statements.clear()
            browser.get("/katas")
            costs.append(len(statements))
        assert costs[0] == costs[1]
        assert not any(statement.startswith("UPDATE") for statement in statements)


class TestTokens:
    def test_a_token_is_shown_once_and_works(
        self, ida_signed_in: Learner, client: TestClient
    ) -> None:
        reply = ida_signed_in.post("/account/tokens", data={"token": "laptop"})
        (token,) = re.findall(r"kt_[\w-]{43}", reply.text)
        assert reply.headers["cache-control"] == "no-store"
        assert token not in ida_signed_in.get("/account").text
        program = Learner(client, token)
        assert program.get(f"{API}/account").json()["email"] == "ida@example.org"

    def test_its_use_is_noted_to_the_hour(
        self, ida_signed_in: Learner, client: TestClient, graders: Graders
    ) -> None:
        token = ida_signed_in.post(f"{API}/account/tokens", json={"name": "ci"}).json()["token"]
        program = Learner(client, token)
        assert used_at(graders, "apitoken") is None
        program.get(f"{API}/account")
        first = used_at(graders, "apitoken")
        program.get(f"{API}/account")
        assert first is not None
        assert used_at(graders, "apitoken") == first
        old = set_back(graders, "apitoken", "used_at", timedelta(minutes=61))
        program.get(f"{API}/account")
        assert used_at(graders, "apitoken") > old

    def test_a_revoked_one_opens_nothing(self, ida_signed_in: Learner, client: TestClient) -> None:
        made = ida_signed_in.post(f"{API}/account/tokens", json={"name": "ci"}).json()
        path = f"/account/tokens/{made['id']}/revoke"
        assert ida_signed_in.post(path).headers["location"] == "/account?done=token"
        assert Learner(client, made["token"]).get(f"{API}/account").status_code == 401

    def test_there_is_an_end_to_them(self, ida_signed_in: Learner) -> None:
        for number in range(20):
            ida_signed_in.post(f"{API}/account/tokens", json={"name": f"n{number}"})
        assert ida_signed_in.post(f"{API}/account/tokens", json={"name": "x"}).status_code == 409
        refused = ida_signed_in.post("/account/tokens", data={"token": "one more"})
        assert refused.status_code == 409
        assert 'value="one more"' in refused.text
        assert "At most 20 tokens are kept." in refused.text

    def test_one_without_a_name_is_refused(self, ida_signed_in: Learner) -> None:
        assert ida_signed_in.post("/account/tokens", data={"token": " "}).status_code == 422
        assert ida_signed_in.post(f"{API}/account/tokens", json={"name": " "}).status_code == 422

    def test_a_browsers_guest_can_make_none(self, browsers: Browsers) -> None:
        browser = browsers()
        browser.get("/katas")
        browser.begin()
        assert browser.post("/account/tokens", data={"token": "x"}).status_code == 403
        assert browser.post(f"{API}/account/tokens", json={"name": "x"}).status_code == 403

    def test_a_guest_of_the_api_lists_and_revokes_its_own(self, ida: Learner) -> None:
        (own,) = ida.get(f"{API}/account/tokens").json()["items"]
        assert (own["name"], "token" in own) == ("guest", False)
        assert ida.delete(f"{API}/account/tokens/{own['id']}").status_code == 204
        assert ida.get(f"{API}/account").status_code == 401
