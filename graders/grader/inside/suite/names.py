"""What names stand for across a submission's files, by reading alone.

Followed are imports, re-exports, assignments, attributes of modules, classes and their objects,
what a function returns, what it is called with, and loops over lists that are written down.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from grader.inside.suite.module import Definition, Loop, Module, Scope, Site

DEPTH = 24  # of names that stand for names
EXPANSIONS = 400  # of one call by the loops round it
Names = dict[str, "Bound"]


@dataclass(frozen=True, eq=False)
class Bound:
    """An expression and where its own names are looked up. `names`: those that loops give."""

    expr: ast.expr
    scope: Scope
    names: Names = field(default_factory=dict[str, "Bound"])

    def other(self, expr: ast.expr) -> "Bound":
        """Another expression of the same surroundings."""
        return Bound(expr, self.scope, self.names)


Meaning = Definition | Module | Bound


class Project:
    """All files of a submission, and what their names stand for.

    Args:
        files: path -> text.
        like: another project; files that are the same are not read again.
    """

    def __init__(self, files: Mapping[str, str], like: "Project | None" = None) -> None:
        self.files = files
        known: dict[str, Module] = {m.file: m for m in like.modules.values()} if like else {}
        modules = [
            known[file] if like and like.files.get(file) == text else Module(file, text)
            for file, text in files.items()
            if file.endswith(".py")
        ]
        self.modules: dict[str, Module] = {}
        for module in modules:  # as in Python, a package goes before a file of its name
            if module.is_package or module.name not in self.modules:
                self.modules[module.name] = module
        self.definitions = [d for module in self.modules.values() for d in module.definitions]
        self.sites = [s for module in self.modules.values() for s in module.sites]
        self._callers: dict[str, list[Site]] = {}
        for site in self.sites:
            self._callers.setdefault(last_name(site.call.func), []).append(site)

    def meaning(self, bound: Bound, depth: int = DEPTH) -> Meaning | None:
        """What an expression stands for; None where that cannot be told."""
        if depth <= 0:
            return None
        match bound.expr:
            case ast.Name(id=name):
                return self._of_name(name, bound, depth - 1)
            case ast.Attribute(value=value, attr=attr):
                owner = self.meaning(bound.other(value), depth - 1)
                return self.member(owner, attr, depth - 1)
            case ast.Subscript(value=value, slice=ast.Constant(value=key)):
                return self._item(self.meaning(bound.other(value), depth - 1), key, depth - 1)
            case ast.Call(func=func):
                made_by = self.meaning(bound.other(func), depth - 1)
                if isinstance(made_by, Definition) and made_by.inside.returns:
                    last = Bound(made_by.inside.returns[-1], made_by.inside)
                    return self.meaning(last, depth - 1)
                return bound
            case _:
                return bound

    def member(self, owner: Meaning | None, attr: str, depth: int = DEPTH) -> Meaning | None:
        """What `owner.attr` stands for."""
        match owner:
            case Module():
                return self._global(owner, attr, depth)
            case Definition(is_class=True):
                return self._of_class(owner, attr, depth)
            case Bound(expr=ast.Call(func=func)):
                made_of = self.meaning(owner.other(func), depth - 1)
                if isinstance(made_of, Definition) and made_of.is_class:
                    return self._of_class(made_of, attr, depth)
                return owner if attr == "router" else None  # `app.router` takes what `app` takes
            case Bound(expr=ast.Constant()) if attr == "value":  # of an enum's member
                return owner
            case _:
                return None

    def text(self, bound: Bound | None, depth: int = DEPTH) -> str | None:
        """A string that is known without running anything; else None."""
        if bound is None or depth <= 0:
            return None
        match bound.expr:
            case ast.Constant(value=str() as value):
                return value
            case ast.FormattedValue(value=value):
                return self.text(bound.other(value), depth - 1)
            case ast.JoinedStr(values=values):
                return _joined([self.text(bound.other(part), depth - 1) for part in values])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _joined([self.text(bound.other(x), depth - 1) for x in (left, right)])
            case ast.Name() | ast.Attribute() | ast.Subscript():
                found = self.meaning(bound, depth - 1)
                return self.text(found, depth - 1) if isinstance(found, Bound) else None
            case _:
                return None

    def expanded(self, site: Site) -> Iterator[Bound]:
        """A call, once for each round of the loops round it; once where they cannot be told."""
        rounds: list[Names] = [{}]
        for loop in site.loops:
            inner = [{**outer, **more} for outer in rounds for more in self._rounds(loop, outer)]
            rounds = inner[:EXPANSIONS] or rounds
        for names in rounds:
            yield Bound(site.call, site.scope, names)

    def items(self, bound: Bound | None) -> list[Bound]:
        """The elements of a list, tuple or set that is written down."""
        if bound is None:
            return []
        if isinstance(bound.expr, ast.Call) and isinstance(bound.expr.func, ast.Attribute):
            return self._view(bound, bound.expr.func)
        found = self.meaning(bound)
        match found:
            case Bound(expr=ast.List(elts=many) | ast.Tuple(elts=many) | ast.Set(elts=many)):
                return [found.other(one) for one in many if not isinstance(one, ast.Starred)]
            case Bound(expr=ast.Dict(keys=keys)):
                return [found.other(key) for key in keys if key is not None]
            case _:
                return []

    def _view(self, bound: Bound, function: ast.Attribute) -> list[Bound]:
        found = self.meaning(bound.other(function.value))
        if not isinstance(found, Bound) or not isinstance(found.expr, ast.Dict):
            return []
        pairs = [(k, v) for k, v in zip(found.expr.keys, found.expr.values, strict=True) if k]
        if function.attr == "items":
            return [found.other(ast.Tuple([key, value])) for key, value in pairs]
        return [found.other(value) for _, value in pairs] if function.attr == "values" else []

    def _rounds(self, loop: Loop, names: Names) -> Iterator[Names]:
        for element in self.items(Bound(loop.over, loop.scope, names)):
            yield self._unpacked(loop.target, element)

    def _unpacked(self, target: ast.expr, element: Bound) -> Names:
        if isinstance(target, ast.Name):
            return {target.id: element}
        if not isinstance(target, ast.Tuple | ast.List):
            return {}
        parts = self.items(element)
        if len(parts) != len(target.elts):
            return {}
        found: Names = {}
        for inner, part in zip(target.elts, parts, strict=True):
            found |= self._unpacked(inner, part)
        return found

    def _of_name(self, name: str, bound: Bound, depth: int) -> Meaning | None:
        if name in bound.names:
            return self.meaning(bound.names[name], depth)
        scope = bound.scope
        while scope.parent is not None:
            if scope is bound.scope or not scope.of_class:
                if (found := self._local(name, scope, depth)) is not None:
                    return found
                if name in scope.parameters:
                    return self._argument(scope, name, depth)
            scope = scope.parent
        return self._global(bound.scope.module, name, depth)

    def _local(self, name: str, scope: Scope, depth: int) -> Meaning | None:
        if name in scope.definitions:
            return scope.definitions[name]
        if name in scope.bindings and not _names_itself(scope.bindings[name], name):
            return self.meaning(Bound(scope.bindings[name], scope), depth)
        return None

    def _global(self, module: Module, name: str, depth: int) -> Meaning | None:
        found = self._local(name, module.top, depth) if depth > 0 else None
        if found is not None or depth <= 0:
            return found
        if name in module.imports:
            return self._imported(*module.imports[name], depth - 1)
        for source in module.stars:
            if source in self.modules and self.modules[source] is not module:
                found = self._global(self.modules[source], name, depth - 1)
                if found is not None:
                    return found
        return self.modules.get(f"{module.name}.{name}") if module.is_package else None

    def _imported(self, source: str, original: str | None, depth: int) -> Meaning | None:
        if original is None:  # `import a.b` gives the name `a`
            return self.modules.get(source) or self.modules.get(source.split(".")[0])
        if f"{source}.{original}" in self.modules:
            return self.modules[f"{source}.{original}"]
        home = self.modules.get(source)
        return self._global(home, original, depth) if home else None

    def _argument(self, scope: Scope, name: str, depth: int) -> Meaning | None:
        """What a parameter stands for: the object of a method, or what the first caller gives."""
        function = scope.owner
        if function is None:
            return None
        index = scope.parameters.index(name)
        if function.scope.of_class and index == 0:
            return function.scope.owner
        for site in self._callers.get(function.name, []):
            call = Bound(site.call, site.scope)
            if self.meaning(call.other(site.call.func), depth - 1) is not function:
                continue
            given = _given(site.call, name, index - function.scope.of_class)
            if given is not None:
                return self.meaning(call.other(given), depth - 1)
        return None

    def _of_class(self, owner: Definition, attr: str, depth: int) -> Meaning | None:
        found = self._local(attr, owner.inside, depth) if depth > 0 else None
        if found is not None or depth <= 0 or not isinstance(owner.node, ast.ClassDef):
            return found
        for base in owner.node.bases:
            above = self.meaning(Bound(base, owner.scope), depth - 1)
            if isinstance(above, Definition) and above is not owner:
                found = self._of_class(above, attr, depth - 1)
                if found is not None:
                    return found
        return None

    def _item(self, owner: Meaning | None, key: object, depth: int) -> Meaning | None:
        match owner:
            case Bound(expr=ast.List(elts=many) | ast.Tuple(elts=many)) if isinstance(key, int):
                inside = -len(many) <= key < len(many)
                return self.meaning(owner.other(many[key]), depth) if inside else None
            case Bound(expr=ast.Dict(keys=keys, values=values)):
                for known, value in zip(keys, values, strict=True):
                    if isinstance(known, ast.Constant) and known.value == key:
                        return self.meaning(owner.other(value), depth)
                return None
            case _:
                return None


def _given(call: ast.Call, name: str, index: int) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[index] if 0 <= index < len(call.args) else None


def _names_itself(value: ast.expr, name: str) -> bool:
    """`router = router`, which says nothing of what it is."""
    return isinstance(value, ast.Name) and value.id == name


def last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _joined(parts: list[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None
