"""A kata folder is read, or named with the file and the reason why it is not one."""

import shutil
from pathlib import Path

import pytest
from grader_factories import MANIFEST, NOTE, RULES, kata_folder, tiny_kata

from grader.kata import KataError, bundled_katas, load_catalogue, load_kata
from grader.report import CheckKind

HUNTED_BY_NONE = MANIFEST.replace('kind = "find"\nfinding = "F1"', 'kind = "guard"\nfinding = "F1"')
MALFORMED = {
    "no manifest": ("kata.toml", None, "is missing"),
    "manifest is not TOML": ("kata.toml", "slug = ", "not TOML"),
    "no title": ("kata.toml", MANIFEST.replace('title = "Tiny"\n', "", 1), "title: Field required"),
    "unknown table": ("kata.toml", MANIFEST + "\n[surprise]\nx = 1\n", "surprise: Extra inputs"),
    "unknown skill": ("kata.toml", MANIFEST.replace('"security"]', '"magic"]'), "skills.1: "),
    "charter item of no kind": (
        "kata.toml",
        MANIFEST.replace('next = "other"', 'charter = ["R1", "Z4"]'),
        "charter.1: String should match pattern",
    ),
    "difficulty of six": (
        "kata.toml",
        MANIFEST.replace("difficulty = 1", "difficulty = 6"),
        "difficulty: Input should be less than or equal to 5",
    ),
    "slug of another folder": (
        "kata.toml",
        MANIFEST.replace('"tiny"', '"other"', 1),
        "slug 'other' is not the folder's name 'tiny'",
    ),
    "slug with a sign": ("kata.toml", MANIFEST.replace('"tiny"', '"Tiny!"'), "slug: "),
    "unknown track": (
        "kata.toml",
        MANIFEST.replace('"contracts"', '"cooking"'),
        "track 'cooking' is none of contracts,",
    ),
    "check twice": (
        "kata.toml",
        MANIFEST.replace('"c2"', '"c1"'),
        "check 'c1' is declared twice",
    ),
    "finding twice": (
        "kata.toml",
        MANIFEST.replace('id = "F2"', 'id = "F1"'),
        "finding 'F1' is declared twice",
    ),
    "keep with a finding": (
        "kata.toml",
        MANIFEST.replace('kind = "keep"\n', 'kind = "keep"\nfinding = "F1"\n'),
        "check 'k1': keep has no finding",
    ),
    "find without a finding": (
        "kata.toml",
        MANIFEST.replace('kind = "find"\nfinding = "F1"\n', 'kind = "find"\n'),
        "check 'c1': keep has no finding, find and guard have one",
    ),
    "check of an undeclared finding": (
        "kata.toml",
        MANIFEST.replace('finding = "F2"', 'finding = "F9"'),
        "check 'c2' names finding 'F9', which is not declared",
    ),
    "find with a severity of its own": (
        "kata.toml",
        MANIFEST.replace('finding = "F1"\n', 'finding = "F1"\nseverity = "low"\n', 1),
        "check 'c1': skill and severity are those of its finding",
    ),
    "finding that nothing hunts": (
        "kata.toml",
        HUNTED_BY_NONE,
        "finding 'F1' has no check of kind find",
    ),
    "editable file that is not there": (
        "kata.toml",
        MANIFEST.replace('["app/main.py"]', '["app/x.py"]'),
        "editable 'app/x.py' is not in starter/",
    ),
    "no brief": ("brief.md", None, "is missing"),
    "reference changes a locked file": (
        "reference/app/models.py",
        "x = 1\n",
        "differs from the starter but is not editable",
    ),
    "no core": ("notes/core.md", None, "is missing"),
    "no near misses": ("notes/near-misses.md", None, "is missing"),
    "no note of a finding": ("notes/F1.md", None, "is missing"),
    "note without front matter": (
        "notes/F1.md",
        "## Evidence\nNo front matter.",
        "must begin with front matter",
    ),
    "note without a section": (
        "notes/F1.md",
        NOTE.replace("It costs a line.", ""),
        "section 'Trade-off' is missing or empty",
    ),
    "rule of a check that is no rule": (
        "notes/rules.md",
        RULES.replace("k1", "c1"),
        "'c1' is no check of kind keep",
    ),
    "rule without a part": (
        "notes/rules.md",
        RULES.replace("### Why it matters", ""),
        "k1 must begin with its title",
    ),
    "hints without a step": ("notes/hints.md", "## A question\nWhy?", "needs the sections"),
    "no hints": ("notes/hints.md", None, "is missing"),
    "unknown kind of specimen": (
        "specimens/hidden/expected.toml",
        'kind = "guess"\nverdict = "approved"',
        "kind: Input should be 'near_miss', 'alternative' or 'extra'",
    ),
    "specimen without a verdict": (
        "specimens/hidden/expected.toml",
        'kind = "extra"',
        "verdict: Field required",
    ),
}


@pytest.mark.parametrize(("file", "text", "reason"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_folder_is_named_with_file_and_reason(
    tmp_path: Path, file: str, text: str | None, reason: str
) -> None:
    folder = kata_folder(tmp_path, {file: text})
    with pytest.raises(KataError) as caught:
        load_kata(folder)
    assert caught.value.file == folder / file
    assert caught.value.reason.startswith(reason)


@pytest.mark.parametrize("name", ["starter", "reference", "suite"])
def test_folder_that_is_missing_is_named(tmp_path: Path, name: str) -> None:
    folder = kata_folder(tmp_path)
    shutil.rmtree(folder / name)
    with pytest.raises(KataError, match="is missing") as caught:
        load_kata(folder)
    assert caught.value.file == folder / name


def test_production_advice_is_optional(tmp_path: Path) -> None:
    assert tiny_kata(tmp_path / "with").production == "Watch it."
    assert tiny_kata(tmp_path / "without", {"notes/production.md": None}).production == ""


def test_text_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    folder = kata_folder(tmp_path)
    (folder / "brief.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KataError, match=r"brief\.md: cannot be read as UTF-8"):
        load_kata(folder)


def test_malformed_kata_does_not_hide_the_others(tmp_path: Path) -> None:
    kata_folder(tmp_path / "good")
    kata_folder(tmp_path / "bad", {"brief.md": None})
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
    assert tiny_kata(tmp_path / "c", {"suite/test_tiny.py": "x = 1"}).version != before


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


def test_what_tools_leave_behind_is_no_part_of_a_kata(tmp_path: Path) -> None:
    before = tiny_kata(tmp_path)
    for left in ("starter/.ruff_cache/x", "starter/app/__pycache__/y.pyc"):
        (before.folder / left).parent.mkdir(parents=True)
        (before.folder / left).write_bytes(b"\xff")
    after = load_kata(before.folder)
    assert after.starter == before.starter
    assert after.version == tiny_kata(tmp_path / "again").version
