"""What a submission calls the functions, parameters and classes that the starter names.

Told is what cannot be mistaken: a name that has become two different ones, or one that the starter
uses for something else, is left out.
"""

import ast
from collections.abc import Iterator

from grader.inside.suite.counterparts import Counterparts
from grader.inside.suite.module import Definition, parameters_of
from grader.inside.suite.names import Bound, Project

PLAIN = {
    "int",
    "str",
    "float",
    "bool",
    "bytes",
    "dict",
    "list",
    "tuple",
    "set",
    "object",
    "Any",
    "",
}
MOST = 200


def names_of(counterparts: Counterparts) -> dict[str, str]:
    """Starter's name -> the submission's, where they differ."""
    became: dict[str, set[str]] = {}
    for one, other in counterparts.pairs(sure=True):
        if one.is_class == other.is_class:
            became.setdefault(one.name, set()).add(other.name)
            for old, new in _parameters(counterparts, one, other):
                became.setdefault(old, set()).add(new)
    lost = {d.name for d in counterparts.starter.project.definitions if not counterparts.of(d)}
    kept = {*became, *lost}
    told = {
        old: next(iter(new))
        for old, new in became.items()
        if len(new) == 1 and old not in new and old not in lost and not new & kept
    }
    several = list(told.values())
    single = {old: new for old, new in told.items() if several.count(new) == 1}
    return dict(list(single.items())[:MOST])


def _parameters(
    counterparts: Counterparts, one: Definition, other: Definition
) -> Iterator[tuple[str, str]]:
    """The parameters of a pair: those of the same name, then of the same type."""
    if isinstance(one.node, ast.ClassDef) or isinstance(other.node, ast.ClassDef):
        return
    known = {b.name: a.name for a, b in counterparts.pairs() if a.is_class}
    here = _typed(one, counterparts.starter.project, {})
    there = _typed(other, counterparts.ours.project, known)
    yield from ((name, name) for name in here if name in there)
    left = [name for name in here if name not in there]
    right = [name for name in there if name not in here]
    aligned = len(here) == len(there)
    places = {name: place for place, name in enumerate(here)}
    for new, place in [(name, place) for place, name in enumerate(there) if name in right]:
        old = next((name for name in left if places[name] == place), None)
        if aligned and old is not None and here[old] == there[new]:
            yield old, new
        else:
            yield from _of_type(new, here, there, left, right)


def _of_type(
    new: str, here: dict[str, str], there: dict[str, str], left: list[str], right: list[str]
) -> Iterator[tuple[str, str]]:
    """The one parameter that is of a type of its own on both sides."""
    kind = there[new]
    same = [name for name in left if here[name] == kind]
    only = len(same) == 1 and [there[name] for name in right].count(kind) == 1
    if only and kind not in PLAIN:
        yield same[0], new


def _typed(definition: Definition, project: Project, known: dict[str, str]) -> dict[str, str]:
    """Parameters and their types, in order, without the object of a method."""
    assert not isinstance(definition.node, ast.ClassDef)
    found = {
        parameter.arg: _type(parameter.annotation, definition, project, known)
        for parameter in parameters_of(definition.node)
    }
    return {name: kind for name, kind in found.items() if name not in ("self", "cls")}


def _type(
    annotation: ast.expr | None, definition: Definition, project: Project, known: dict[str, str]
) -> str:
    """What an annotation says without `Annotated` and aliases, in the starter's words."""
    if annotation is None:
        return ""
    found = project.meaning(Bound(annotation, definition.scope))
    if isinstance(found, Definition):
        return known.get(found.name, found.name)
    plain = found.expr if isinstance(found, Bound) else annotation
    if isinstance(plain, ast.Subscript) and ast.unparse(plain.value).endswith("Annotated"):
        inside = plain.slice.elts[0] if isinstance(plain.slice, ast.Tuple) else plain.slice
        return _type(inside, definition, project, known)
    text = ast.unparse(plain)
    return known.get(text, text.rpartition(".")[2] if "[" not in text else text)
