"""The routes that a submission's source declares, and the roles that its functions have in the app.

A prefix or path that cannot be told makes a route without a path: it is never guessed at.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from grader.inside.suite.module import Definition, Site, argument
from grader.inside.suite.names import Bound, Project, last_name

METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}
DECLARING = {*METHODS, "api_route", "route"}
ADDING = {"add_api_route", "add_route"}
HANDLING = {"exception_handler", "add_exception_handler"}
MAKING = {"FastAPI", "APIRoute", "Route", "Middleware"}
CONNECTING = {"include_router", "mount", "add_middleware"}
DEPTH = 8  # of routers in routers
MIDDLEWARE = "middleware"


@dataclass(frozen=True)
class Route:
    """One route.

    Attributes:
        path: as `shape` makes it, with all prefixes.
        endpoint: what answers; an expression where its definition is not the submission's.
        router: what it was declared on, if that is known.
        served: whether an app includes its router.
    """

    methods: frozenset[str]
    path: str
    endpoint: Definition | Bound
    router: Bound | None
    served: bool

    @property
    def roles(self) -> set[str]:
        return {f"{method} {self.path}" for method in self.methods}


def shape(path: str) -> str:
    """A path with its parameters' names and doubled slashes taken out."""
    return re.sub(r"\{[^}]*\}", "{}", "/" + "/".join(part for part in path.split("/") if part))


class Routes:
    """All routes of a project, those that are served first.

    Attributes:
        apps: the calls of `FastAPI(...)`.
        roles: what a definition is in the app: `GET /loans`, `handles NotFound`, `middleware`.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._inclusions: dict[ast.expr, list[tuple[Bound | None, str | None]]] = {}
        self.apps: list[Bound] = []
        self.roles: dict[Definition, set[str]] = {}
        found: list[Route] = []
        for step in (self._connections, self._declared):
            for site in filter(_may_tell, project.sites):
                for call in project.expanded(site):
                    found += step(call, site)
        self.all = sorted(found, key=lambda route: not route.served)
        for route in self.all:
            if isinstance(route.endpoint, Definition):
                self._play(route.endpoint, *route.roles)

    def find(self, method: str, path: str) -> list[Route]:
        """The routes with this method and path; those that no app includes only if no other is."""
        wanted = shape(path)
        found = [r for r in self.all if method in r.methods and r.path == wanted]
        return [r for r in found if r.served] or found

    def _connections(self, call: Bound, site: Site) -> Iterator[Route]:
        """First what connects routers, before what they hold is read. Gives no route."""
        node = site.call
        kind = self._kind(call)
        if kind == "FastAPI":
            self.apps.append(call)
            self._of_app(call, node)
        elif kind == "Middleware" and node.args:
            self._play(self._function(call.other(node.args[0])), MIDDLEWARE)
        if isinstance(node.func, ast.Attribute):
            owner = call.other(node.func.value)
            if node.func.attr == "include_router":
                self._included(owner, call, argument(node, "router", 0), argument(node, "prefix"))
            elif node.func.attr == "mount":
                self._included(owner, call, argument(node, "app", 1), argument(node, "path", 0))
            elif node.func.attr == "add_middleware" and node.args:
                self._play(self._function(call.other(node.args[0])), MIDDLEWARE)
        yield from ()

    def _of_app(self, call: Bound, node: ast.Call) -> None:
        lifespan, handlers = argument(node, "lifespan"), argument(node, "exception_handlers")
        if lifespan is not None:
            self._play(self._function(call.other(lifespan)), "lifespan")
        table = self._project.meaning(call.other(handlers)) if handlers is not None else None
        if isinstance(table, Bound) and isinstance(table.expr, ast.Dict):
            for key, value in zip(table.expr.keys, table.expr.values, strict=True):
                if key is not None:
                    self._handles(table.other(key), self._function(table.other(value)))

    def _included(
        self, owner: Bound, call: Bound, inner: ast.expr | None, prefix: ast.expr | None
    ) -> None:
        router = self.router(call.other(inner)) if inner is not None else None
        if router is not None:
            text = self._project.text(call.other(prefix)) if prefix is not None else ""
            self._inclusions.setdefault(router.expr, []).append((self.router(owner), text))

    def _declared(self, call: Bound, site: Site) -> Iterator[Route]:
        node = site.call
        if isinstance(node.func, ast.Call):  # app.get("/x")(f)
            if node.args:
                made = self._function(call.other(node.args[0]))
                yield from self._by_verb(call.other(node.func), node.func, made)
        elif site.decorated is not None:
            yield from self._by_verb(call, node, site.decorated)
        elif isinstance(node.func, ast.Attribute) and node.func.attr in ADDING:
            owner = call.other(node.func.value)
            yield from self._by_call(owner, call, node)
        elif isinstance(node.func, ast.Attribute) and node.func.attr in HANDLING:
            handler = argument(node, "handler", 1)
            if handler is not None and node.args:
                self._handles(call.other(node.args[0]), self._function(call.other(handler)))
        elif self._kind(call) in ("APIRoute", "Route"):
            yield from self._by_call(None, call, node)

    def _by_verb(
        self, call: Bound, node: ast.Call, made: Definition | Bound | None
    ) -> Iterator[Route]:
        verb = self._verb(call, node.func)
        if verb is None or made is None:
            return
        owner, name = verb
        if name in DECLARING:
            methods = frozenset({name.upper()}) if name in METHODS else self._methods(call, node)
            yield from self._routes(owner, call, argument(node, "path", 0), methods, made)
        elif name in HANDLING and node.args:
            self._handles(call.other(node.args[0]), made)
        elif name == MIDDLEWARE:
            self._play(made, MIDDLEWARE)

    def _by_call(self, owner: Bound | None, call: Bound, node: ast.Call) -> Iterator[Route]:
        endpoint = argument(node, "endpoint", 1) or argument(node, "route", 1)
        if endpoint is not None:
            made = self._function(call.other(endpoint))
            methods = self._methods(call, node)
            yield from self._routes(owner, call, argument(node, "path", 0), methods, made)

    def _routes(
        self,
        owner: Bound | None,
        call: Bound,
        path: ast.expr | None,
        methods: frozenset[str],
        made: Definition | Bound,
    ) -> Iterator[Route]:
        text = self._project.text(call.other(path)) if path is not None else None
        if text is None:
            return
        router = self.router(owner) if owner is not None else None
        prefixes = self._prefixes(router) if router else [("", True)]
        for prefix, served in prefixes:
            for some, endpoint in _by_class(methods, made):
                yield Route(some, shape(prefix + text), endpoint, router, served)

    def _prefixes(self, router: Bound, depth: int = DEPTH) -> list[tuple[str, bool]]:
        """What stands before a router's paths, for each inclusion, and whether it is served."""
        assert isinstance(router.expr, ast.Call)
        written = argument(router.expr, "prefix")
        own = self._project.text(router.other(written)) if written is not None else ""
        if own is None or depth <= 0:
            return []
        found: list[tuple[str, bool]] = []
        for into, prefix in self._inclusions.get(router.expr, []):
            outer = self._prefixes(into, depth - 1) if into else [("", True)]
            if prefix is not None:
                found += [(before + prefix + own, served) for before, served in outer]
        if router.expr in self._inclusions:
            return found
        return [(own, self._kind(router) == "FastAPI")]

    def router(self, bound: Bound) -> Bound | None:
        """The call that made the router or app which an expression stands for."""
        found = self._project.meaning(bound)
        if not isinstance(found, Bound) or not isinstance(found.expr, ast.Call):
            return None
        kind = self._kind(found)
        return found if kind == "FastAPI" or kind.endswith("Router") else None

    def _kind(self, call: Bound) -> str:
        """What is called, by the name that it was imported as."""
        func = call.expr.func if isinstance(call.expr, ast.Call) else None
        if isinstance(func, ast.Name):
            return call.scope.module.imports.get(func.id, ("", func.id))[1] or func.id
        return func.attr if isinstance(func, ast.Attribute) else ""

    def _verb(self, call: Bound, func: ast.expr) -> tuple[Bound, str] | None:
        """`app`, `get` for `app.get`, also where it was given a name before."""
        if isinstance(func, ast.Name):
            kept = call.scope.bindings.get(func.id) or call.scope.module.top.bindings.get(func.id)
            func = kept if kept is not None else func
        return (call.other(func.value), func.attr) if isinstance(func, ast.Attribute) else None

    def _function(self, bound: Bound) -> Definition | Bound:
        """What answers; a function that is wrapped by calls is looked for in them."""
        given = [*bound.expr.args[:2]] if isinstance(bound.expr, ast.Call) else []
        for inner in given:
            found = self._project.meaning(bound.other(inner))
            if isinstance(found, Definition) and not found.is_class:
                return found
        found = self._project.meaning(bound)
        return found if isinstance(found, Definition) else bound

    def _methods(self, call: Bound, node: ast.Call) -> frozenset[str]:
        listed = argument(node, "methods")
        if listed is None:
            return frozenset({"GET"})
        texts = (self._project.text(one) for one in self._project.items(call.other(listed)))
        return frozenset(text.upper() for text in texts if text)

    def _handles(self, what: Bound, made: Definition | Bound) -> None:
        name = ast.unparse(what.expr).rpartition(".")[2]
        self._play(made, f"handles {name}")

    def _play(self, made: Definition | Bound, *roles: str) -> None:
        if isinstance(made, Definition):
            self.roles.setdefault(made, set()).update(roles)


def _by_class(
    methods: frozenset[str], made: Definition | Bound
) -> Iterator[tuple[frozenset[str], Definition | Bound]]:
    """A class answers with the method that is named like the request's."""
    own = made.inside.definitions if isinstance(made, Definition) and made.is_class else {}
    several = {name: d for name, d in own.items() if name in METHODS}
    if not several:
        yield methods, made
    for name, definition in several.items():
        yield frozenset({name.upper()}), definition


def _may_tell(site: Site) -> bool:
    """Whether a call is of a form that is read here; most are not, and are passed over at once."""
    func = site.call.func
    if site.decorated is not None or isinstance(func, ast.Call):
        return True
    name = last_name(func)
    imported = site.scope.module.imports.get(name, ("", name))[1]
    return not {name, imported}.isdisjoint(ADDING | HANDLING | MAKING | CONNECTING)
