"""Makes mutants of a kata's reference: the same service with one thing changed.

Each operator makes a mistake that happens in web services: a dependency that is forgotten, a guard
that is gone, a filter that a query lost. A suite that approves a mutant has not looked there.
"""

import ast
import difflib
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from grader.authoring.mutants import data, guards, logic, models, routes, waiting
from grader.authoring.mutants.change import Change, Facts, Operator, Source, facts_of
from grader.kata import Files, Kata
from grader.report import Skill

OPERATORS: dict[str, Operator] = {
    "dependency": routes.dependency,
    "response-model": routes.response_model,
    "table-model": routes.table_model,
    "status": routes.status,
    "header": routes.header,
    "registration": routes.registration,
    "guard": guards.guard,
    "negation": guards.negation,
    "call": guards.call,
    "write": guards.write,
    "catch": guards.catch,
    "swallow": guards.swallow,
    "cleanup": guards.cleanup,
    "constraint": models.constraint,
    "loosened": models.loosened,
    "forbid": models.forbid,
    "flag": models.flag,
    "table-argument": models.table_argument,
    "validator": models.validator,
    "unset": models.unset,
    "condition": data.condition,
    "clause": data.clause,
    "transaction": data.transaction,
    "lock": data.lock,
    "blocking": waiting.blocking,
    "await": waiting.awaiting,
    "timeout": waiting.timeout,
    "boundary": logic.boundary,
    "connective": logic.connective,
    "not": logic.negated,
    "constant": logic.constant,
    "digest": logic.digest,
    "token": logic.token,
}
LOCKED = "app/outside.py"


@dataclass(frozen=True)
class Mutant:
    """The reference with one change.

    Attributes:
        id: stays the same as long as the file does.
        within: the function or class round the change; empty at the module's level.
        was: the first line that is gone, stripped.
        becomes: the line that came for it, stripped; empty where none did.
        text: the whole file after the change.
    """

    id: str
    operator: str
    file: str
    line: int
    within: str
    was: str
    becomes: str
    diff: str
    text: str


def mutants_of(kata: Kata) -> list[Mutant]:
    """Every mutant of a kata's reference, file by file, from top to bottom.

    What does not parse, or says the same as the original or as another mutant, is left out.
    """
    facts = facts_of(kata.reference, waits=Skill.ASYNC in kata.manifest.skills)
    found: list[Mutant] = []
    for file in kata.manifest.editable:
        if file.endswith(".py") and file != LOCKED:
            found += sorted(
                _of_file(file, kata.reference, facts), key=lambda m: (m.line, m.was, m.id)
            )
    return found


def _of_file(file: str, files: Files, facts: Facts) -> Iterator[Mutant]:
    text = files[file]
    source = Source(text, facts)
    seen = {ast.dump(ast.parse(text))}
    for name, operator in OPERATORS.items():
        for node in source.nodes:
            for change in operator(node, source):
                mutated = source.changed(change)
                said = _said(mutated)
                if said is not None and said not in seen:
                    seen.add(said)
                    yield _mutant(name, file, change.target, source, mutated)


def _said(text: str) -> str | None:
    """What a file says, whatever its layout; None where it is not Python."""
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return None


def _mutant(name: str, file: str, target: cst.CSTNode, source: Source, text: str) -> Mutant:
    before, after = source.text.splitlines(), text.splitlines()
    diff = [*difflib.unified_diff(before, after, file, file, tofiledate=name, n=2, lineterm="")]
    gone, came = _first(diff[2:], "-"), _first(diff[2:], "+")
    digest = hashlib.sha256(f"{file}\0{name}\0{text}".encode()).hexdigest()
    return Mutant(
        id=f"{name}-{digest[:8]}",
        operator=name,
        file=file,
        line=source.line(target),
        within=source.within(target),
        was=gone,
        becomes=came,
        diff="\n".join(diff),
        text=text,
    )


def _first(diff: Sequence[str], sign: str) -> str:
    """The first line with this sign that is not blank, stripped."""
    lines = (line[1:].strip() for line in diff if line.startswith(sign))
    return next(filter(None, lines), "")


def spread(mutants: Sequence[Mutant], most: int) -> list[Mutant]:
    """At most so many of the mutants, spread evenly over operators and, within one, over places."""
    groups: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        groups.setdefault(mutant.operator, []).append(mutant)
    shares = dict.fromkeys(groups, 0)
    for _ in range(min(most, len(mutants))):
        open_ones = [name for name in groups if shares[name] < len(groups[name])]
        shares[min(open_ones, key=lambda name: shares[name])] += 1
    chosen = {m.id for name, group in groups.items() for m in _evenly(group, shares[name])}
    return [mutant for mutant in mutants if mutant.id in chosen]


def _evenly(group: Sequence[Mutant], count: int) -> Iterable[Mutant]:
    return (group[i * len(group) // count] for i in range(count))


__all__ = ["OPERATORS", "Change", "Mutant", "mutants_of", "spread"]
