"""Drafts as zip files: what is brought back may be anything."""

import io
import zipfile

import pytest

from grader.submission import MAX_FILE_BYTES
from kintsugi.attempts.archives import ENTRIES, pack, unpack
from kintsugi.errors import InvalidError, TooLargeError

EDITABLE = ("app/main.py", "app/shelf.py")
FILES = {"app/main.py": "one = 1\n", "app/shelf.py": "two = 2\n", "app/__init__.py": ""}


def zipped(files: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def test_what_was_taken_along_can_be_brought_back() -> None:
    assert unpack(pack(FILES), EDITABLE) == {path: FILES[path] for path in EDITABLE}


def test_the_same_draft_makes_the_same_file() -> None:
    assert pack(FILES) == pack(dict(FILES))


def test_a_folder_round_it_does_no_harm_and_the_rest_is_left_aside() -> None:
    data = zipped({"desk/app/main.py": "mine\r\n", "desk/.venv/x.py": "no", "README.md": "no"})
    assert unpack(data, EDITABLE) == {"app/main.py": "mine\n"}


def test_the_file_nearest_to_the_top_counts() -> None:
    data = zipped({"app/main.py": "top", "old/app/main.py": "deep"})
    assert unpack(data, EDITABLE) == {"app/main.py": "top"}


@pytest.mark.parametrize("name", ["../app/main.py", "/app/main.py", "app\\main.py", "app/../x.py"])
def test_names_that_lead_elsewhere_reach_nothing_elsewhere(name: str) -> None:
    try:
        found = unpack(zipped({name: "x"}), EDITABLE)
    except InvalidError:
        found = {}
    assert set(found) <= set(EDITABLE)


def test_a_bomb_is_read_no_further_than_a_file_may_be_large() -> None:
    data = zipped({"app/main.py": b"0" * (64 << 20)})
    assert len(data) < 100_000
    with pytest.raises(TooLargeError, match="262,144 bytes"):
        unpack(data, EDITABLE)


def test_a_file_of_the_largest_size_is_accepted() -> None:
    data = zipped({"app/main.py": b"0" * MAX_FILE_BYTES})
    assert len(unpack(data, EDITABLE)["app/main.py"]) == MAX_FILE_BYTES


def test_thousands_of_entries_are_refused() -> None:
    data = zipped({f"app/{n}.py": "" for n in range(ENTRIES + 1)})
    with pytest.raises(TooLargeError, match="more than 500 files"):
        unpack(data, EDITABLE)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InvalidError, match="is not UTF-8"):
        unpack(zipped({"app/main.py": b"\xff\xfe"}), EDITABLE)


def damaged() -> bytes:
    whole = bytearray(zipped({"app/main.py": "x = 1\n" * 200}))
    whole[45] ^= 0xFF
    return bytes(whole)


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"my diary", zipped({"app/main.py": "x"})[:-30], damaged()],
    ids=["nothing", "head alone", "text", "cut", "damaged"],
)
def test_what_is_no_zip_is_said(data: bytes) -> None:
    with pytest.raises(InvalidError, match="no zip file that can be read"):
        unpack(data, EDITABLE)


def test_a_zip_without_the_katas_files_names_them() -> None:
    with pytest.raises(InvalidError, match=r"app/main\.py, app/shelf\.py"):
        unpack(zipped({"notes.txt": "x"}), EDITABLE)
