"""Mail over a real connection; what cannot be sent is logged and disturbs nobody."""

import asyncio
import logging
from collections.abc import Generator
from typing import Any

import pytest
from smtp_server import MailServer, mail_server

from kintsugi.mail import Mail, Mailer
from kintsugi.settings import Settings, load_settings

LETTER = Mail(to="ida@example.org", subject="A new password", text="Grüße\n\nhttp://x/y?token=z\n")


@pytest.fixture
def server() -> Generator[MailServer]:
    with mail_server() as running:
        yield running


def mailer(server: MailServer, **changed: Any) -> Mailer:
    smtp = {
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port,
        "smtp_from": "Kintsugi <katas@example.org>",
        "smtp_starttls": False,
    }
    return Mailer(load_settings(**{**smtp, **changed}))


def send(made: Mailer) -> None:
    asyncio.run(made.send(LETTER))


def test_it_arrives_as_it_was_written(server: MailServer) -> None:
    send(mailer(server))
    (came,) = server.mails
    assert (came["to"], came["subject"]) == ("ida@example.org", "A new password")
    assert came["from"] == "Kintsugi <katas@example.org>"
    assert came.get_content().replace("\r\n", "\n") == LETTER.text
    assert server.recipients == ["ida@example.org"]
    assert server.logins == []


def test_the_server_is_told_who_sends(server: MailServer) -> None:
    send(mailer(server, smtp_user="katas", smtp_password="long and secret"))
    assert server.logins == ["\0katas\0long and secret"]


def test_nothing_is_said_in_the_clear_where_tls_is_wanted(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    send(mailer(server, smtp_starttls=True, smtp_user="katas", smtp_password="secret"))
    assert (server.mails, server.logins) == ([], [])
    assert "a mail was not sent" in caplog.text


def test_a_refusal_is_logged_without_the_address(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.refuses = True
    send(mailer(server))
    assert "a mail was not sent" in caplog.text
    assert "ida@example.org" not in caplog.text
    assert LETTER.text not in caplog.text


def test_a_server_that_is_down_is_logged(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        send(mailer(server, smtp_port=1))
    assert "a mail was not sent" in caplog.text


def test_without_a_server_a_development_server_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    made = Mailer(Settings())
    send(made)
    assert LETTER.text in capsys.readouterr().err
    assert made.works


def test_in_production_it_is_not_shown(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    made = Mailer(Settings(environment="production", public_url="https://katas.example"))
    send(made)
    assert "token" not in capsys.readouterr().err + caplog.text
    assert "no mail server is set" in caplog.text
    assert not made.works


def test_a_server_needs_a_sender() -> None:
    with pytest.raises(ValueError, match="KINTSUGI_SMTP_FROM"):
        Settings(smtp_host="mail.example.org")
