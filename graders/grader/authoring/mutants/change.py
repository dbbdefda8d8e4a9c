"""What operators speak of: one change to a syntax tree, and what stands round the changed node."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

Replacement = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]
Listed = TypeVar("Listed", cst.Arg, cst.BaseElement, cst.BaseDictElement, cst.Param)

METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "api_route"})


@dataclass(frozen=True)
class Change:
    """Put `replacement` in the place of `target`."""

    target: cst.CSTNode
    replacement: Replacement


@dataclass(frozen=True)
class Facts:
    """What an operator has to know of the whole service.

    Attributes:
        dependencies: names that stand for `Annotated[..., Depends(...)]`.
        tables: table classes.
        models: every class that is declared.
        modules: the service's own modules, by the name under which they are imported.
        blocking: asynchronous functions of `app/outside.py` and their blocking counterparts.
        waiting: functions that wait for the outside world, where the kata is about async.
    """

    dependencies: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    blocking: Mapping[str, str] = field(default_factory=dict[str, str])
    waiting: frozenset[str] = frozenset()


class Source:
    """One parsed file: its nodes from top to bottom, and what stands round each of them."""

    def __init__(self, text: str, facts: Facts) -> None:
        wrapper = MetadataWrapper(cst.parse_module(text))
        self.module = wrapper.module
        self.text = text
        self.facts = facts
        self.nodes = tuple(walk(self.module))
        self._parents = wrapper.resolve(ParentNodeProvider)
        self._positions = wrapper.resolve(PositionProvider)

    def code(self, node: cst.CSTNode) -> str:
        return self.module.code_for_node(node)

    def line(self, node: cst.CSTNode) -> int:
        return self._positions[node].start.line

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._parents.get(node)

    def above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes round a node, the nearest first."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    def function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The function that a node stands in."""
        return next((n for n in self.above(node) if isinstance(n, cst.FunctionDef)), None)

    def within(self, node: cst.CSTNode) -> str:
        """The name of the function or class round a node; empty at the module's level."""
        round_it = (node, *self.above(node))
        named = (n for n in round_it if isinstance(n, cst.FunctionDef | cst.ClassDef))
        return next((n.name.value for n in named), "")

    def changed(self, change: Change) -> str:
        """The file's text after one change."""
        visited = self.module.visit(_Put(change, {*self.above(change.target), change.target}))
        assert isinstance(visited, cst.Module)  # noqa: S101 (libcst's own promise)
        return visited.code


Operator = Callable[[cst.CSTNode, Source], Iterator[Change]]


class _Put(cst.CSTTransformer):
    """Goes straight to the target; everything beside the way there stays as it is."""

    def __init__(self, change: Change, way: set[cst.CSTNode]) -> None:
        super().__init__()
        self._change = change
        self._way = way

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self._way and node is not self._change.target

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Replacement:
        change = self._change
        return change.replacement if original_node is change.target else updated_node


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and everything in it, from top to bottom."""
    yield node
    for child in node.children:
        yield from walk(child)


def name_of(node: cst.CSTNode | None) -> str:
    """The last part of a name: `get` of `app.get(...)`, `Field` of `Field(...)`."""
    match node:
        case cst.Name(value=value):
            return value
        case cst.Attribute(attr=attr):
            return attr.value
        case cst.Call(func=func):
            return name_of(func)
        case _:
            return ""


def owner_of(node: cst.CSTNode) -> str:
    """The name before the dot: `app` of `app.get(...)`."""
    match node:
        case cst.Call(func=func):
            return owner_of(func)
        case cst.Attribute(value=value):
            return name_of(value)
        case _:
            return ""


def keyword(arg: cst.Arg) -> str:
    return arg.keyword.value if arg.keyword else ""


def without(items: Sequence[Listed], gone: Listed) -> list[Listed]:
    """A list in code without one of its elements, and without a comma that nothing follows."""
    left = [item for item in items if item is not gone]
    if left and items[-1] is gone:
        left[-1] = left[-1].with_changes(comma=items[-1].comma)
    return left


def drop_arg(call: cst.Call, arg: cst.Arg) -> Change:
    return Change(call, call.with_changes(args=without(call.args, arg)))


def drop_element(listed: cst.List | cst.Tuple | cst.Set, element: cst.BaseElement) -> Change:
    return Change(listed, listed.with_changes(elements=without(listed.elements, element)))


def routes(function: cst.FunctionDef) -> Iterator[cst.Call]:
    """The decorators of a function that make it a route."""
    for decorator in function.decorators:
        call = decorator.decorator
        if isinstance(call, cst.Call) and name_of(call) in METHODS and owner_of(call):
            yield call


def names_in(node: cst.CSTNode) -> set[str]:
    return {n.value for n in walk(node) if isinstance(n, cst.Name)}


def statement(node: cst.CSTNode) -> cst.BaseSmallStatement | None:
    """What a line holds, where it is one plain statement."""
    if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
        return node.body[0]
    return None


def called(node: cst.CSTNode | None) -> cst.Call | None:
    """The call that a bare statement consists of, awaited or not."""
    if not isinstance(node, cst.Expr):
        return None
    value = node.value.expression if isinstance(node.value, cst.Await) else node.value
    return value if isinstance(value, cst.Call) else None


def facts_of(files: Mapping[str, str], *, waits: bool) -> Facts:
    """Gather what operators need to know from all files of a service.

    Args:
        files: of the service.
        waits: whether the kata is about async; only there a blocked event loop has to be noticed.
    """
    trees = {path: cst.parse_module(text) for path, text in files.items() if path.endswith(".py")}
    nodes = [n for tree in trees.values() for n in walk(tree)]
    classes = [n for n in nodes if isinstance(n, cst.ClassDef)]
    functions = [n for n in nodes if isinstance(n, cst.FunctionDef)]
    outside = trees.get("app/outside.py", cst.parse_module(""))
    return Facts(
        dependencies=frozenset(n for tree in trees.values() for n in _dependencies(tree)),
        tables=frozenset(c.name.value for c in classes if _is_table(c)),
        models=frozenset(c.name.value for c in classes),
        modules=frozenset(re.sub(r".*/|\.py$", "", path) for path in trees),
        blocking=_pairs(outside),
        waiting=_waiting(functions) if waits else frozenset(),
    )


def _dependencies(tree: cst.Module) -> Iterator[str]:
    for node in walk(tree):
        if isinstance(node, cst.Assign) and {"Depends", "Security"} & names_in(node.value):
            yield name_of(node.targets[0].target)


def _is_table(declared: cst.ClassDef) -> bool:
    flagged = any(keyword(arg) == "table" for arg in declared.keywords)
    lines = declared.body.body
    return flagged or any("__tablename__" in names_in(line) for line in lines)


def _pairs(outside: cst.Module) -> dict[str, str]:
    """Asynchronous functions of the outside world, each with its blocking counterpart."""
    functions = {n.name.value: n for n in walk(outside) if isinstance(n, cst.FunctionDef)}
    pairs: dict[str, str] = {}
    for name, function in functions.items():
        plain = [name.removesuffix("_async"), name.removeprefix("a")]
        known = [other for other in plain if other != name and other in functions]
        if function.asynchronous and known:
            pairs[name] = known[0]
    return pairs


def _waiting(functions: Sequence[cst.FunctionDef]) -> frozenset[str]:
    """Functions that ask the outside world for more than the time, themselves or by another."""
    calls: dict[str, set[str]] = {}  # functions of one name in several files count as one
    for function in functions:
        calls.setdefault(function.name.value, set()).update(_calls(function))
    waiting = {name for name, called_ones in calls.items() if "outside." in called_ones}
    while more := {name for name, ones in calls.items() if ones & waiting} - waiting:
        waiting |= more
    return frozenset(waiting)


def _calls(function: cst.FunctionDef) -> set[str]:
    """What a function calls, by name; `outside.` stands for any partner but the clock."""
    calls = [n for n in walk(function.body) if isinstance(n, cst.Call)]
    asked = any(owner_of(call) == "outside" and name_of(call) != "now" for call in calls)
    return {name_of(call) for call in calls} | ({"outside."} if asked else set())
