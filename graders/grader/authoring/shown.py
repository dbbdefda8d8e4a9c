"""Whether a report shows its reader what must stay hidden: the suite's code, inputs, tracebacks."""

import ast
import re
from collections.abc import Iterable, Iterator
from typing import cast

from grader.kata import Kata
from grader.report import Report

INPUT = re.compile(r"(?=.*[0-9@])[\w.@+-]{6,}")  # a word that is nobody else's
CODE_LENGTH = 25  # characters of a line of code; shorter ones stand in any program
CODE_SIGNS = ("(", " = ", "==")
NEVER = ("Traceback (most recent call last):", "/tmp/suite", "/opt/runtime", "/ipc/", "conftest")  # noqa: S108 - looked for, not used


def shown(kata: Kata, reports: Iterable[Report]) -> Iterator[str]:
    """What of the suite stands in these reports, one sentence for each thing.

    Looked for are lines of the suite's code, words with a number or an address in them that only
    the suite knows (its inputs; its sentences are meant to be read), and traces of the sandboxes.
    """
    text = "\n".join(dict.fromkeys(s for report in reports for s in _strings(_told(report))))
    for secret in (*NEVER, *_inputs(kata), *_code(kata)):
        if secret in text:
            yield f"{secret!r} is shown"


def _told(report: Report) -> object:
    """All of it that may reach a reader, as plain data; evidence comes with the checks."""
    parts = {"checks": True, "review": True, "failure": True, "notes": True}
    return report.model_dump(mode="json", include=parts)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in cast(dict[str, object], value).items():
            yield from (name, *_strings(item))
    elif isinstance(value, list):
        for item in cast(list[object], value):
            yield from _strings(item)


def _inputs(kata: Kata) -> list[str]:
    """Words of the suite that neither the service, nor the brief, nor the notes use."""
    known = "\n".join([kata.brief, *kata.starter.values(), *kata.reference.values(), *_notes(kata)])
    constants = {
        node.value
        for file in kata.suite.values()
        for node in ast.walk(ast.parse(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    words = [text for text in constants if INPUT.fullmatch(text)]
    sentences = "\n".join(text for text in constants if len(text.split()) > 1)
    return sorted(word for word in words if word not in known and word not in sentences)


def _notes(kata: Kata) -> Iterator[str]:
    """Every word that is meant to be read."""
    yield from (named.title for named in (*kata.manifest.checks, *kata.manifest.findings))
    yield from (kata.core, kata.production, *kata.hints)
    yield from (miss.text for miss in kata.near_misses.values())
    for note in (*kata.notes.values(), *kata.rules.values()):
        yield from (part for part in vars(note).values() if isinstance(part, str))


def _code(kata: Kata) -> list[str]:
    """Lines that could be of no other program. Docstrings and texts are no code."""
    known = "\n".join([*kata.starter.values(), *kata.reference.values(), *_notes(kata)])
    lines = {line.strip() for file in kata.suite.values() for line in file.splitlines()}
    return sorted(
        line
        for line in lines
        if len(line) >= CODE_LENGTH
        and not line.startswith(("#", '"', "'", 'f"', "f'"))
        and any(sign in line for sign in CODE_SIGNS)
        and line not in known
    )
