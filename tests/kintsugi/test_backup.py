"""A backup is taken while the server serves, and serves when it is put back."""

import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from served import served

from kintsugi import schema
from kintsugi.backup import BackupError, back_up
from kintsugi.settings import Settings

API = "/api/v1"


@pytest.fixture
def installation(tmp_path: Path) -> Settings:
    settings = Settings(data=tmp_path / "data")
    settings.data.mkdir()
    schema.upgrade(settings)
    return settings


def backup(data: Path, file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kintsugi.cli", "backup", str(file), "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_drafts_that_were_answered_are_in_it_though_others_are_being_saved(tmp_path: Path) -> None:
    saved = ""
    with served(tmp_path / "data") as server, httpx.Client(base_url=server.url) as client:
        token = client.post(f"{API}/guests").json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        attempt = client.post(f"{API}/attempts", json={"kata": "library-desk"}).json()
        path, stop = f"{API}/attempts/{attempt['id']}/draft", threading.Event()

        def save(number: int) -> None:
            files = {"app/main.py": f"n = {number}\n"}
            body = {"files": files, "revision": number}
            client.put(path, json=body).raise_for_status()

        save(0)
        taking = threading.Thread(
            target=lambda: (backup(server.data, tmp_path / "b.db"), stop.set())
        )
        taking.start()
        number = 1
        while not stop.is_set():
            save(number)
            number += 1
        taking.join()
        saved = f"n = {number - 1}\n"
    assert number > 1, "nothing was saved meanwhile"
    (tmp_path / "restored").mkdir()
    (tmp_path / "b.db").rename(tmp_path / "restored" / "kintsugi.db")
    with served(tmp_path / "restored") as server, httpx.Client(base_url=server.url) as client:
        headers = {"Authorization": f"Bearer {token}"}
        kept = client.get(f"{API}/attempts/{attempt['id']}", headers=headers).json()
    text = kept["files"]["app/main.py"]
    assert text.startswith("n = ")
    assert int(text.removeprefix("n = ")) <= int(saved.removeprefix("n = "))


def test_it_is_one_file_for_its_owner_alone(installation: Settings, tmp_path: Path) -> None:
    target = tmp_path / "out" / "b.db"
    target.parent.mkdir()
    assert back_up(installation, target) == target.stat().st_size
    assert [path.name for path in target.parent.iterdir()] == ["b.db"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT count(*) FROM attempt").fetchone() == (0,)


def test_nothing_is_written_over(installation: Settings, tmp_path: Path) -> None:
    target = tmp_path / "diary.txt"
    target.write_text("mine")
    ran = backup(installation.data, target)
    assert ran.returncode == 3
    assert "is not written over" in " ".join(ran.stderr.split())
    assert target.read_text() == "mine"


def test_a_folder_without_a_database_is_said(tmp_path: Path) -> None:
    ran = backup(tmp_path, tmp_path / "b.db")
    assert ran.returncode == 3
    assert "There is no database" in " ".join(ran.stderr.split())


def test_a_place_that_cannot_be_written_leaves_nothing(
    installation: Settings, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="cannot be made"):
        back_up(installation, tmp_path / "nowhere" / "b.db")


def test_a_database_that_is_damaged_makes_no_backup(tmp_path: Path) -> None:
    (tmp_path / "kintsugi.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(BackupError, match="cannot be made"):
        back_up(Settings(data=tmp_path), tmp_path / "b.db")
    assert not (tmp_path / "b.db").exists()


def test_postgresql_has_a_tool_of_its_own(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database_url="postgresql+psycopg://a@b/c")
    with pytest.raises(BackupError, match="pg_dump"):
        back_up(settings, tmp_path / "b.db")
