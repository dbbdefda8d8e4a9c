"""What a run said, made safe to stand in Markdown.

Evidence and facts may be a submission's own text. Everything here ends on one line and means
nothing but itself: no emphasis, link, HTML or list comes of it, and no control character that would
steer a terminal or turn the direction of a line.
"""

import re
from collections.abc import Mapping
from typing import cast

FACT_CAP = 120  # characters; a longer fact is cut
SLOT = re.compile(r"\{(\w+)\}")
INLINE = re.compile(r"([\\`*_\[\]<>&~|])")
LINE_START = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[#+=-]))")  # lists, headings, rules
STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def escape(text: str) -> str:
    """Make text stand for itself in Markdown, on one line."""
    line = STEERING.sub("\ufffd", " ".join(text.split()))
    return LINE_START.sub(r"\1\\", INLINE.sub(r"\\\1", line))


def fenced(code: str, language: str) -> str:
    """A block of code whose fence is longer than any row of backticks in it."""
    longest = max((len(row) for row in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = "\n".join(STEERING.sub("\ufffd", line.expandtabs()) for line in code.splitlines())
    return f"{fence}{language}\n{lines}\n{fence}"


def fill(text: str, facts: Mapping[str, object]) -> str:
    """A note's text with the facts in its `{slots}`; empty where one of them is not known."""
    if any(slot not in facts for slot in SLOT.findall(text)):
        return ""
    return SLOT.sub(lambda slot: escape(_shortened(_words(facts[slot[1]]))), text)


def _words(fact: object) -> str:
    """A JSON value as it is said in a sentence."""
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    if fact is None:
        return "nothing"
    if isinstance(fact, list):
        return ", ".join(_words(item) for item in cast(list[object], fact))
    if isinstance(fact, dict):
        pairs = cast(dict[str, object], fact).items()
        return ", ".join(f"{name}: {_words(value)}" for name, value in pairs)
    return str(fact)


def _shortened(text: str) -> str:
    return text if len(text) <= FACT_CAP else f"{text[: FACT_CAP - 3]}..."
