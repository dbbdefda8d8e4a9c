"""A guest becomes an account, signs out, and is recognised again; strangers learn nothing."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from kintsugi_factories import API, KATA, PASSWORD, Graders, Learner
from starlette.testclient import TestClient

from kintsugi.limits import Limit

Browsers = Callable[[], Learner]
MISMATCH = "E-mail and password do not match."


def attempts(browser: Learner) -> set[str]:
    return {each["id"] for each in browser.get(f"{API}/attempts").json()["items"]}


def guest_with_work(browsers: Browsers) -> tuple[Learner, dict[str, str]]:
    browser = browsers()
    browser.get("/katas")
    return browser, browser.begin()


class TestSignUp:
    def test_the_guest_stays_the_same_account_with_everything_done(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        browser, attempt = guest_with_work(browsers)
        submission = browser.submit(attempt)
        before = browser.get(f"{API}/account").json()
        reply = browser.sign_up(name="Ida  Vogel", email=" Ida@Example.ORG ", next="/attempts")
        after = browser.get(f"{API}/account").json()
        assert (reply.status_code, reply.headers["location"]) == (303, "/attempts")
        assert after == {
            **before,
            "guest": False,
            "name": "Ida Vogel",
            "email": "ida@example.org",
        }
        assert attempts(browser) == {attempt["id"]}
        assert browser.get(f"/submissions/{submission}").status_code == 200
        assert graders.count("account") == 1

    def test_without_having_done_anything(self, browsers: Browsers) -> None:
        browser = browsers()
        assert browser.sign_up().headers["location"] == "/katas"
        assert browser.get(f"{API}/account").json()["guest"] is False

    def test_the_password_is_stored_as_a_hash_only(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        browsers().sign_up()
        with graders.engine.connect() as connection:
            row = connection.exec_driver_sql("SELECT * FROM account").one()
        assert not any(PASSWORD in str(value) for value in row)
        assert any(str(value).startswith("$argon2id$") for value in row)

    @pytest.mark.parametrize(
        ("field", "value", "told"),
        [
            ("password", "short", "Use 10 to 200 characters."),
            ("password", "x" * 201, "Use 10 to 200 characters."),
            ("password", "Password123", "one of the first that anyone would try"),
            ("password", "aaaaaaaaaaaa", "one of the first that anyone would try"),
            ("password", "IDA@example.org", "This is the e-mail again"),
            ("email", "ida", "Write it like ida@example.org."),
            ("email", "ida@example.org\nBcc: bo@example.org", "Write it like ida@example.org."),
            ("email", "\u0131da@example.org", "Write it like ida@example.org."),
            ("email", "a" * 250 + "@example.org", "Write it like ida@example.org."),
            ("name", "  ", "Use 1 to 40 characters"),
            ("name", "x" * 41, "Use 1 to 40 characters"),
            ("name", "ida\u202egnp", "Use 1 to 40 characters"),
        ],
    )
    def test_what_has_to_change_is_said_at_its_field_and_the_rest_is_kept(
        self, browsers: Browsers, graders: Graders, field: str, value: str, told: str
    ) -> None:
        browser = browsers()
        reply = browser.sign_up(**{"name": "Ida Vogel", "email": "ida@example.org", field: value})
        assert reply.status_code == 422
        assert told in reply.text
        assert 'aria-invalid="true" autofocus aria-describedby="' in reply.text
        assert f'id="fault-{field}"' in reply.text
        assert PASSWORD not in reply.text
        if field != "name":
            assert 'value="Ida Vogel"' in reply.text
        assert graders.count("account") == 0

    def test_the_rule_is_said_before_it_is_broken(self, browsers: Browsers) -> None:
        assert "At least 10 characters" in browsers().get("/sign-up").text

    @pytest.mark.parametrize("email", ["ida@example.org", "IDA@Example.org"])
    def test_an_e_mail_has_one_account(
        self, browsers: Browsers, graders: Graders, email: str
    ) -> None:
        browsers().sign_up()
        reply = browsers().sign_up(name="Other", email=email, password="another one")
        assert reply.status_code == 409
        assert "There is an account with this e-mail." in reply.text
        assert graders.count("account") == 1

    def test_whoever_has_one_and_knows_its_password_is_signed_in(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        first, old = guest_with_work(browsers)
        first.sign_up()
        browser, new = guest_with_work(browsers)
        assert browser.sign_up(name="Another", email="ida@example.org").status_code == 303
        assert browser.get(f"{API}/account").json()["name"] == "ida"
        assert attempts(browser) == {old["id"], new["id"]}
        assert graders.count("account") == 1

    def test_signing_up_is_no_way_round_the_limit_of_tries(self, browsers: Browsers) -> None:
        browsers().sign_up()
        browser = browsers()
        codes = [browser.sign_up(password=f"a guess, number {n}").status_code for n in range(11)]
        assert codes == [409] * 10 + [429]

    def test_whoever_is_signed_in_makes_no_second_one(self, browsers: Browsers) -> None:
        browser = browsers()
        browser.sign_up()
        assert browser.sign_up(name="other").status_code == 409
        assert browser.get("/sign-up").headers["location"] == "/account"

    def test_a_cookie_planted_before_opens_nothing_afterwards(
        self, browsers: Browsers, client: TestClient
    ) -> None:
        victim, _ = guest_with_work(browsers)
        planted = victim.cookie()
        victim.sign_up()
        thief = browsers()
        thief.client.cookies.set("kintsugi", planted)
        assert victim.cookie() != planted
        assert thief.get(f"{API}/account").status_code == 401
        assert attempts(victim)
        assert "Ida" not in thief.get("/attempts").text


class TestSignIn:
    def test_from_another_browser_everything_is_there(self, browsers: Browsers) -> None:
        first, attempt = guest_with_work(browsers)
        first.sign_up()
        second = browsers()
        reply = second.sign_in(email="IDA@example.org ")
        assert (reply.status_code, reply.headers["location"]) == (303, "/katas")
        assert attempts(second) == {attempt["id"]}

    @pytest.mark.parametrize(
        "wrong",
        [
            {"password": PASSWORD + "x"},
            {"password": ""},
            {"email": "nobody@example.org"},
            {"email": "not an e-mail"},
            {"email": ""},
            {"email": "ida@example.org'--"},
        ],
    )
    def test_what_does_not_match_is_answered_the_same_way(
        self, browsers: Browsers, wrong: dict[str, str]
    ) -> None:
        browsers().sign_up()
        browser = browsers()
        reply = browser.sign_in(**wrong)
        assert reply.status_code == 422
        assert MISMATCH in reply.text
        assert browser.get(f"{API}/account").status_code == 401

    def test_the_form_keeps_the_e_mail_and_where_one_was(self, browsers: Browsers) -> None:
        text = browsers().sign_in(password="wrong wrong", next=f"/katas/{KATA}").text
        assert 'value="ida@example.org"' in text
        assert f'name="next" value="/katas/{KATA}"' in text
        assert "wrong wrong" not in text

    def test_what_the_guest_has_done_moves_to_the_account(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        first, old = guest_with_work(browsers)
        first.sign_up()
        browser, new = guest_with_work(browsers)
        submission = browser.submit(new)
        assert "moves to the account" in browser.get("/sign-in").text
        browser.sign_in()
        assert attempts(browser) == {old["id"], new["id"]}, "of the same kata: both are kept"
        assert browser.get(f"/submissions/{submission}").status_code == 200
        assert graders.count("account") == 1, "the guest is gone"
        assert graders.count("submission") == 1

    def test_the_kata_goes_on_with_the_attempt_that_was_worked_on_last(
        self, browsers: Browsers
    ) -> None:
        first, _ = guest_with_work(browsers)
        first.sign_up()
        browser, new = guest_with_work(browsers)
        browser.sign_in()
        assert f"/attempts/{new['id']}/draft" in browser.get(f"/katas/{KATA}").text

    def test_a_guest_who_has_done_nothing_leaves_nothing(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        browsers().sign_up()
        browser = browsers()
        browser.get("/katas")
        browser.sign_in()
        assert graders.count("account") == 1

    def test_another_account_takes_nothing_along(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        browsers().sign_up("bo")
        browser, attempt = guest_with_work(browsers)
        browser.sign_up("ida")
        browser.sign_in("bo")
        assert attempts(browser) == set()
        assert graders.count("browsersession") == 2, "bo's first and this one; ida's has ended"
        browser.sign_in("ida")
        assert attempts(browser) == {attempt["id"]}

    def test_each_time_the_session_has_a_new_name(self, browsers: Browsers) -> None:
        browser = browsers()
        browser.sign_up()
        first = browser.cookie()
        browser.sign_in()
        other = browsers()
        other.client.cookies.set("kintsugi", first)
        assert browser.cookie() != first
        assert other.get(f"{API}/account").status_code == 401

    def test_whoever_is_signed_in_needs_no_form(self, browsers: Browsers) -> None:
        browser = browsers()
        browser.sign_up()
        assert browser.get("/sign-in?next=/attempts").headers["location"] == "/attempts"


class TestSignOut:
    def test_the_browser_is_a_new_guest(self, browsers: Browsers) -> None:
        browser, _ = guest_with_work(browsers)
        browser.sign_up()
        old = browser.cookie()
        assert browser.post("/sign-out").status_code == 303
        assert "You are signed out" in browser.get("/sign-in?done=out").text
        assert "Nothing mended yet" in browser.get("/attempts").text
        browser.client.cookies.set("kintsugi", old)
        assert browser.get(f"{API}/account").status_code == 401, "the old cookie is no way back"

    def test_a_guest_who_signs_out_loses_nothing(self, browsers: Browsers) -> None:
        browser, attempt = guest_with_work(browsers)
        assert browser.post("/sign-out").headers["location"] == "/account"
        assert attempts(browser) == {attempt["id"]}


def test_what_is_not_found_may_belong_to_an_account(browsers: Browsers) -> None:
    browser = browsers()
    assert 'href="/sign-in?next=%2Fattempts%2Fx"' in browser.get("/attempts/x").text
    browser.sign_up()
    assert "/sign-in" not in browser.get("/attempts/x").text


def test_a_field_has_an_end(browsers: Browsers) -> None:
    assert browsers().sign_in(password="x" * 5000).status_code == 400


class TestWhereToGo:
    @pytest.mark.parametrize(
        "next_",
        [
            "https://elsewhere.example/",
            "//elsewhere.example",
            "/\\elsewhere.example",
            "\\\\elsewhere.example",
            "/\t/elsewhere.example",
            "/\n/elsewhere.example",
            "javascript:alert(1)",
            "katas",
            "",
            "/katas /x",
        ],
    )
    def test_never_to_another_site(self, browsers: Browsers, next_: str) -> None:
        browser = browsers()
        browser.sign_up()
        browser.post("/sign-out")
        assert browser.sign_in(next=next_).headers["location"] == "/katas"

    def test_back_to_where_one_was(self, browsers: Browsers) -> None:
        browser = browsers()
        assert "/sign-in?next=%2Fattempts" in browser.get("/attempts").text
        browser.sign_up()
        browser.post("/sign-out")
        address = f"/katas/{KATA}?x=1#app/main.py:3"
        assert browser.sign_in(next=address).headers["location"] == address


class TestTooManyTries:
    def test_an_e_mail_is_tried_ten_times_and_then_waits(self, browsers: Browsers) -> None:
        browsers().sign_up()
        browser = browsers()
        texts = [browser.sign_in(password="not this one").text for _ in range(10)]
        assert "left" not in texts[4]
        assert "4 tries are left" in texts[5]
        assert "No tries are left" in texts[9]
        refused = browser.sign_in()
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 90
        assert "Too many tries. Try again in" in refused.text
        assert 'value="ida@example.org"' in refused.text
        assert browsers().sign_in().status_code == 429, "from everywhere"

    def test_unknown_addresses_are_counted_alike(self, browsers: Browsers) -> None:
        browser = browsers()
        replies = [browser.sign_in("nobody") for _ in range(11)]
        assert [reply.status_code for reply in replies] == [422] * 10 + [429]

    def test_one_who_knows_the_password_is_never_slowed_down(self, browsers: Browsers) -> None:
        browser = browsers()
        browser.sign_up()
        assert {browser.sign_in().status_code for _ in range(15)} == {303}

    def test_one_network_tries_many_addresses_only_so_often(
        self, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        few = Limit("tries of one network", times=3, period_s=600)
        monkeypatch.setattr("kintsugi.accounts.entering.TRIES_OF_NETWORK", few)
        browser = browsers()
        replies = [browser.sign_in(f"nobody{n}") for n in range(4)]
        assert [reply.status_code for reply in replies] == [422, 422, 422, 429]

    def test_asking_which_addresses_are_taken_costs_tries(
        self, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        few = Limit("tries of one network", times=4, period_s=600)
        monkeypatch.setattr("kintsugi.accounts.entering.TRIES_OF_NETWORK", few)
        browsers().sign_up()
        browser = browsers()
        replies = [browser.sign_up(password=f"a guess, number {n}") for n in range(3)]
        assert [reply.status_code for reply in replies] == [409, 409, 429]


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-up", "/sign-out", "/reset", "/reset/new", "/account/delete"]
)
def test_another_site_cannot_send_the_forms(app: FastAPI, browsers: Browsers, path: str) -> None:
    browser = browsers()
    browser.headers = {"Sec-Fetch-Site": "cross-site"}
    assert browser.post(path, data={"email": "ida@example.org"}).status_code == 403


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/reset", "/account"])
def test_nothing_of_it_is_kept_in_caches(browsers: Browsers, path: str) -> None:
    assert browsers().get(path).headers["cache-control"] == "no-store"
