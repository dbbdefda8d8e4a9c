"""What a run said stands for itself in the reviewer's Markdown, whoever wrote it."""

import html
import random

import pytest
from markdown_it import MarkdownIt

from grader.review.markdown import escape, fill

HOSTILE = [
    "a_b*c_d*",
    "**bold** ~~gone~~",
    "`x` and ``y``",
    "1. one",
    "23) two",
    "- item",
    "+ item",
    "# heading",
    "===",
    "---",
    "***",
    "> quoted",
    "| a | b |",
    "<b>x</b>",
    "<https://example.com>",
    "[x](javascript:alert(1))",
    "![x](https://example.com/x.png)",
    "[x]: https://example.com",
    "&lt;b&gt; &#60;",
    r"\<b\> \\",
    "```python",
    "~~~",
    "0",
]
SIGNS = "ab 1.)(#+-=*_`~[]<>!&;:|\\/{}$\"'"


def rendered(text: str) -> str:
    return MarkdownIt().enable(["table", "strikethrough"]).render(text)


def as_html(text: str) -> str:
    return html.escape(text, quote=False).replace('"', "&quot;")


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_stands_for_itself(text: str) -> None:
    assert rendered(escape(text)) == f"<p>{as_html(text)}</p>\n"
    assert rendered(f"- {escape(text)}") == f"<ul>\n<li>{as_html(text)}</li>\n</ul>\n"


def test_any_mixture_of_signs_stands_for_itself() -> None:
    rng = random.Random(7)  # noqa: S311
    for _ in range(2000):
        text = " ".join("".join(rng.choices(SIGNS, k=12)).split())
        assert rendered(escape(text)) == (f"<p>{as_html(text)}</p>\n" if text else ""), text


def test_lines_become_one() -> None:
    assert escape("one\n\n# two\r\n\tthree\u2028four") == "one # two three four"


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\u202e", "\u2066"])
def test_signs_that_steer_a_terminal_or_turn_a_line_are_replaced(sign: str) -> None:
    assert escape(f"a{sign}b") == "a\ufffdb"


def test_sentence_of_a_status_is_left_as_it_is() -> None:
    text = "GET /books/7 was answered 500; expected 404 or 409."
    assert escape(text) == text


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (3, "3"),
        (1.5, "1.5"),
        (True, "yes"),
        (False, "no"),
        (None, "nothing"),
        ("a*b", r"a\*b"),
        ([201, 409], "201, 409"),
        ({"201": 1, "409": [2, None]}, "201: 1, 409: 2, nothing"),
        ("x" * 500, "x" * 117 + "..."),
    ],
)
def test_fact_is_said_in_words(fact: object, said: str) -> None:
    assert fill("It was {fact}.", {"fact": fact}) == f"It was {said}."


def test_text_with_an_unknown_slot_is_left_out() -> None:
    assert fill("{known} and {unknown}.", {"known": 1}) == ""


def test_slot_inside_a_fact_is_not_filled() -> None:
    assert fill("{a} {b}", {"a": "{b}", "b": "secret"}) == "{b} secret"


def test_text_without_slots_stays() -> None:
    assert fill("The count is read, then written.", {}) == "The count is read, then written."
