"""Resolves selectors to lines of the learner's own files, by `ast` alone.

Selectors: `route GET /invoices/{id}`, `function name`, `function Class.name`, `class Name`,
`model Name.field`, `call text(`, `dependency name`, `file app/main.py`. What is not found has no
place: never a guess.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grader.inside.suite.module import Definition, Module, Site, dotted, fields_of
from grader.inside.suite.names import Bound, Project
from grader.inside.suite.routes import Route, Routes

DEPTH = 6  # of base classes


@dataclass(frozen=True)
class Span:
    """Lines of a file, both ends included, from 1."""

    file: str
    line: int
    end: int


class Places:
    """Looks things up in all files of a submission.

    Args:
        files: path -> text.
        like: the places of other files; what is the same in both is read once.
    """

    def __init__(self, files: Mapping[str, str], like: "Places | None" = None) -> None:
        self.files = files
        self.project = Project(files, like.project if like else None)
        self.modules = self.project.modules
        self.routes = Routes(self.project)

    def find(self, selector: str) -> list[Span]:
        """Every place that a selector names, in the files' order.

        Raises:
            ValueError: there is no such kind of selector.
        """
        kind, rest = read_selector(selector)
        kinds: dict[str, Callable[[str], list[Span]]] = {
            "route": lambda rest: [span_of_route(r) for r in self.routes_named(rest)],
            "function": lambda rest: [span_of(d) for d in self.functions(rest)],
            "dependency": lambda rest: [span_of(d) for d in self.dependencies(rest)],
            "class": lambda rest: [span_of(d) for d in self.classes(rest)],
            "model": self._model,
            "call": lambda rest: [span(s.scope.module, s.call) for s in self.calls(rest)],
            "file": lambda rest: [Span(rest, 1, 1)] if rest in self.files else [],
        }
        return kinds[kind](rest)

    def routes_named(self, wanted: str) -> list[Route]:
        method, _, path = wanted.partition(" ")
        return self.routes.find(method.upper(), path)

    def functions(self, name: str) -> list[Definition]:
        """Functions and methods of a name, or of a dotted name such as `BoxOffice.pay`."""
        return [d for d in self.project.definitions if not d.is_class and _is_called(d, name)]

    def classes(self, name: str) -> list[Definition]:
        return [d for d in self.project.definitions if d.is_class and _is_called(d, name)]

    def dependencies(self, name: str) -> list[Definition]:
        """Functions or classes of a name, or what an alias of this name depends on."""
        return self.functions(name) or self.classes(name) or self._aliased(name)

    def _aliased(self, name: str) -> list[Definition]:
        found: list[Definition] = []
        for module in self.modules.values():
            alias = module.top.bindings.get(name)
            depends = (n for n in ast.walk(alias) if _is_depends(n)) if alias else ()
            for call in depends:
                assert isinstance(call, ast.Call)
                meaning = self.project.meaning(Bound(call.args[0], module.top))
                found += [meaning] if isinstance(meaning, Definition) else []
        return found

    def _model(self, wanted: str) -> list[Span]:
        name, _, field = wanted.partition(".")
        if not field:
            return [span_of(d) for d in self.classes(name)]
        fields = (self.field(owner, field) for owner in self.classes(name))
        return [found for found in fields if found is not None][:1]

    def field(self, owner: Definition, name: str, depth: int = DEPTH) -> Span | None:
        """Where a class, or the first of its bases that does, declares a field."""
        if depth <= 0 or not isinstance(owner.node, ast.ClassDef):
            return None
        for field, statement in fields_of(owner.node):
            if field == name:
                return span(owner.module, statement)
        for base in owner.node.bases:
            above = self.project.meaning(Bound(base, owner.scope))
            if isinstance(above, Definition):
                found = self.field(above, name, depth - 1)
                if found is not None:
                    return found
        return None

    def calls(self, wanted: str) -> list[Site]:
        """Calls of what is named so; where there is none, those that are given it to call.

        `call f({"a": b}` names those calls whose first arguments are these.
        """
        name, _, text = wanted.partition("(")
        given = _arguments(text)
        named = [s for s in self.project.sites if _is_called_by(s, s.call.func, name)]
        if text.strip(") "):
            return [s for s in named if given is not None and _begins_with(s.call, given)]
        return named or [s for s in self.project.sites if _passes_on(s, name)]


def read_selector(selector: str) -> tuple[str, str]:
    """Its kind, and what it names.

    Raises:
        ValueError: there is no such kind of selector.
    """
    kind, _, rest = selector.strip().partition(" ")
    if kind not in {"route", "function", "dependency", "class", "model", "call", "file"}:
        raise ValueError(f"unknown selector {selector!r}")
    return kind, rest.strip()


def span(module: Module, node: ast.stmt | ast.expr) -> Span:
    """The lines of a node; a definition begins with its first decorator."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return Span(module.file, first, node.end_lineno or node.lineno)


def span_of(definition: Definition) -> Span:
    return span(definition.module, definition.node)


def span_of_route(route: Route) -> Span:
    if isinstance(route.endpoint, Definition):
        return span_of(route.endpoint)
    return span(route.endpoint.scope.module, route.endpoint.expr)


def _is_called(definition: Definition, name: str) -> bool:
    return name in (definition.name, definition.place) or definition.place.endswith(f".{name}")


def _is_depends(node: ast.AST) -> bool:
    named = isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2]
    return named in ("Depends", "Security") and isinstance(node, ast.Call) and bool(node.args)


def _is_called_by(site: Site, function: ast.expr, name: str) -> bool:
    """Whether an expression is of a name: as it is written, or as it was imported."""
    written = dotted(function)
    first, _, rest = written.partition(".")
    source, original = site.scope.module.imports.get(first, ("", first))
    imported = ".".join(part for part in (source, original, rest) if part)
    return any(n == name or n.endswith(f".{name}") for n in (written, imported))


def _passes_on(site: Site, name: str) -> bool:
    """Whether a call is given what is named so, to call it: `to_thread(outside.label, 7)`."""
    if _is_depends(site.call) or site.decorated is not None:
        return False
    return any(_is_called_by(site, one, name) for one in site.call.args[:2])


def _arguments(text: str) -> list[ast.expr] | None:
    try:
        call = ast.parse(f"_({text.rstrip(') ')})", mode="eval").body
    except SyntaxError:
        return None
    return call.args if isinstance(call, ast.Call) else None


def _begins_with(call: ast.Call, given: list[ast.expr]) -> bool:
    pairs = zip(call.args, given, strict=False)
    return len(call.args) >= len(given) and all(ast.dump(a) == ast.dump(b) for a, b in pairs)
