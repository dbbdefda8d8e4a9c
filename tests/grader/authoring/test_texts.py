"""What a kata says: tone, layout of examples, leaks, near misses that cannot be told apart."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from grader_factories import EXPECTED, HINTS, MANIFEST, NOTE, RULES, kata_folder, tiny_kata

from grader.authoring import texts
from grader.kata import Kata, bundled_katas, load_catalogue

TITLE_IN_TWO_LINES = "A stranger\nsees **nothing** of it.\n"


@pytest.fixture
def kata(tmp_path: Path) -> Kata:
    return tiny_kata(tmp_path)


def with_example(kata: Kata, example: str) -> Kata:
    return replace(kata, notes={"F1": replace(kata.notes["F1"], example=example)})


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("One has just to look.", "just"),
        ("Simply look.", "Simply"),
        ("It is easy.", "easy"),
        ("You failed to look.", "You failed"),
        ("Look!", "!"),
    ],
)
def test_word_that_a_reviewer_does_without_is_named(tmp_path: Path, text: str, word: str) -> None:
    kata = tiny_kata(tmp_path, {"notes/core.md": text})
    assert [*texts.tone(kata)] == [f"notes/core.md: a reviewer does without {word!r}"]


def test_code_and_longer_words_have_no_tone(tmp_path: Path) -> None:
    calm = "`a != b` is unjust. ```python\nassert just != easy\n```"
    assert [*texts.tone(tiny_kata(tmp_path, {"notes/hints.md": HINTS + calm}))] == []


@pytest.mark.parametrize(
    ("example", "wrong"),
    [
        ("if x:\n  y()", "is not indented by four spaces in line 2"),
        ("x = 1 \ny = 2", "has a tab or spaces at the end of line 1"),
        (f"x = '{'x' * 100}'", "has a line of more than 100 characters: line 1"),
        ("x = 1\n" * 13, "has more than 12 lines"),
        ("if x", "does not parse: expected ':'"),
    ],
)
def test_example_that_no_formatter_would_leave_is_named(
    kata: Kata, example: str, wrong: str
) -> None:
    assert [*texts.examples(with_example(kata, example))] == [f"notes/F1.md: the example {wrong}"]


def test_example_as_a_formatter_leaves_it(kata: Kata) -> None:
    example = "def f(session: Db) -> None: ...\n\n\nf(\n    1,\n)"
    assert [*texts.examples(with_example(kata, example))] == []


def test_examples_of_our_own_katas_are_as_a_formatter_leaves_them(tmp_path: Path) -> None:
    for kata in load_catalogue([bundled_katas()]).katas.values():
        for id, note in kata.notes.items():
            (tmp_path / f"{kata.slug}-{id}.py").write_text(f"{note.example}\n", encoding="utf-8")
    width = ("--line-length", str(texts.EXAMPLE_WIDTH))
    ran = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", *width, "--diff", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_title_is_a_leak_however_it_is_laid_out(tmp_path: Path) -> None:
    kata = tiny_kata(tmp_path, {"brief.md": TITLE_IN_TWO_LINES})
    assert [*texts.leaks(kata)] == ["'A stranger sees nothing' is shown to learners"]


def test_near_misses_that_fail_the_same_checks_are_noted(tmp_path: Path) -> None:
    more = {"specimens/twin/expected.toml": EXPECTED, "specimens/twin/app/main.py": "app = 3"}
    kata = tiny_kata(tmp_path, more)
    assert [*texts.alike(kata)] == ["hidden and twin fail the same checks: neither is recognised"]
    assert [*texts.near_misses(kata)] == ["near-misses.md and specimens/ differ on twin"]


def test_titles_have_a_tone_too(tmp_path: Path) -> None:
    manifest = MANIFEST.replace("A stranger sees nothing", "A stranger simply sees nothing")
    kata = tiny_kata(tmp_path, {"kata.toml": manifest})
    assert [*texts.tone(kata)] == ["kata.toml, c2: a reviewer does without 'simply'"]


def test_input_of_the_suite_is_not_told_by_what_is_said_of_a_rule(tmp_path: Path) -> None:
    suite = "HIDDEN = 'order-of-the-mountain-shop'\n"
    told = RULES.replace("in the table;", "such as order-of-the-mountain-shop;")
    kata = tiny_kata(tmp_path, {"suite/test_tiny.py": suite, "notes/rules.md": told})
    assert [*texts.leaks(kata)] == [
        "'order-of-the-mountain-shop' of the suite stands in notes/rules.md"
    ]


def test_rule_without_words_is_named(kata: Kata) -> None:
    assert [*texts.rules(kata)] == [
        "notes/rules.md: nothing is said about k1, “Orders keep their number”"
    ]


@pytest.mark.parametrize(
    ("title", "wrong"),
    [
        ("Customers lose the number of their order.", "ends with a full stop"),
        ("Orders keep their number", "is the rule's own: say what happens to whom, now that it"),
        ("Orders " * 12, "has more than 80 characters"),
    ],
)
def test_title_that_does_not_tell_what_happens_is_named(
    tmp_path: Path, title: str, wrong: str
) -> None:
    told = RULES.replace("Customers lose the number of their order", title)
    (said,) = texts.rules(tiny_kata(tmp_path, {"notes/rules.md": told}))
    assert said.startswith(f"notes/rules.md, k1: the title {wrong}")


def test_words_about_a_rule_have_a_tone_too(tmp_path: Path) -> None:
    told = RULES.replace("They ask", "They simply ask")
    kata = tiny_kata(tmp_path, {"notes/rules.md": told})
    assert [*texts.rules(kata)] == []
    assert [*texts.tone(kata)] == ["notes/rules.md, k1: a reviewer does without 'simply'"]


def test_suite_that_does_not_parse_leaks_nothing(tmp_path: Path) -> None:
    assert [*texts.leaks(tiny_kata(tmp_path, {"suite/test_tiny.py": "def"}))] == []


def test_finding_without_a_reference_or_a_trade_off_is_no_kata(tmp_path: Path) -> None:
    for gone in ('["CWE-639"]', "## Trade-off"):
        left = NOTE.replace(gone, "[]" if gone.startswith("[") else "## When closed")
        root = tmp_path / gone.strip('#[]" ')
        kata_folder(root, {"notes/F1.md": left})
        (problem,) = load_catalogue([root]).problems
        assert problem.file.name == "F1.md"


def test_our_own_katas_say_what_they_should() -> None:
    for kata in load_catalogue([bundled_katas()]).katas.values():
        checks = (
            *(texts.tone, texts.examples, texts.near_misses, texts.rules),
            *(texts.leaks, texts.brief),
        )
        assert [wrong for check in checks for wrong in check(kata)] == [], kata.slug
