"""What one file of the learner's holds: definitions, bindings and calls, in their order; never run.

Nothing here calls itself for what is nested: however deep a file is, it is walked to its end.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from grader.inside.suite.size import parsed

TEXT_CAP = 200  # characters of a constant that count
SILENT = {"ctx", "op", "ops", "type_ignores"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(eq=False)
class Scope:
    """A module, a class or a function, and what its names stand for."""

    module: "Module"
    parent: "Scope | None" = None
    owner: "Definition | None" = None
    bindings: dict[str, ast.expr] = field(default_factory=dict[str, ast.expr])
    definitions: dict[str, "Definition"] = field(default_factory=dict[str, "Definition"])
    parameters: tuple[str, ...] = ()
    returns: list[ast.expr] = field(default_factory=list[ast.expr])

    @property
    def of_class(self) -> bool:
        return self.owner is not None and self.owner.is_class

    @property
    def place(self) -> str:
        """The dotted name of what this is the inside of; "" for a module."""
        return self.owner.place if self.owner else ""


@dataclass(eq=False)
class Definition:
    """A function or a class.

    Attributes:
        inside: the scope of its body.
        says: what it names and what constants it has, by kind: `name session`, `value 404`.
    """

    module: "Module"
    node: Function | ast.ClassDef
    scope: Scope
    inside: Scope = field(init=False)
    says: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        parameters = () if isinstance(self.node, ast.ClassDef) else parameters_of(self.node)
        names = tuple(parameter.arg for parameter in parameters)
        self.inside = Scope(self.module, self.scope, self, parameters=names)
        self.says |= {f"name {name}" for name in names}

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def place(self) -> str:
        """Its dotted name within its file, such as `BoxOffice.hold_seat`."""
        return f"{self.scope.place}.{self.name}".lstrip(".")


@dataclass(frozen=True)
class Loop:
    """What a `for` goes through, and the names that it gives."""

    target: ast.expr
    over: ast.expr
    scope: Scope


@dataclass(frozen=True, eq=False)
class Site:
    """One call. `decorated`: what it is a decorator of."""

    call: ast.Call
    scope: Scope
    loops: tuple[Loop, ...] = ()
    decorated: Definition | None = None


@dataclass(frozen=True, eq=False)
class _Step:
    """A node on the way through a file. `teller`: the definition that it is a part of."""

    node: ast.AST
    scope: Scope
    loops: tuple[Loop, ...] = ()
    teller: Definition | None = None
    decorated: Definition | None = None


class Module:
    """One file, parsed. A file that does not parse has nothing in it."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        name = file.removesuffix(".py").replace("/", ".")
        self.is_package = name.endswith("__init__")
        self.name = name.removesuffix(".__init__")
        self.tree = parsed(text)
        self.imports: dict[str, tuple[str, str | None]] = {}  # local name -> module, name in it
        self.stars: list[str] = []  # modules all of whose names are imported
        self.top = Scope(self)
        self.definitions: list[Definition] = []
        self.sites: list[Site] = []
        if self.tree is not None:
            self._walk(self.tree)

    def _walk(self, tree: ast.Module) -> None:
        waiting = [_Step(tree, self.top)]
        while waiting:
            step = waiting.pop()
            node = step.node
            if isinstance(node, Function | ast.ClassDef):
                waiting += reversed(self._into(node, step))
                continue
            loops = (*step.loops, *_loops(node, step.scope))
            if isinstance(node, ast.Call):
                self.sites.append(Site(node, step.scope, loops, step.decorated))
            else:
                self._note(node, step.scope)
            if step.teller is not None and (said := _said(node)):
                step.teller.says.add(said)
            waiting += [_Step(child, step.scope, loops, step.teller) for child in _children(node)]
        for made in reversed(self.definitions):
            if made.scope.owner is not None:
                made.scope.owner.says |= made.says

    def _into(self, node: Function | ast.ClassDef, step: "_Step") -> list["_Step"]:
        scope, loops = step.scope, step.loops
        made = Definition(self, node, scope)
        self.definitions.append(made)
        scope.definitions[node.name] = made
        scope.bindings.pop(node.name, None)
        decorators = [_Step(one, scope, loops, made, made) for one in node.decorator_list]
        head = [_Step(one, scope, loops, made) for one in _signature(node)]
        body = [_Step(one, made.inside, loops, made) for one in node.body]
        return [*decorators, *head, *body]

    def _note(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.ImportFrom():
                self._import_from(node)
            case ast.Import():
                for alias in node.names:
                    self.imports[alias.asname or alias.name.split(".")[0]] = (alias.name, None)
            case ast.Return(value=ast.expr() as value):
                scope.returns.append(value)
            case ast.Assign():
                for target in node.targets:
                    _bind(target, node.value, scope)
            case ast.AnnAssign(value=ast.expr() as value):
                _bind(node.target, value, scope)
            case _:
                pass

    def _import_from(self, node: ast.ImportFrom) -> None:
        package = self.name.split(".") if self.is_package else self.name.split(".")[:-1]
        base = package[: len(package) - node.level + 1] if node.level else []
        source = ".".join([*base, *(node.module.split(".") if node.module else [])])
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(source)
            else:
                self.imports[alias.asname or alias.name] = (source, alias.name)


def parameters_of(node: Function) -> tuple[ast.arg, ...]:
    """All parameters, in the order in which they are written."""
    listed = node.args
    several = [a for a in (listed.vararg, listed.kwarg) if a is not None]
    return (*listed.posonlyargs, *listed.args, *listed.kwonlyargs, *several)


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """An argument of a call, by its name or its position."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is not None and position < len(call.args):
        return call.args[position]
    return None


def dotted(node: ast.expr) -> str:
    """`a.b.c` as it is written; what is no plain name becomes "" (`f().c` is `.c`)."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))


def fields_of(node: ast.ClassDef) -> Iterator[tuple[str, ast.stmt]]:
    """The names that a class's body assigns or declares."""
    for statement in node.body:
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else []
        targets += statement.targets if isinstance(statement, ast.Assign) else []
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id, statement


def _loops(node: ast.AST, scope: Scope) -> list[Loop]:
    match node:
        case ast.For() | ast.AsyncFor():
            return [Loop(node.target, node.iter, scope)]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return [Loop(each.target, each.iter, scope) for each in node.generators]
        case _:
            return []


def _said(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return f"name {name}"
        case ast.keyword(arg=str() as name):
            return f"keyword {name}"
        case ast.Constant(value=str() | int() | float() as value):
            return f"value {str(value)[:TEXT_CAP]}"
        case _:
            return None


def _children(node: ast.AST) -> list[ast.AST]:
    """As `ast.iter_child_nodes`, the last first, and without what says nothing of names."""
    found: list[ast.AST] = []
    for name in node._fields:
        if name in SILENT:
            continue
        value: object = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [one for one in cast(list[object], value) if isinstance(one, ast.AST)]
    found.reverse()
    return found


def _signature(node: Function | ast.ClassDef) -> list[ast.expr]:
    """What stands in a definition's first lines: bases, defaults and annotations."""
    if isinstance(node, ast.ClassDef):
        return [*node.bases, *(keyword.value for keyword in node.keywords)]
    annotations = [a.annotation for a in parameters_of(node)]
    found = [*annotations, *node.args.defaults, *node.args.kw_defaults, node.returns]
    return [expression for expression in found if expression is not None]


def _bind(target: ast.expr, value: ast.expr, scope: Scope) -> None:
    if isinstance(target, ast.Name):
        scope.bindings[target.id] = value
        return
    own = scope.parameters[:1]
    if isinstance(target, ast.Attribute) and dotted(target.value) in own and scope.parent:
        scope.parent.bindings.setdefault(target.attr, value)  # `self.router = ...`
