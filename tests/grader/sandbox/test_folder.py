"""Folders go with their owners, also with those that were killed."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from grader.sandbox.folder import Folder, sweep

OWNER = "from grader.sandbox.folder import Folder\nprint(Folder().path, flush=True)\ninput()\n"


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def test_it_can_be_entered_and_not_listed_and_is_removed() -> None:
    folder = Folder()
    assert folder.path.stat().st_mode & 0o777 == 0o711
    (folder.path / "app0.sock").touch()
    folder.close()
    assert not folder.path.exists()


def test_what_a_killed_owner_left_goes_when_the_next_one_comes(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        left = Path(owner.stdout.readline().strip())
        sweep()
        assert left.is_dir(), "its owner lives"
        owner.send_signal(signal.SIGKILL)
    Folder().close()
    assert not left.exists()
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    (tmp_path / "kintsugi-of-someone").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/lock").touch()
    sweep()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kintsugi-of-someone", "other"]
