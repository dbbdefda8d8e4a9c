"""Rewrites a service as people do: renamed, moved, split, with routers, factories and loops.

A rewrite keeps each definition's node, so that a test knows where it has gone: see `where`.
"""

import ast
import copy
from collections.abc import Callable, Iterable
from typing import Any

Trees = dict[str, ast.Module]
Function = ast.FunctionDef | ast.AsyncFunctionDef
Rewrite = Callable[[Trees], None]
Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
VERBS = {"get", "post", "put", "patch", "delete"}
FIXED = "app/outside.py"  # never the learner's


def parsed(files: dict[str, str]) -> Trees:
    """The trees of a kata's files; each definition carries its origin, `(file, name)`."""
    trees = {file: ast.parse(text) for file, text in files.items()}
    for file, tree in trees.items():
        _mark(tree.body, file, "")
    return trees


def written(trees: Trees) -> dict[str, str]:
    return {file: ast.unparse(ast.fix_missing_locations(tree)) for file, tree in trees.items()}


def where(trees: Trees, files: dict[str, str]) -> dict[tuple[str, str], tuple[str, Named]]:
    """Origin -> its file and its node, with lines as the files are written."""
    found: dict[tuple[str, str], tuple[str, Named]] = {}
    for file, tree in trees.items():
        pairs = zip(_named(tree), _named(ast.parse(files[file])), strict=True)
        found |= {
            old.__dict__["origin"]: (file, new) for old, new in pairs if "origin" in vars(old)
        }
    return found


def _named(tree: ast.Module) -> list[Named]:
    return [node for node in ast.walk(tree) if isinstance(node, Named)]


def _mark(body: Iterable[ast.stmt], file: str, above: str) -> None:
    for node in body:
        if isinstance(node, Named):
            vars(node)["origin"] = (file, f"{above}{node.name}")
            _mark(node.body, file, f"{above}{node.name}.")


def main_of(trees: Trees) -> str:
    return next(f for f, t in trees.items() if any(_calls(s, "FastAPI") for s in t.body))


def _calls(statement: ast.stmt, name: str) -> bool:
    value = statement.value if isinstance(statement, ast.Assign) else None
    return isinstance(value, ast.Call) and getattr(value.func, "id", "") == name


def _verb(decorator: ast.expr) -> ast.Call | None:
    if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
        owner = decorator.func.value
        if isinstance(owner, ast.Name) and owner.id == "app" and decorator.func.attr in VERBS:
            return decorator
    return None


def _is_endpoint(node: ast.stmt) -> bool:
    return isinstance(node, Function) and any(_verb(one) for one in node.decorator_list)


def _uses_app(node: ast.stmt) -> bool:
    return any(isinstance(n, ast.Name) and n.id == "app" for n in ast.walk(node))


def _code(text: str) -> list[ast.stmt]:
    return ast.parse(text).body


class _Rename(ast.NodeTransformer):
    def __init__(self, names: dict[str, str], modules: set[str]) -> None:
        self.names, self.modules = names, modules

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str) and node.value[:1].isupper():  # list["Line"]
            node.value = self.names.get(node.value, node.value)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id in self.modules:
            node.attr = self.names.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        for alias in node.names if (node.module or "").startswith("app.") else []:
            alias.name = self.names.get(alias.name, alias.name)
        return node

    def _definition(self, node: Any) -> ast.AST:
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _definition  # noqa: N815 - as ast calls them


def _renamed(trees: Trees, names: dict[str, str]) -> None:
    taken = {n.arg for t in trees.values() for n in ast.walk(t) if isinstance(n, ast.arg)}
    taken |= {
        n.id
        for t in trees.values()
        for n in ast.walk(t)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    free = {old: new for old, new in names.items() if old not in taken}
    modules = {file.rpartition("/")[2].removesuffix(".py") for file in trees}
    for file, tree in trees.items():
        if file != FIXED:
            _Rename(free, modules).visit(tree)


def _top(trees: Trees, kind: Any) -> list[str]:
    files = [tree for file, tree in trees.items() if file != FIXED]
    named = [node for tree in files for node in tree.body if isinstance(node, Named)]
    return [node.name for node in named if isinstance(node, kind)]


def functions_renamed(trees: Trees) -> None:
    names = _top(trees, Function)
    _renamed(trees, {old: "_".join(["the", *reversed(old.split("_"))]) for old in names})


def classes_renamed(trees: Trees) -> None:
    for tree in trees.values():
        for node in tree.body:
            table = isinstance(node, ast.ClassDef) and any(k.arg == "table" for k in node.keywords)
            if table and isinstance(node, ast.ClassDef):
                node.body.insert(0, *_code(f"__tablename__ = {node.name.lower()!r}"))
    _renamed(trees, {old: f"{old}Record" for old in _top(trees, ast.ClassDef)})


def endpoints_async(trees: Trees) -> None:
    body = trees[main_of(trees)].body
    for index, node in enumerate(body):
        if isinstance(node, ast.FunctionDef) and _is_endpoint(node):
            fields: dict[str, Any] = {f: getattr(node, f, None) for f in node._fields}
            made = ast.AsyncFunctionDef(**fields)
            vars(made)["origin"] = vars(node)["origin"]
            body[index] = made


def files_moved(trees: Trees) -> None:
    """Every file but two goes into a package of its own, and its old place is left empty."""
    moved = [f for f in trees if f not in (FIXED, main_of(trees)) and "__init__" not in f]
    stems = {file.rpartition("/")[2].removesuffix(".py") for file in moved}
    for tree in trees.values():
        tree.body = [each for node in tree.body for each in _imported_from_core(node, stems)]
    for file in moved:
        stem = file.rpartition("/")[2].removesuffix(".py")
        trees[f"app/core/{stem}_code.py"] = trees[file]
        trees[file] = ast.Module([], [])


def _imported_from_core(node: ast.stmt, stems: set[str]) -> list[ast.stmt]:
    if not isinstance(node, ast.ImportFrom):
        return [node]
    stem = (node.module or "").removeprefix("app.")
    if stem in stems:
        node.module = f"app.core.{stem}_code"
    if node.module != "app":
        return [node]
    names = [alias.name for alias in node.names]
    kept = [f"from app import {name}" for name in names if name not in stems]
    moved = [f"from app.core import {name}_code as {name}" for name in names if name in stems]
    return _code("\n".join([*kept, *moved]))


def packages_made(trees: Trees) -> None:
    """Every file but two becomes a package that gives out what is in it."""
    for file in [f for f in trees if f not in (FIXED, main_of(trees)) and "__init__" not in f]:
        package = file.removesuffix(".py")
        trees[f"{package}/inner.py"] = trees.pop(file)
        trees[f"{package}/__init__.py"] = ast.Module(_code("from .inner import *"), [])


def _split(trees: Trees) -> tuple[list[ast.stmt], list[ast.stmt], list[ast.stmt], list[ast.stmt]]:
    """Main's imports, what the app needs, helpers, endpoints."""
    body = trees[main_of(trees)].body
    imports: list[ast.stmt] = [n for n in body if isinstance(n, ast.Import | ast.ImportFrom)]
    endpoints = [n for n in body if _is_endpoint(n)]
    rest = [n for n in body if n not in imports and n not in endpoints]
    helpers = [n for n in rest if isinstance(n, Function) and not _uses_app(n)]
    helpers = [n for n in helpers if getattr(n, "name", "") != "lifespan"]
    aliases = [n for n in rest if isinstance(n, ast.Assign) and "Annotated" in ast.unparse(n)]
    shared = [n for n in rest if n in helpers or n in aliases]
    return imports, [n for n in rest if n not in shared], shared, endpoints


def _onto_router(endpoints: list[ast.stmt], prefix: str = "") -> list[ast.stmt]:
    for node in endpoints:
        assert isinstance(node, Function)
        for call in filter(None, map(_verb, node.decorator_list)):
            assert isinstance(call.func, ast.Attribute)
            call.func.value = ast.Name("router")
            path = call.args[0]
            assert isinstance(path, ast.Constant)
            call.args[0] = ast.Constant(str(path.value).removeprefix(prefix))
    return endpoints


FASTAPI = "from fastapi import APIRouter"


def router_made(trees: Trees) -> None:
    main = main_of(trees)
    imports, app, shared, endpoints = _split(trees)
    router = [*_code(f"{FASTAPI}\nrouter = APIRouter()")]
    trees["app/routes.py"] = ast.Module(
        [*copy.deepcopy(imports), *router, *shared, *_onto_router(endpoints)], []
    )
    include = _code("from app.routes import router\napp.include_router(router)")
    trees[main] = ast.Module([*imports, *app, *include], [])


def factory_made(trees: Trees) -> None:
    main = main_of(trees)
    imports, app, shared, endpoints = _split(trees)
    (maker,) = _code("def make_router():\n    router = APIRouter()\n    return router")
    assert isinstance(maker, ast.FunctionDef)
    maker.body[1:1] = _onto_router(endpoints)
    head = [*copy.deepcopy(imports), *_code(FASTAPI)]
    trees["app/routes.py"] = ast.Module([*head, *shared, maker], [])
    include = _code("from app import routes\napp.include_router(routes.make_router())")
    trees[main] = ast.Module([*imports, *app, *include], [])


def split_by_segment(trees: Trees) -> None:
    main = main_of(trees)
    imports, app, shared, endpoints = _split(trees)
    trees["app/routes/__init__.py"] = ast.Module([], [])
    trees["app/routes/shared.py"] = ast.Module([*copy.deepcopy(imports), *shared], [])
    by_segment: dict[str, list[ast.stmt]] = {}
    for node in endpoints:
        assert isinstance(node, Function)
        path = next(c for d in node.decorator_list if (c := _verb(d))).args[0]
        by_segment.setdefault(ast.literal_eval(path).split("/")[1].split(".")[0], []).append(node)
    include: list[ast.stmt] = []
    for segment, several in by_segment.items():
        name = f"of_{segment.replace('-', '_')}"
        head = f'{FASTAPI}\nfrom app.routes.shared import *\nPREFIX = "/{segment}"'
        head += "\nrouter = APIRouter(prefix=PREFIX)"
        own = [*copy.deepcopy(imports), *_code(head), *_onto_router(several, f"/{segment}")]
        trees[f"app/routes/{name}.py"] = ast.Module(own, [])
        include += _code(f"from app.routes import {name}\napp.include_router({name}.router)")
    trees[main] = ast.Module([*imports, *app, *include], [])


def _undecorated(trees: Trees) -> list[tuple[ast.Call, str]]:
    """Take the decorators off endpoints that have one; those, and the endpoints' names."""
    found: list[tuple[ast.Call, str]] = []
    for node in trees[main_of(trees)].body:
        if isinstance(node, Function) and _is_endpoint(node) and len(node.decorator_list) == 1:
            call = _verb(node.decorator_list.pop())
            assert call is not None
            found.append((call, node.name))
    return found


def added_in_loop(trees: Trees) -> None:
    main = trees[main_of(trees)]
    rows = [
        f"({ast.unparse(call.args[0])}, [{call.func.attr.upper()!r}], {name})"  # type: ignore[attr-defined] - a route
        for call, name in _undecorated(trees)
    ]
    main.body += _code(
        f"ROUTES = [{', '.join(rows)}]\nfor path, methods, endpoint in ROUTES:\n"
        "    app.add_api_route(path, endpoint, methods=methods)"
    )


def applied(trees: Trees) -> None:
    main = trees[main_of(trees)]
    for call, name in _undecorated(trees):
        main.body += _code(f"{ast.unparse(call)}({name})")


def app_created(trees: Trees) -> None:
    main = trees[main_of(trees)]
    inner = [n for n in main.body if _uses_app(n) and getattr(n, "name", "") != "lifespan"]
    outer = [n for n in main.body if n not in inner]
    (maker,) = _code("def create_app():\n    return app")
    assert isinstance(maker, ast.FunctionDef)
    maker.body[:0] = inner
    main.body = [*outer, maker, *_code("app = create_app()")]


def by_api_route(trees: Trees) -> None:
    main = trees[main_of(trees)]
    for node in [n for n in main.body if isinstance(n, Function)]:
        for call in filter(None, map(_verb, node.decorator_list)):
            assert isinstance(call.func, ast.Attribute)
            method = ast.List([ast.Constant(call.func.attr.upper())])
            call.func.attr = "api_route"
            call.keywords.append(ast.keyword("methods", method))
            call.args[0] = ast.BinOp(ast.Name("ROOT"), ast.Add(), call.args[0])
    (root,) = _code('ROOT = ""')
    main.body.insert(sum(isinstance(n, ast.Import | ast.ImportFrom) for n in main.body) + 1, root)


def views_as_class(trees: Trees) -> None:
    main = trees[main_of(trees)]
    endpoints = [n for n in main.body if _is_endpoint(n)]
    (view,) = _code("class Desk:\n    pass")
    assert isinstance(view, ast.ClassDef)
    for node in endpoints:
        assert isinstance(node, Function)
        node.args.args.insert(0, ast.arg("self"))
    view.body = endpoints
    main.body = [*(n for n in main.body if n not in endpoints), view]


def services_as_class(trees: Trees) -> None:
    """The functions of other files become static methods."""
    for file, tree in trees.items():
        functions = [n for n in tree.body if isinstance(n, ast.FunctionDef)]
        if file in (FIXED, main_of(trees)) or not functions:
            continue
        (service,) = _code("class Service:\n    pass")
        assert isinstance(service, ast.ClassDef)
        for node in functions:
            node.decorator_list.insert(0, ast.Name("staticmethod"))
        service.body = [*functions]
        tree.body = [*(n for n in tree.body if n not in functions), service]


def all_at_once(trees: Trees) -> None:
    endpoints_async(trees)
    functions_renamed(trees)
    files_moved(trees)
    factory_made(trees)


REWRITES: tuple[Rewrite, ...] = (
    functions_renamed, classes_renamed, endpoints_async, files_moved, packages_made, router_made,
    factory_made, split_by_segment, added_in_loop, applied, app_created, by_api_route,
    views_as_class, services_as_class, all_at_once,
)  # fmt: skip
OF_NAMES = (functions_renamed, classes_renamed, files_moved, all_at_once)
