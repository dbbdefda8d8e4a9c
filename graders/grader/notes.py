"""Reads the words of a review: `notes/*.md` of a kata.

A finding's note begins with TOML front matter between two lines `+++` (`places`, `references`),
then has one `## Section` for each part of the remark. `rules.md` has one `## k1` for each business
rule: what is said when a repair broke it.
"""

import re
import tomllib
from dataclasses import dataclass
from typing import Any, cast

SECTIONS = {
    "Evidence": "evidence",
    "Why it matters": "why",
    "Recommendation": "recommendation",
    "Example": "example",
    "Trade-off": "trade_off",
    "Accepted alternatives": "alternatives",
    "When closed": "when_closed",
}
RULE_PARTS = {"Why it matters": "why", "Recommendation": "recommendation"}
HINTS = ("A question", "A pointer", "An approach")


class NotesError(Exception):
    """A note is not of the form that `katas/README.md` describes."""


@dataclass(frozen=True)
class FindingNote:
    """What the reviewer says about one finding.

    Attributes:
        places: selectors such as `route GET /invoices/{id}`; the first that resolves is shown.
        references: CWE, RFC, OWASP or documentation, as short names.
        evidence: one or two sentences; `{name}` is filled from the facts of the failed check.
        example: Python, without the fence.
        when_closed: praise that is said when the finding's checks pass.
    """

    places: tuple[str, ...]
    references: tuple[str, ...]
    evidence: str
    why: str
    recommendation: str
    example: str
    trade_off: str
    alternatives: str
    when_closed: str


@dataclass(frozen=True)
class NearMiss:
    """What is said when a fix is recognised as a well-known wrong one, by its failing checks."""

    name: str
    text: str


@dataclass(frozen=True)
class RuleNote:
    """What the reviewer says when a business rule no longer holds.

    Attributes:
        title: what happens to whom, now that the rule is broken.
        why: what the business relies on.
        recommendation: what a repair of this kata likely took away, and how to give it back.
    """

    title: str
    why: str
    recommendation: str


def parse_note(text: str) -> FindingNote:
    """Read a finding's note.

    Raises:
        NotesError: front matter or a section is missing, unknown or empty.
    """
    front, body = _front_matter(text)
    sections = _sections(body)
    if unknown := sorted(set(sections) - set(SECTIONS)):
        raise NotesError(f"unknown section {unknown[0]!r}; there are: {', '.join(SECTIONS)}")
    if missing := [name for name in SECTIONS if not sections.get(name)]:
        raise NotesError(f"section {missing[0]!r} is missing or empty")
    parts = {SECTIONS[name]: content for name, content in sections.items()}
    parts["example"] = _unfenced(parts["example"])
    return FindingNote(
        places=_strings(front, "places"), references=_strings(front, "references"), **parts
    )


def parse_near_misses(text: str) -> dict[str, NearMiss]:
    """Read `near-misses.md`: one `## specimen-name` section each."""
    return {name: NearMiss(name, body) for name, body in _sections(text).items()}


def parse_rules(text: str) -> dict[str, RuleNote]:
    """Read `rules.md`: one section for each `keep` check, by the check's id.

    Raises:
        NotesError: there is none, or a part of one is missing, unknown or empty.
    """
    rules = {id: _rule(id, body) for id, body in _sections(text).items()}
    if not rules:
        raise NotesError("needs a section '## k1' for each keep check")
    return rules


def _rule(id: str, body: str) -> RuleNote:
    parts = _sections(f"### \n{body}", "### ")
    title = parts.pop("")
    if unknown := sorted(set(parts) - set(RULE_PARTS)):
        raise NotesError(f"{id}: unknown part {unknown[0]!r}; there are: {', '.join(RULE_PARTS)}")
    if not title or "\n" in title:
        raise NotesError(f"{id} must begin with its title, on one line")
    if missing := [name for name in RULE_PARTS if not parts.get(name)]:
        raise NotesError(f"{id}: part {missing[0]!r} is missing or empty")
    return RuleNote(title=title, **{RULE_PARTS[name]: part for name, part in parts.items()})


def parse_hints(text: str) -> tuple[str, ...]:
    """Read `hints.md`: the three steps, in order.

    Raises:
        NotesError: not exactly the three sections.
    """
    sections = _sections(text)
    if tuple(sections) != HINTS or not all(sections.values()):
        raise NotesError("needs the sections " + ", ".join(f"'## {name}'" for name in HINTS))
    return tuple(sections.values())


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    match = re.match(r"\A\+\+\+\n(.*?)\n\+\+\+\n(.*)\Z", text, re.DOTALL)
    if match is None:
        raise NotesError("must begin with front matter (TOML) between two lines '+++'")
    try:
        return tomllib.loads(match[1]), match[2]
    except tomllib.TOMLDecodeError as error:
        raise NotesError(f"front matter is not TOML: {error}") from None


def _sections(text: str, mark: str = "## ") -> dict[str, str]:
    """`## Title` sections in order; a fenced block may hold lines that begin with `##`."""
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if line.startswith(mark) and not fenced:
            current = sections.setdefault(line.removeprefix(mark).strip(), [])
        elif current is not None:
            current.append(line)
    return {title: "\n".join(lines).strip() for title, lines in sections.items()}


def _unfenced(text: str) -> str:
    match = re.fullmatch(r"```python\n(.*?)\n```", text, re.DOTALL)
    if match is None:
        raise NotesError("section 'Example' must be one fenced block of python")
    return match[1]


def _strings(front: dict[str, Any], key: str) -> tuple[str, ...]:
    value: object = front.get(key)
    items = cast(list[object], value) if isinstance(value, list) else []
    texts = tuple(item for item in items if isinstance(item, str))
    if not texts or len(texts) != len(items):
        raise NotesError(f"front matter needs {key!r}, a list of strings")
    return texts
