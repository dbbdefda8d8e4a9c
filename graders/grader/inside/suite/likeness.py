"""How much two definitions have in common: what they name, hold and say, and who uses them."""

import ast
from collections import Counter
from collections.abc import Iterable, Mapping

from grader.inside.suite.module import Definition, dotted, fields_of

FEWEST = 3  # traits in common; less is chance
TELLING = 0.75  # so much alike that nobody else need have used both
SAME = 0.8

Traits = frozenset[str]


def is_table(definition: Definition) -> bool:
    """Whether a class is one of the database's tables: never the counterpart of one that is not."""
    if not isinstance(definition.node, ast.ClassDef):
        return False
    named = any(name == "__tablename__" for name, _ in fields_of(definition.node))
    return named or any(keyword.arg == "table" for keyword in definition.node.keywords)


def same_fields(one: Definition, other: Definition) -> bool:
    """Whether two classes have the same fields, with one in five changed at most."""
    if not isinstance(one.node, ast.ClassDef) or not isinstance(other.node, ast.ClassDef):
        return False
    here, there = dict(fields_of(one.node)).keys(), dict(fields_of(other.node)).keys()
    return len(here & there) >= FEWEST - 1 and 2 * len(here & there) >= SAME * len([*here, *there])


def traits_of(
    definitions: Iterable[Definition], known: Mapping[str, str]
) -> dict[Definition, Traits]:
    """What each definition can be told by; its own name is not among it.

    Args:
        definitions: all of a project: who uses a definition is one of its traits.
        known: names that are recognised -> what the other project calls the same.
    """
    several = list(definitions)
    users: dict[str, set[str]] = {}
    for user in several:
        for said in user.says:
            users.setdefault(said, set()).add(f"user {user.name}")
    traits: dict[Definition, Traits] = {}
    for definition in several:
        own = f"name {definition.name}"
        every = definition.says | _of_class(definition.node) | users.get(own, set())
        told = every - {own, f"user {definition.name}"}
        traits[definition] = frozenset(_translated(trait, known) for trait in told)
    return traits


class Rarity:
    """Weighs traits: what every second function has says little of one."""

    def __init__(self, all_traits: Iterable[Traits]) -> None:
        self._seen = Counter(trait for traits in all_traits for trait in traits)

    def likeness(self, one: Traits, other: Traits) -> float:
        """0 for nothing in common to 1 for the same."""
        common = one & other
        if len(common) < FEWEST:
            return 0.0
        likeness = 2 * self._weight(common) / (self._weight(one) + self._weight(other))
        strangers = _used(one) and _used(other) and not _used(common)
        return 0.0 if strangers and likeness < TELLING else likeness

    def _weight(self, traits: Traits) -> float:
        return sum(1 / max(1, self._seen[trait]) for trait in traits)


def _used(traits: Traits) -> bool:
    return any(trait.startswith("user ") for trait in traits)


def _of_class(node: ast.AST) -> set[str]:
    if not isinstance(node, ast.ClassDef):
        return set()
    bases = {f"base {dotted(base).rpartition('.')[2]}" for base in node.bases}
    fields = {f"field {name}" for name, _ in fields_of(node)}
    methods = {f"method {s.name}" for s in node.body if isinstance(s, ast.FunctionDef)}
    return bases | fields | methods


def _translated(trait: str, known: Mapping[str, str]) -> str:
    kind, _, name = trait.partition(" ")
    return f"{kind} {known.get(name, name)}" if kind in ("name", "base", "user") else trait
