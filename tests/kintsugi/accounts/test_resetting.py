"""A forgotten password: the same answer to everyone, a link that works once, within an hour."""

import re
from collections.abc import Callable, Generator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from kintsugi_factories import API, Graders, Learner
from smtp_server import MailServer, mail_server
from starlette.testclient import TestClient

from kintsugi.app import create_app
from kintsugi.catalogue.service import Shelf
from kintsugi.database import now
from kintsugi.settings import Settings

Browsers = Callable[[], Learner]
OTHER = "nine loud saucepans"


@pytest.fixture
def post() -> Generator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def app(settings: Settings, shelf: Shelf, post: MailServer) -> FastAPI:
    smtp = {"smtp_host": "127.0.0.1", "smtp_port": post.port, "smtp_starttls": False}
    more = {**smtp, "smtp_from": "katas@example.org", "public_url": "http://katas.example"}
    app = create_app(settings.model_copy(update=more), shelf)
    app.user_middleware = [each for each in app.user_middleware if "Trusted" not in str(each.cls)]
    return app


def ask(browser: Learner, email: str = "ida@example.org") -> str:
    return browser.post("/reset", data={"email": email}).text


def link(post: MailServer) -> str:
    """The path of the link in the last mail."""
    found = re.search(r"http://katas\.example(/reset/new\?token=\S+)", post.mails[-1].get_content())
    assert found
    return found[1]


def use(browser: Learner, path: str, password: str = OTHER) -> int:
    token = path.partition("=")[2]
    return browser.post("/reset/new", data={"token": token, "password": password}).status_code


def test_the_link_sets_a_password_and_signs_everyone_out(
    browsers: Browsers, post: MailServer
) -> None:
    signed_in, forgetful = browsers(), browsers()
    signed_in.sign_up()
    ask(forgetful, " IDA@example.org")
    path = link(post)
    assert "ida@example.org" in forgetful.get(path).text
    assert use(forgetful, path) == 303
    assert signed_in.get(f"{API}/account").status_code == 401
    assert forgetful.sign_in().status_code == 422, "the old one"
    assert forgetful.sign_in(password=OTHER).status_code == 303


def test_known_and_unknown_addresses_are_answered_alike(
    browsers: Browsers, post: MailServer
) -> None:
    browsers().sign_up()
    browser = browsers()
    known, unknown = ask(browser), ask(browser, "bo@example.org")

    def plain(text: str) -> str:
        return re.sub(r'nonce="[^"]+"|(ida|bo)@example.org', "", text)

    assert plain(known) == plain(unknown)
    assert post.recipients == ["ida@example.org"]


def test_it_works_once(browsers: Browsers, post: MailServer) -> None:
    browsers().sign_up()
    browser = browsers()
    ask(browser)
    path = link(post)
    assert [use(browser, path), use(browser, path, "eleven soft pans")] == [303, 410]
    assert browser.get(path).status_code == 410
    assert browser.sign_in(password=OTHER).status_code == 303


def test_using_one_ends_the_others(browsers: Browsers, post: MailServer) -> None:
    browsers().sign_up()
    browser = browsers()
    ask(browser)
    first = link(post)
    ask(browser)
    second = link(post)
    assert [use(browser, second), use(browser, first)] == [303, 410]


def test_looking_does_not_use_it_up(browsers: Browsers, post: MailServer) -> None:
    browsers().sign_up()
    browser = browsers()
    ask(browser)
    assert {browser.get(link(post)).status_code for _ in range(3)} == {200}
    assert use(browser, link(post)) == 303


def test_an_unfit_password_leaves_the_link_as_it_is(browsers: Browsers, post: MailServer) -> None:
    browsers().sign_up()
    browser = browsers()
    ask(browser)
    assert use(browser, link(post), "short") == 422
    assert use(browser, link(post)) == 303


def test_after_an_hour_it_is_void(browsers: Browsers, post: MailServer, graders: Graders) -> None:
    browsers().sign_up()
    browser = browsers()
    ask(browser)
    past = (now() - timedelta(seconds=1)).isoformat(sep=" ")
    with graders.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE passwordreset SET expires_at = ?", (past,))
    assert browser.get(link(post)).status_code == 410
    assert use(browser, link(post)) == 410
    assert browser.sign_in().status_code == 303


@pytest.mark.parametrize("path", ["/reset/new", "/reset/new?token=", "/reset/new?token=x%00"])
def test_no_link_of_ours(browsers: Browsers, path: str) -> None:
    reply = browsers().get(path)
    assert reply.status_code == 410
    assert "Ask for another" in reply.text


def test_the_database_holds_a_digest_only(
    browsers: Browsers, post: MailServer, graders: Graders
) -> None:
    browsers().sign_up()
    ask(browsers())
    token = link(post).partition("=")[2]
    with graders.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT * FROM passwordreset").one()
    assert not any(token in str(value) for value in row)


def test_the_link_leads_here_whatever_the_request_says(
    browsers: Browsers, post: MailServer
) -> None:
    browsers().sign_up()
    browser = browsers()
    browser.headers = {**browser.headers, "Host": "elsewhere.example"}
    ask(browser)
    assert "elsewhere" not in post.mails[-1].get_content()


def test_too_many_mails_are_refused_known_or_not(browsers: Browsers, post: MailServer) -> None:
    browsers().sign_up()
    for name in ("ida", "nobody"):
        browser = browsers()
        replies = [browser.post("/reset", data={"email": f"{name}@example.org"}) for _ in range(5)]
        assert [reply.status_code for reply in replies] == [200] * 4 + [429]
        assert "retry-after" in replies[-1].headers
    assert len(post.mails) == 4


def test_a_mail_server_that_fails_is_no_hint(browsers: Browsers, post: MailServer) -> None:
    browsers().sign_up()
    post.refuses = True
    assert "a link is on its way" in ask(browsers())


def test_a_server_that_sends_no_mail_says_who_can_help(settings: Settings, shelf: Shelf) -> None:
    production = {"environment": "production", "public_url": "https://testserver"}
    app = create_app(settings.model_copy(update=production), shelf)
    with TestClient(app) as client:
        asked = client.post("/reset", data={"email": "ida@example.org"})
        for reply in (client.get("/reset"), asked):
            assert "This server sends no mail." in reply.text
            assert "on its way" not in reply.text


def test_what_is_no_address_is_said(browsers: Browsers) -> None:
    reply = browsers().post("/reset", data={"email": "ida"})
    assert reply.status_code == 422
    assert "Write it like ida@example.org." in reply.text
