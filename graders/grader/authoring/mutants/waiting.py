"""Changes to how a service waits: on the event loop or off it, for how long, or not at all."""

from collections.abc import Iterator

import libcst as cst

from grader.authoring.mutants.change import (
    Change,
    Source,
    drop_arg,
    keyword,
    name_of,
    owner_of,
    routes,
    statement,
)

THREADS = frozenset({"to_thread", "run_in_threadpool", "run_sync"})


def blocking(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """What waited beside the event loop now blocks it."""
    if isinstance(node, cst.FunctionDef) and _may_block(node, source):
        yield Change(node, node.with_changes(asynchronous=cst.Asynchronous()))
    if isinstance(node, cst.Await) and isinstance(node.expression, cst.Call):
        yield from (Change(node, plain) for plain in _plain(node.expression, source))


def _may_block(function: cst.FunctionDef, source: Source) -> bool:
    waits = function.name.value in source.facts.waiting
    return waits and function.asynchronous is None and any(routes(function))


def _plain(call: cst.Call, source: Source) -> Iterator[cst.BaseExpression]:
    """The blocking way to say the same as an awaited call."""
    name, owner = name_of(call), owner_of(call)
    if name in THREADS and call.args and not call.args[0].star:
        yield cst.Call(call.args[0].value, call.args[1:])
    if (owner, name) == ("asyncio", "sleep"):
        yield call.with_changes(func=cst.parse_expression('__import__("time").sleep'))
    if isinstance(call.func, cst.Attribute) and name in source.facts.blocking:
        blocked = cst.Name(source.facts.blocking[name])
        yield call.with_changes(func=call.func.with_changes(attr=blocked))


def awaiting(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A bare `await` is forgotten: the line runs, and does nothing."""
    match statement(node):
        case cst.Expr(value=cst.Await(expression=expression)) as line:
            yield Change(line, line.with_changes(value=expression))
        case _:
            pass


def timeout(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A wait has no end: a time-out is gone."""
    if not isinstance(node, cst.Call):
        return
    if name_of(node) == "wait_for" and node.args:
        yield Change(node, node.args[0].value)
    said = [arg for arg in node.args if keyword(arg) == "timeout"]
    yield from (drop_arg(node, arg) for arg in said if name_of(node) != "wait_for")
