"""What can be set, and what is refused."""

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from kintsugi.settings import Settings, SettingsError, load_settings

LONG = "x" * 40


def test_the_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first, second = Settings(data=tmp_path), Settings(data=tmp_path)
    assert first.signing_key == second.signing_key
    assert len(first.signing_key) >= 32
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_a_secret_that_is_set_is_used_and_never_shown(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, secret=SecretStr(LONG))
    assert settings.signing_key == LONG
    assert LONG not in repr(settings)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"secret": "short"}, "too short"),
        ({"environment": "production"}, "https://"),
        ({"environment": "production", "public_url": "http://katas.example"}, "https://"),
        ({"database_url": "mysql://host/name"}, "postgresql"),
        ({"sandbox": "none"}, "sandbox"),
        ({"port": 70000}, "port"),
        ({"workers": 0}, "workers"),
    ],
)
def test_what_is_unsafe_or_makes_no_sense_is_refused_in_one_line(
    given: dict[str, object], reason: str
) -> None:
    with pytest.raises(SettingsError, match=reason) as refused:
        load_settings(**given)
    assert "\n" not in str(refused.value)
    assert "short'" not in str(refused.value)


def test_production_with_an_address_is_fine() -> None:
    settings = load_settings(environment="production", public_url="https://katas.example:8443")
    assert settings.public_host == "katas.example:8443"


def test_the_environment_is_read_and_the_command_line_wins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KINTSUGI_PORT", "9000")
    monkeypatch.setenv("KINTSUGI_WORKERS", "5")
    monkeypatch.setenv("KINTSUGI_KATAS", "/one:/two")
    settings = load_settings(port=9001, workers=None)
    assert (settings.port, settings.workers) == (9001, 5)
    assert settings.katas == (Path("/one"), Path("/two"))


def test_without_a_url_the_database_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert settings.sync_url == f"sqlite:///{tmp_path}/kintsugi.db"
    assert settings.embedded


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="--data"):
        Settings(data=tmp_path / "file" / "data").prepare()
