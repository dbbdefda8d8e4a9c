"""Answers of learners' services, to be read as text: JSON laid out, what cannot be seen spelled.

Whatever comes in is hostile: it is escaped, never rendered, and it cannot turn the page's text
round or hide in it.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from http import HTTPStatus

from markupsafe import Markup

from grader.trial import TrialExchange
from kintsugi.markup import highlighted_lines, unix

INDENT = "  "
DEEPEST = 40
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]|[^\s{}\[\],:"]+')
KEPT = "\n\t"
# Cc, Cf: controls and what has no shape of its own (directions, joiners); Zl, Zp: line ends.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def visible(text: str) -> str:
    """The text with every character that cannot be seen spelled, as JSON would spell it."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _spelled(char) if char not in KEPT and unicodedata.category(char) in UNSEEN else char
        for char in unix(text)
    )


def answer_lines(exchange: TrialExchange) -> tuple[Markup, ...]:
    """The body of an answer, line by line; JSON is laid out and coloured."""
    laid_out = None if exchange.cut else relaid(exchange.body)
    if laid_out is not None:
        return highlighted_lines(visible(laid_out), "json")
    return highlighted_lines(visible(exchange.body).rstrip("\n"), "text")


def phrase(status: int) -> str:
    """`Created` for 201; nothing for a status that nobody has named."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def relaid(text: str) -> str | None:
    """JSON with line breaks and indentation; None for what is none.

    Only white space changes: numbers stay as they were written, a key that comes twice is seen.
    """
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    return "".join(_pieces(TOKEN.findall(text)))


def _pieces(parts: list[str]) -> Iterator[str]:
    depth = 0
    for number, part in enumerate(parts):
        before = parts[number - 1] if number else ""
        after = parts[number + 1] if number + 1 < len(parts) else ""
        match part:
            case "}" | "]":
                depth -= 1
                yield part if before in ("{", "[") else _line(depth) + part
            case "{" | "[":
                depth += 1
                yield part if after in ("}", "]") else part + _line(depth)
            case ",":
                yield part + _line(depth)
            case ":":
                yield f"{part} "
            case _:
                yield part


def _line(depth: int) -> str:
    return "\n" + INDENT * min(depth, DEEPEST)


def _spelled(char: str) -> str:
    number = ord(char)
    return f"\\u{number:04x}" if number < 1 << 16 else f"\\U{number:08x}"
