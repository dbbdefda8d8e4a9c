"""A kata folder is read, or named with the file and the reason why it is not one."""

from pathlib import Path

import pytest
from grader_factories import MANIFEST, NOTE, kata_folder, tiny_kata

from grader.kata import KataError, bundled_katas, load_catalogue, load_kata
from grader.report import CheckKind

KEEP_WITH_FINDING = MANIFEST.replace('kind = "keep"\n', 'kind = "keep"\nfinding = "F1"\n')


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("kata.toml", None, "is missing"),
        ("kata.toml", "slug = ", "not TOML"),
        ("kata.toml", MANIFEST.replace('title = "Tiny"\n', ""), "title: Field required"),
        ("kata.toml", MANIFEST + "\n[surprise]\nx = 1\n", "surprise: Extra inputs"),
        ("kata.toml", MANIFEST.replace('"tiny"', '"other"'), "is not the folder's name"),
        ("kata.toml", MANIFEST.replace('"tiny"', '"Tiny!"'), "slug"),
        ("kata.toml", MANIFEST.replace('"contracts"', '"cooking"'), "'cooking' is none of"),
        ("kata.toml", MANIFEST.replace('"c2"', '"c1"'), "check 'c1' is declared twice"),
        ("kata.toml", MANIFEST.replace('id = "F2"', 'id = "F1"'), "finding 'F1' is declared twice"),
        ("kata.toml", KEEP_WITH_FINDING, "keep has no finding"),
        (
            "kata.toml",
            MANIFEST.replace('finding = "F2"', 'finding = "F9"'),
            "which is not declared",
        ),
        ("kata.toml", MANIFEST.replace('["app/main.py"]', '["app/x.py"]'), "is not in starter/"),
        ("brief.md", None, "is missing"),
        ("reference/app/models.py", "x = 1\n", "is not editable"),
        ("notes/core.md", None, "is missing"),
        ("notes/F1.md", None, "is missing"),
        ("notes/F1.md", "## Evidence\nNo front matter.", "must begin with front matter"),
        ("notes/F1.md", NOTE.replace("places = ", "places "), "front matter is not TOML"),
        (
            "notes/F1.md",
            NOTE.replace('["route POST /orders"]', '"x"'),
            "'places', a list of strings",
        ),
        ("notes/F1.md", NOTE.replace("## Trade-off", "## Tradeoff"), "unknown section 'Tradeoff'"),
        ("notes/F1.md", NOTE.replace("It costs a line.", ""), "'Trade-off' is missing or empty"),
        ("notes/F1.md", NOTE.replace("```python", "```"), "one fenced block of python"),
        ("notes/hints.md", "## A question\nWhy?", "needs the sections"),
        ("specimens/hidden/expected.toml", 'kind = "guess"\nverdict = "approved"', "kind"),
    ],
)
def test_malformed_folder_is_named(
    tmp_path: Path, file: str, text: str | None, reason: str
) -> None:
    folder = kata_folder(tmp_path)
    target = folder / file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    if text is not None:
        target.write_text(text, encoding="utf-8")
    with pytest.raises(KataError) as caught:
        load_kata(folder)
    assert caught.value.file == target if "editable" not in reason else True
    assert reason in caught.value.reason


def test_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    folder = kata_folder(tmp_path)
    (folder / "brief.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KataError, match=r"brief\.md: cannot be read as UTF-8"):
        load_kata(folder)


def test_malformed_kata_does_not_hide_the_others(tmp_path: Path) -> None:
    kata_folder(tmp_path / "good")
    kata_folder(tmp_path / "bad", **{"brief_dot_md": None})
    catalogue = load_catalogue([tmp_path / "bad", tmp_path / "good"])
    assert list(catalogue.katas) == ["tiny"]
    assert [problem.file.name for problem in catalogue.problems] == ["brief.md"]


def test_slug_used_twice_is_a_problem(tmp_path: Path) -> None:
    kata_folder(tmp_path / "one")
    kata_folder(tmp_path / "two")
    catalogue = load_catalogue([tmp_path / "one", tmp_path / "two"])
    assert len(catalogue.katas) == 1
    assert "is also used by" in str(catalogue.problems[0])


def test_version_changes_with_what_can_change_a_verdict(tmp_path: Path) -> None:
    before = tiny_kata(tmp_path / "a").version
    assert tiny_kata(tmp_path / "b").version == before
    assert tiny_kata(tmp_path / "c", **{"suite__test_tiny_dot_py": "x = 1"}).version != before


def test_submission_lays_editable_files_over_the_starter(tmp_path: Path) -> None:
    kata = tiny_kata(tmp_path)
    files, notes = kata.submission({"app/main.py": "mine", "app/other.py": "x"})
    assert files == {"app/main.py": "mine"}
    assert notes == ["app/other.py is not yours to change in this kata and was ignored."]


def test_submission_takes_what_is_missing_from_the_starter(tmp_path: Path) -> None:
    files, notes = tiny_kata(tmp_path).submission({})
    assert files == {"app/main.py": "app = None\n"}
    assert notes == ["app/main.py was not handed in; the starter's was used."]


def test_checks_by_kind(tmp_path: Path) -> None:
    kata = tiny_kata(tmp_path)
    assert [c.id for c in kata.checks(CheckKind.FIND, CheckKind.GUARD)] == ["c1", "c2", "g2"]


def test_our_own_katas_are_well_formed() -> None:
    catalogue = load_catalogue([bundled_katas()])
    assert catalogue.problems == ()
    assert catalogue.katas
