"""Resolves a note's selectors to lines of the learner's own files, by `ast` alone.

Selectors: `route GET /invoices/{id}`, `function name`, `class Name`, `model Name.field`,
`call text(`, `dependency name`, `file app/main.py`. What is not found has no place: never a guess.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from grader.inside.suite.module import Function, Module

DEPTH = 6  # of routers in routers, and of base classes


@dataclass(frozen=True)
class Span:
    """Lines of a file, both ends included, from 1."""

    file: str
    line: int
    end: int


class Places:
    """Looks things up in all files of a submission."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        modules = [Module(file, text) for file, text in files.items() if file.endswith(".py")]
        self.modules = {module.name: module for module in modules}

    def find(self, selector: str) -> list[Span]:
        """Every place that a selector names, in the files' order.

        Raises:
            ValueError: there is no such kind of selector.
        """
        kind, _, rest = selector.strip().partition(" ")
        kinds: dict[str, Callable[[str], list[Span]]] = {
            "route": self._routes,
            "function": self._functions,
            "dependency": self._functions,
            "class": self._classes,
            "model": self._model,
            "call": self._calls,
            "file": self._file,
        }
        if kind not in kinds:
            raise ValueError(f"unknown selector {selector!r}")
        return kinds[kind](rest.strip())

    def _routes(self, wanted: str) -> list[Span]:
        method, _, path = wanted.partition(" ")
        return [
            span
            for methods, known, span in self._all_routes()
            if method in methods and known == _shape(path) and span is not None
        ]

    def _all_routes(self) -> Iterator[tuple[frozenset[str], str, Span | None]]:
        for module in self.modules.values():
            for route in module.routes:
                owner = self._resolve(module, ast.Name(route.owner)) if route.owner else None
                prefixes = self._prefixes(*owner) if owner and owner[1] else [""]
                span = self._endpoint(module, route.endpoint)
                for prefix in prefixes:
                    yield route.methods, _shape(prefix + route.path), span

    def _endpoint(self, module: Module, endpoint: ast.expr | Function | None) -> Span | None:
        if endpoint is None or isinstance(endpoint, Function):
            return _span(module, endpoint) if endpoint else None
        home = self._resolve(module, endpoint)
        if home and home[1] in home[0].functions:
            return _span(home[0], home[0].functions[home[1]][0])
        return _span(module, endpoint)

    def _prefixes(self, module: Module, name: str | None, depth: int = 0) -> list[str]:
        own = module.routers.get(name or "")
        if own is None or depth > DEPTH:
            return [own or ""]
        found = [
            outer + inclusion.prefix + own
            for includer in self.modules.values()
            for inclusion in includer.inclusions
            if self._resolve(includer, inclusion.router) == (module, name)
            for outer in self._outer(includer, inclusion.into, depth)
        ]
        return found or [own]

    def _outer(self, module: Module, into: str, depth: int) -> list[str]:
        home, name = self._resolve(module, ast.Name(into)) or (module, into)
        return self._prefixes(home, name, depth + 1)

    def _resolve(self, module: Module, node: ast.expr) -> tuple[Module, str | None] | None:
        """Where an expression's name is defined; a name of None is the module itself."""
        if isinstance(node, ast.Name):
            return self._follow(module, node.id)
        if isinstance(node, ast.Attribute):
            home = self._resolve(module, node.value)
            if home and home[1] is None:
                return self._follow(home[0], node.attr)
        return None

    def _follow(self, module: Module, name: str) -> tuple[Module, str | None] | None:
        for _ in range(DEPTH):
            if name not in module.imports:
                return module, name
            source, original = module.imports[name]
            inner = source if original is None else f"{source}.{original}"
            if inner in self.modules:
                return self.modules[inner], None
            if original is None or source not in self.modules:
                return None
            module, name = self.modules[source], original
        return None

    def _functions(self, name: str) -> list[Span]:
        return [_span(m, node) for m in self.modules.values() for node in m.functions.get(name, [])]

    def _classes(self, name: str) -> list[Span]:
        modules = self.modules.values()
        return [_span(m, m.classes[name]) for m in modules if name in m.classes]

    def _model(self, wanted: str) -> list[Span]:
        name, _, field = wanted.partition(".")
        return self._field(name, field, 0) if field else self._classes(name)

    def _field(self, name: str, field: str, depth: int) -> list[Span]:
        for module in self.modules.values():
            if name not in module.classes or depth > DEPTH:
                continue
            for node in module.classes[name].body:
                if field in _assigned(node):
                    return [_span(module, node)]
            for base in module.classes[name].bases:
                home = self._resolve(module, base)
                inherited = self._field(home[1], field, depth + 1) if home and home[1] else []
                if inherited:
                    return inherited
        return []

    def _calls(self, wanted: str) -> list[Span]:
        name = wanted.rstrip("( ")
        return [
            _span(module, call)
            for module in self.modules.values()
            for call in module.calls
            if _is_call_of(module, call.func, name)
        ]

    def _file(self, name: str) -> list[Span]:
        return [Span(name, 1, 1)] if name in self.files else []


def _is_call_of(module: Module, function: ast.expr, name: str) -> bool:
    dotted = _dotted(function)
    if isinstance(function, ast.Name) and module.imports.get(function.id, ("", None))[1] == name:
        return True
    return dotted == name or dotted.endswith(f".{name}")


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))


def _assigned(node: ast.stmt) -> set[str]:
    targets = [node.target] if isinstance(node, ast.AnnAssign) else []
    targets += node.targets if isinstance(node, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _span(module: Module, node: ast.stmt | ast.expr) -> Span:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return Span(module.file, first, node.end_lineno or node.lineno)


def _shape(path: str) -> str:
    """A path with its parameters' names and doubled slashes taken out."""
    return re.sub(r"\{[^}]*\}", "{}", "/" + "/".join(part for part in path.split("/") if part))
