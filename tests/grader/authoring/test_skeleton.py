"""A kata that is begun can be read at once, and says what is still to be written."""

from pathlib import Path

import pytest

from grader.authoring.skeleton import SkeletonError, begin, unwritten
from grader.kata import load_kata


def test_skeleton_is_a_kata_that_nobody_is_offered(tmp_path: Path) -> None:
    folder = begin(tmp_path, "tea-house", "data")
    kata = load_kata(folder)
    assert folder == tmp_path / "data" / "tea-house"
    assert (kata.slug, kata.manifest.track, kata.manifest.audience) == (
        "tea-house",
        "data",
        frozenset(),
    )
    assert [s.expected.kind for s in kata.specimens] == ["near_miss"]


def test_every_file_of_a_skeleton_has_something_to_be_written(tmp_path: Path) -> None:
    folder = begin(tmp_path, "tea-house", "data")
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    left = unwritten(folder)
    assert {file for file, _, _ in left} == files - {"starter/app/__init__.py"}
    assert ("notes/F1.md", 12, "what it costs whom") in left


def test_what_is_written_is_missing_no_more(tmp_path: Path) -> None:
    folder = begin(tmp_path, "tea-house", "data")
    before = len(unwritten(folder))
    (folder / "notes/core.md").write_text("It sells tea.")
    assert len(unwritten(folder)) == before - 1


@pytest.mark.parametrize(
    ("slug", "track", "said"),
    [
        ("Tea House", "data", "A slug is words in lower case"),
        ("../tea", "data", "A slug is words in lower case"),
        ("tea-house", "cooking", "--track is one of contracts"),
        ("coffee-house", "data", "is there already"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, slug: str, track: str, said: str) -> None:
    begin(tmp_path, "coffee-house", "contracts")
    with pytest.raises(SkeletonError, match=said):
        begin(tmp_path, slug, track)
