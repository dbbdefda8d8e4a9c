"""The form of what is handed in: every rule, at its edge and just beyond it."""

import os
from pathlib import Path

import pytest

from grader.submission import (
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_NAME,
    MAX_TOTAL_BYTES,
    SubmissionError,
    check_files,
    read_folder,
    show,
)

MAIN = {"app/main.py": "app = None\n"}


def many(count: int) -> dict[str, str]:
    return {f"app/m{n}.py": "" for n in range(count)}


def large(count: int, size: int) -> dict[str, str]:
    return {f"app/m{n}.py": "x" * size for n in range(count)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A learner's folder with one file."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/main.py").write_text(MAIN["app/main.py"], encoding="utf-8")
    return tmp_path


def test_ordinary_files_are_accepted() -> None:
    check_files({"app/main.py": "x = 'é'\n", "app/rooms/__init__.py": "", "app/a-b_c.v1.txt": ""})


def test_nothing_is_refused() -> None:
    with pytest.raises(SubmissionError, match="Nothing was handed in") as caught:
        check_files({})
    assert not caught.value.too_large


@pytest.mark.parametrize(
    "files",
    [many(MAX_FILES), large(1, MAX_FILE_BYTES), large(4, MAX_TOTAL_BYTES // 4)],
    ids=["64 files", "256 KiB", "1 MiB in all"],
)
def test_largest_that_is_allowed_is_accepted(files: dict[str, str]) -> None:
    check_files(files)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (many(MAX_FILES + 1), "65 files were handed in; at most 64"),
        (large(1, MAX_FILE_BYTES + 1), "262,145 bytes; at most 262,144"),
        ({"app/main.py": "é" * (MAX_FILE_BYTES // 2 + 1)}, "262,146 bytes"),
        ({**large(4, MAX_TOTAL_BYTES // 4), "app/z.py": "x"}, "1,048,577 bytes in all"),
    ],
    ids=["files", "one file", "bytes not characters", "total"],
)
def test_one_more_than_allowed_is_too_large(files: dict[str, str], reason: str) -> None:
    with pytest.raises(SubmissionError, match=reason) as caught:
        check_files(files)
    assert caught.value.too_large


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/app/main.py",
        "/etc/passwd",
        "../main.py",
        "app/../../main.py",
        "app/..",
        "./app/main.py",
        "app/./main.py",
        "app//main.py",
        "app/",
        "app\\main.py",
        "C:/app/main.py",
        "app/main.py\0.txt",
        "app/ma\nin.py",
        "app/ma\x1b[31min.py",
        "app/ma in.py",
        "app/main.py\x7f",
        "app/m\u202eain.py",
        "app/\ud800.py",
        "app/mäin.py",
        "app/*.py",
        "app/" + "x" * MAX_NAME,
    ],
    ids=ascii,
)
def test_name_that_could_lead_elsewhere_or_deceive_is_refused(name: str) -> None:
    with pytest.raises(SubmissionError, match="not a file name that is accepted") as caught:
        check_files({**MAIN, name: ""})
    assert str(caught.value).isprintable()
    assert not caught.value.too_large


def test_nul_in_a_text_is_refused() -> None:
    with pytest.raises(SubmissionError, match="NUL"):
        check_files({"app/main.py": "x = 1\0"})


def test_text_that_utf8_cannot_say_is_refused() -> None:
    with pytest.raises(SubmissionError, match="not UTF-8"):
        check_files({"app/main.py": "x = '\ud800'"})


def test_names_in_messages_are_short_and_printable() -> None:
    shown = show("\x1b[2J" + "x" * 500)
    assert len(shown) < 80
    assert shown.isprintable()


def test_folder_is_read_as_relative_names_and_text(folder: Path) -> None:
    (folder / "app/rooms").mkdir()
    (folder / "app/rooms/x.py").write_text("é", encoding="utf-8")
    (folder / "README.md").write_text("not under app/")
    assert read_folder(folder) == {**MAIN, "app/rooms/x.py": "é"}


def test_compiled_files_are_left_aside(folder: Path) -> None:
    (folder / "app/__pycache__").mkdir()
    (folder / "app/__pycache__/main.cpython-311.pyc").write_bytes(b"\xff\0")
    assert read_folder(folder) == MAIN


def test_folder_without_app_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SubmissionError, match="has no folder app/"):
        read_folder(tmp_path)


def test_empty_app_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    with pytest.raises(SubmissionError, match="Nothing was handed in"):
        read_folder(tmp_path)


@pytest.mark.parametrize("target", ["/etc/passwd", "main.py", "nowhere", "/etc"])
def test_link_is_refused_whatever_it_points_to(folder: Path, target: str) -> None:
    (folder / "app/link.py").symlink_to(target)
    with pytest.raises(SubmissionError, match=r"'app/link\.py' is a link"):
        read_folder(folder)


def test_app_that_is_itself_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "app").symlink_to(folder / "app")
    with pytest.raises(SubmissionError, match="has no folder app/"):
        read_folder(other)


def test_folders_behind_a_link_are_not_walked(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.py").write_text("KEY = 1")
    (folder / "app/rooms").symlink_to(secret)
    with pytest.raises(SubmissionError, match="is a link"):
        read_folder(folder)


def test_file_that_is_not_utf8_is_refused(folder: Path) -> None:
    (folder / "app/x.py").write_bytes(b"\xff\xfe")
    with pytest.raises(SubmissionError, match=r"'app/x\.py' is not UTF-8 text"):
        read_folder(folder)


def test_large_file_is_refused_without_being_read(folder: Path) -> None:
    with (folder / "app/x.py").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SubmissionError, match="1,099,511,627,776 bytes") as caught:
        read_folder(folder)
    assert caught.value.too_large


def test_reading_stops_at_the_first_file_too_many(folder: Path) -> None:
    for n in range(MAX_FILES):
        (folder / f"app/m{n}.py").write_text("")
    with pytest.raises(SubmissionError, match="more than 64 files") as caught:
        read_folder(folder)
    assert caught.value.too_large


def test_pipes_and_devices_are_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "app/pipe.py")
    assert read_folder(folder) == MAIN
