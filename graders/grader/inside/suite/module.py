"""What one file of the learner's says of routes, routers, functions and calls; never run."""

import ast
from dataclasses import dataclass

METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Route:
    """One route as it is written down. `owner`: the name of its app or router, if it has one."""

    owner: str | None
    methods: frozenset[str]
    path: str
    endpoint: ast.expr | Function | None


@dataclass(frozen=True)
class Inclusion:
    """`into.include_router(router, prefix=...)`."""

    into: str
    router: ast.expr
    prefix: str


class Module:
    """One file, parsed. A file that does not parse has nothing in it."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        name = file.removesuffix(".py").replace("/", ".")
        self.is_package = name.endswith("__init__")
        self.name = name.removesuffix(".__init__")
        self.tree = _parsed(text)
        self.constants: dict[str, str] = {}
        self.imports: dict[str, tuple[str, str | None]] = {}  # local name -> module, name in it
        self.routers: dict[str, str] = {}  # name of a router or app -> its own prefix
        self.inclusions: list[Inclusion] = []
        self.routes: list[Route] = []
        self.functions: dict[str, list[Function]] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self.calls: list[ast.Call] = []
        if self.tree is not None:
            self._scan(self.tree)

    def _scan(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        for node in nodes:
            self._definition(node)
        for statement in tree.body:
            self._assignment(statement)
        for node in nodes:
            if isinstance(node, Function):
                for decorator in node.decorator_list:
                    self._decorated(decorator, node)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                self._called(node, node.func)

    def _definition(self, node: ast.AST) -> None:
        match node:
            case ast.ImportFrom():
                source = self._absolute(node)
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = (source, alias.name)
            case ast.Import():
                for alias in node.names:
                    self.imports[alias.asname or alias.name.split(".")[0]] = (alias.name, None)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.functions.setdefault(node.name, []).append(node)
            case ast.ClassDef():
                self.classes[node.name] = node
            case ast.Call():
                self.calls.append(node)
            case _:
                pass

    def _absolute(self, node: ast.ImportFrom) -> str:
        package = self.name.split(".") if self.is_package else self.name.split(".")[:-1]
        base = package[: len(package) - node.level + 1] if node.level else []
        return ".".join([*base, *(node.module.split(".") if node.module else [])])

    def _assignment(self, node: ast.stmt) -> None:
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        elif isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        else:
            return
        if len(targets) != 1 or not isinstance(targets[0], ast.Name):
            return
        name, text = targets[0].id, self.text(value)
        if text is not None:
            self.constants[name] = text
        if isinstance(value, ast.Call):
            kind = self._kind(value.func)
            if kind == "FastAPI" or kind.endswith("Router"):
                self.routers[name] = self.text(argument(value, "prefix")) or ""

    def _kind(self, function: ast.expr) -> str:
        if isinstance(function, ast.Name):
            return self.imports.get(function.id, ("", function.id))[1] or function.id
        return function.attr if isinstance(function, ast.Attribute) else ""

    def _decorated(self, decorator: ast.expr, function: Function) -> None:
        if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
            return
        owner, verb = decorator.func.value, decorator.func.attr
        path = self.text(argument(decorator, "path", 0))
        if path is None or not isinstance(owner, ast.Name):
            return
        if verb in METHODS:
            self.routes.append(Route(owner.id, frozenset({verb.upper()}), path, function))
        elif verb in ("api_route", "route"):
            self.routes.append(Route(owner.id, self._methods(decorator), path, function))

    def _called(self, call: ast.Call, function: ast.Attribute) -> None:
        owner = function.value.id if isinstance(function.value, ast.Name) else None
        if function.attr in ("add_api_route", "add_route"):
            path = self.text(argument(call, "path", 0))
            if path is not None:
                endpoint = argument(call, "endpoint", 1)
                self.routes.append(Route(owner, self._methods(call), path, endpoint))
        elif function.attr == "include_router" and owner is not None:
            router = argument(call, "router", 0)
            if router is not None:
                prefix = self.text(argument(call, "prefix")) or ""
                self.inclusions.append(Inclusion(owner, router, prefix))

    def _methods(self, call: ast.Call) -> frozenset[str]:
        listed = argument(call, "methods")
        if isinstance(listed, ast.List | ast.Tuple | ast.Set):
            texts = (self.text(element) for element in listed.elts)
            return frozenset(text.upper() for text in texts if text)
        return frozenset({"GET"})

    def text(self, node: ast.expr | None) -> str | None:
        """A string that is known without running anything; else None."""
        match node:
            case ast.Constant(value=str() as value):
                return value
            case ast.Name():
                return self.constants.get(node.id)
            case ast.FormattedValue():
                return self.text(node.value)
            case ast.JoinedStr():
                return _joined([self.text(part) for part in node.values])
            case ast.BinOp(op=ast.Add()):
                return _joined([self.text(node.left), self.text(node.right)])
            case _:
                return None


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """An argument of a call, by its name or its position."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is not None and position < len(call.args):
        return call.args[position]
    return None


def _joined(parts: list[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
