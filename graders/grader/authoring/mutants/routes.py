"""Changes to what a route promises: who may call it, what it answers, what stands before it."""

import re
from collections.abc import Iterator

import libcst as cst

from grader.authoring.mutants.change import (
    Change,
    Source,
    called,
    drop_arg,
    drop_element,
    keyword,
    name_of,
    names_in,
    routes,
    statement,
    walk,
    without,
)

GUARDS = frozenset({"Depends", "Security"})
# What a hurried developer answers instead. 400 and 422 stand for each other, so 422 becomes a 500.
STATUSES = {
    200: 201,
    201: 200,
    202: 200,
    204: 200,
    303: 200,
    304: 200,
    400: 500,
    401: 403,
    403: 401,
    404: 400,
    405: 404,
    409: 400,
    410: 400,
    412: 400,
    413: 400,
    415: 400,
    422: 500,
    423: 400,
    428: 400,
    429: 400,
    500: 200,
    502: 500,
    503: 500,
    504: 500,
}
REGISTERED = frozenset({"exception_handler", "middleware", "listens_for", "on_event"})
REGISTERS = frozenset({"add_middleware", "add_exception_handler", "listen"})


def dependency(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A dependency is dropped where the route's body does not use what it gives."""
    if isinstance(node, cst.Arg) and isinstance(node.value, cst.List):
        guards = node.value.elements if keyword(node) in ("dependencies", "scopes") else ()
        yield from (drop_element(node.value, element) for element in guards)
    if isinstance(node, cst.FunctionDef):
        used = names_in(node.body)
        for part in ("params", "kwonly_params"):
            declared: list[cst.Param] = list(getattr(node.params, part))
            for param in declared:
                if _injected(param, source) and param.name.value not in used:
                    left = without(declared, param)
                    yield Change(node.params, node.params.with_changes(**{part: left}))


def _injected(param: cst.Param, source: Source) -> bool:
    parts = [param.annotation.annotation if param.annotation else None, param.default]
    names = {name for part in parts if part is not None for name in names_in(part)}
    return bool(names & (GUARDS | source.facts.dependencies))


def response_model(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """What filters an answer is dropped: `response_model`, or the annotation that stands for it."""
    if not isinstance(node, cst.FunctionDef):
        return
    calls = list(routes(node))
    declared = [arg for call in calls for arg in call.args if keyword(arg) == "response_model"]
    for call in calls:
        for arg in call.args:
            if keyword(arg) == "response_model":
                yield drop_arg(call, arg)
    if calls and not declared and node.returns and _filters(node, source):
        yield Change(node, node.with_changes(returns=None))


def _filters(function: cst.FunctionDef, source: Source) -> bool:
    """Whether a return annotation can change an answer: it names a model of another kind."""
    named = _model(function.returns, source)
    if named is None or named in source.facts.tables:
        return False
    returned = [n.value for n in walk(function.body) if isinstance(n, cst.Return)]
    return not all(isinstance(v, cst.Call) and name_of(v) == named for v in returned)


def _model(node: cst.CSTNode | None, source: Source) -> str | None:
    """The service's own class that an annotation or an argument names."""
    names = [n.value for n in walk(node) if isinstance(n, cst.Name)] if node else []
    return next((name for name in names if name in source.facts.models), None)


def table_model(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A route answers with the table's class in the place of the model made for the answer."""
    if not isinstance(node, cst.FunctionDef):
        return
    promised: list[cst.CSTNode] = [
        arg for call in routes(node) for arg in call.args if keyword(arg) == "response_model"
    ]
    if not promised and node.returns and list(routes(node)) and _filters(node, source):
        promised = [node.returns]
    already = _model(node.returns, source) if promised != [node.returns] else None
    for place in promised:
        for name in walk(place):
            table = _table_of(name, source) if isinstance(name, cst.Name) else None
            if table is not None and table != already:
                yield Change(name, cst.Name(table))


def _table_of(name: cst.Name, source: Source) -> str | None:
    """The table that a model is made from, by its name: `Booking` of `BookingOut`."""
    if name.value not in source.facts.models or name.value in source.facts.tables:
        return None
    likely = [table for table in source.facts.tables if name.value.startswith(table)]
    return max(likely, key=len, default=None)


def status(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """Another status code, in a route, a refusal or a response."""
    code = _status(node, source)
    if code in STATUSES:
        yield Change(node, cst.Integer(str(STATUSES[code])))


def _status(node: cst.CSTNode, source: Source) -> int | None:
    if isinstance(node, cst.Attribute):
        match = re.fullmatch(r"HTTP_(\d{3})_\w+", node.attr.value)
        return int(match[1]) if match else None
    if isinstance(node, cst.Integer) and _says_status(node, source):
        return int(node.value)
    return None


def _says_status(node: cst.Integer, source: Source) -> bool:
    parent = source.parent(node)
    match parent:
        case cst.Arg() if keyword(parent):
            return keyword(parent) in ("status_code", "status")
        case cst.Arg():
            call = source.parent(parent)
            known = re.search(r"(Exception|Response|Error|Problem)$", name_of(call))
            raised = call is not None and isinstance(source.parent(call), cst.Raise)
            return bool(known) or raised
        case cst.Assign(targets=[cst.AssignTarget(target=target)]) | cst.AnnAssign(target=target):
            return name_of(target) in ("status", "status_code")
        case _:
            return False


def header(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A header is not sent."""
    match statement(node):
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Subscript(value=cst.Attribute(attr=attr)))]
        ) if attr.value == "headers":
            yield Change(node, cst.RemoveFromParent())
        case _:
            pass
    if isinstance(node, cst.Call):
        sent = [arg for arg in node.args if keyword(arg) == "headers"]
        yield from (drop_arg(node, arg) for arg in sent)


def registration(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A middleware, a handler or a listener is written but never registered."""
    if isinstance(node, cst.FunctionDef):
        for decorator in node.decorators:
            if name_of(decorator.decorator) in REGISTERED:
                yield Change(decorator, cst.RemoveFromParent())
    call = called(statement(node))
    if call is not None and name_of(call) in REGISTERS:
        yield Change(node, cst.RemoveFromParent())
