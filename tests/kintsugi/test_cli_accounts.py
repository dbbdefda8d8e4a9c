"""What operators do about accounts from the terminal."""

from collections.abc import Callable
from pathlib import Path

import pytest
from kintsugi_factories import API, Learner
from typer.testing import CliRunner, Result

from kintsugi.cli import command_line
from kintsugi.settings import Settings

Browsers = Callable[[], Learner]


@pytest.fixture
def kintsugi(settings: Settings) -> Callable[..., Result]:
    def run(*arguments: str) -> Result:
        command = [*arguments, "--data", str(settings.data)]
        return CliRunner().invoke(command_line(), ["account", *command])

    return run


def test_an_operator_makes_an_admin(browsers: Browsers, kintsugi: Callable[..., Result]) -> None:
    browser = browsers()
    browser.sign_up()
    ran = kintsugi("role", "IDA@example.org", "admin")
    assert (ran.exit_code, ran.output) == (0, "IDA@example.org is admin.\n")
    assert browser.get(f"{API}/account").json()["role"] == "admin"


def test_a_link_is_printed_where_no_mail_is_sent(
    browsers: Browsers, kintsugi: Callable[..., Result]
) -> None:
    browser = browsers()
    browser.sign_up()
    ran = kintsugi("reset", "ida@example.org")
    assert ran.output.startswith("http://127.0.0.1:8000/reset/new?token=")
    form = {"token": ran.output.strip().partition("=")[2], "password": "nine loud saucepans"}
    assert browser.post("/reset/new", data=form).status_code == 303
    assert browser.sign_in(password="nine loud saucepans").status_code == 303


@pytest.mark.parametrize("command", [["role", "bo@example.org", "admin"], ["reset", "no e-mail"]])
def test_nobody_of_that_e_mail(kintsugi: Callable[..., Result], command: list[str]) -> None:
    ran = kintsugi(*command)
    assert ran.exit_code == 1
    assert "There is no account with the e-mail" in ran.output


def test_a_role_that_there_is_not(kintsugi: Callable[..., Result]) -> None:
    assert kintsugi("role", "ida@example.org", "emperor").exit_code == 2


def test_a_folder_without_a_database(tmp_path: Path) -> None:
    command = ["account", "reset", "ida@example.org", "--data", str(tmp_path / "none")]
    ran = CliRunner().invoke(command_line(), command)
    assert ran.exit_code == 2
    assert "There is no database" in ran.output
    assert not (tmp_path / "none").exists()
