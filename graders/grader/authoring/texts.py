"""Reads what a kata says, without running anything: tone, examples, leaks, length.

Each function gives what is wrong, one sentence for each thing; nothing where all is well.
"""

import ast
import contextlib
import re
from collections.abc import Iterable, Iterator
from itertools import combinations

from grader.kata import Kata
from grader.notes import FindingNote
from grader.report import CheckKind

LEAK_LENGTH = 12  # shorter literals of a suite are words that a brief may use, too
BRIEF_WORDS = range(60, 601)
EXAMPLE_LINES = 12
EXAMPLE_WIDTH = 100
RULE_TITLE = 80  # characters; it is a heading in a terminal, too
# A reviewer is calm and precise, and what is easy is easy for whoever knows it.
TONE = re.compile(r"\b(just|simply|obviously|easy|easily|you failed)\b|!", re.IGNORECASE)
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)


def tone(kata: Kata) -> Iterator[str]:
    """Words that a reviewer does not use."""
    for where, text in _prose(kata):
        for found in TONE.finditer(CODE.sub(" ", text)):
            yield f"{where}: a reviewer does without {found[0]!r}"


def _prose(kata: Kata) -> Iterator[tuple[str, str]]:
    """Every text of a review that people read, with its place."""
    for named in (*kata.manifest.findings, *kata.manifest.checks):
        yield f"kata.toml, {named.id}", named.title
    yield "notes/core.md", kata.core
    yield "notes/production.md", kata.production
    yield from (("notes/hints.md", hint) for hint in kata.hints)
    yield from (("notes/near-misses.md", miss.text) for miss in kata.near_misses.values())
    for id, rule in kata.rules.items():
        for part in ("title", "why", "recommendation"):
            yield f"notes/rules.md, {id}", getattr(rule, part)
    for id, note in kata.notes.items():
        for part in ("evidence", "why", "recommendation", "trade_off", "alternatives"):
            yield f"notes/{id}.md, {part.replace('_', '-')}", getattr(note, part)
        yield f"notes/{id}.md, when closed", note.when_closed


def examples(kata: Kata) -> Iterator[str]:
    """Examples that do not parse or are not laid out as a formatter would."""
    for id, note in kata.notes.items():
        yield from (f"notes/{id}.md: the example {wrong}" for wrong in _example(note))


def _example(note: FindingNote) -> Iterator[str]:
    lines = note.example.splitlines()
    try:
        tree = ast.parse(note.example)
    except SyntaxError as error:
        yield f"does not parse: {error.msg}"
        return
    if len([line for line in lines if line.strip()]) > EXAMPLE_LINES:
        yield f"has more than {EXAMPLE_LINES} lines"
    for number, line in enumerate(lines, 1):
        if len(line) > EXAMPLE_WIDTH:
            yield f"has a line of more than {EXAMPLE_WIDTH} characters: line {number}"
        if line != line.rstrip() or "\t" in line:
            yield f"has a tab or spaces at the end of line {number}"
    for number in sorted({s.lineno for s in ast.walk(tree) if isinstance(s, ast.stmt)}):
        line = lines[number - 1]
        if (len(line) - len(line.lstrip())) % 4:
            yield f"is not indented by four spaces in line {number}"


def rules(kata: Kata) -> Iterator[str]:
    """Rules that a repair can break and that have no words, or no title of their own."""
    for check in kata.checks(CheckKind.KEEP):
        note = kata.rules.get(check.id)
        if note is None:
            yield f"notes/rules.md: nothing is said about {check.id}, “{check.title}”"
        elif wrong := _title(note.title, check.title):
            yield f"notes/rules.md, {check.id}: the title {wrong}"


def _title(title: str, rule: str) -> str:
    """What is wrong with the title of a broken rule; empty where nothing is."""
    if len(title) > RULE_TITLE:
        return f"has more than {RULE_TITLE} characters"
    if title.endswith("."):
        return "ends with a full stop"
    if title.casefold() == rule.casefold():
        return "is the rule's own: say what happens to whom, now that it is broken"
    return ""


def near_misses(kata: Kata) -> Iterator[str]:
    """Near misses without words, and words without a near miss."""
    known = {s.name for s in kata.specimens if s.expected.kind == "near_miss"}
    if lost := sorted(known ^ set(kata.near_misses)):
        yield f"near-misses.md and specimens/ differ on {', '.join(lost)}"


def alike(kata: Kata) -> Iterator[str]:
    """Near misses that fail the same checks: the reviewer cannot tell them apart. No fault."""
    misses = [s for s in kata.specimens if s.expected.kind == "near_miss"]
    for one, other in combinations(misses, 2):
        if one.expected.failing == other.expected.failing:
            yield f"{one.name} and {other.name} fail the same checks: neither is recognised"


def leaks(kata: Kata) -> Iterator[str]:
    """What the suite knows and a learner can read."""
    read = {
        "the brief": _plain(kata.brief),
        "notes/rules.md": _plain(_about_rules(kata)),
        "try/": _plain(_for_trials(kata)),
    }
    shown = _plain("\n".join([kata.brief, *kata.starter.values()])).lower()
    for named in (*kata.manifest.findings, *kata.manifest.checks):
        if _plain(named.title).lower() in shown:
            yield f"{named.title!r} is shown to learners"
    for literal in sorted(set(_hidden_literals(kata))):
        for where, text in read.items():
            if _plain(literal) in text:
                yield f"{literal!r} of the suite stands in {where}"
    for name, value in kata.manifest.environment.items():
        if len(value) >= LEAK_LENGTH and value in read["try/"]:
            yield f"the value of {name} stands in try/"


def _about_rules(kata: Kata) -> str:
    """What is said of broken rules: while they are broken, so that it must not tell how to pass."""
    return "\n".join(f"{r.title}\n{r.why}\n{r.recommendation}" for r in kata.rules.values())


def _for_trials(kata: Kata) -> str:
    """What learners are given to try their draft with, and can print."""
    given = [*kata.trial.environment.values(), kata.partners]
    for each in kata.trial.examples:
        given += [each.title, each.path, *each.headers.values(), each.body]
    return "\n".join(given)


def _hidden_literals(kata: Kata) -> Iterator[str]:
    """Strings of the suite that are no part of the service's own vocabulary."""
    service = "\n".join([*kata.starter.values(), *kata.reference.values()])
    for tree in _parsed(kata.suite.values()):
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                value = node.value.strip()
                if len(value) >= LEAK_LENGTH and value not in service:
                    yield value


def _parsed(texts: Iterable[str]) -> Iterator[ast.Module]:
    for text in texts:
        with contextlib.suppress(SyntaxError):  # grading says so, too
            yield ast.parse(text)


def _plain(text: str) -> str:
    """A text without its layout: a title may be broken over two lines, or set in bold."""
    return " ".join(re.sub(r"[*_`#>\s]+", " ", text).split())


def brief(kata: Kata) -> Iterator[str]:
    """A brief that is too short or too long."""
    words = len(kata.brief.split())
    if words not in BRIEF_WORDS:
        yield f"{words} words; a brief has {BRIEF_WORDS.start} to {BRIEF_WORDS.stop - 1}"
