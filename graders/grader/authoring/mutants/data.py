"""Changes to queries, transactions and locks."""

import re
from collections.abc import Iterator

import libcst as cst

from grader.authoring.mutants.change import (
    Change,
    Source,
    called,
    drop_arg,
    name_of,
    statement,
)

FILTERS = frozenset({"where", "filter", "filter_by", "having"})
CLAUSES = frozenset(
    {"limit", "offset", "order_by", "distinct", "with_for_update", "options", "group_by", "desc"}
    | {"on_conflict_do_nothing", "on_conflict_do_update", "execution_options"}
)
JOINED = frozenset({"or_", "and_"})
HOLDS = re.compile(r"lock|semaphore|mutex|limit|begin|transaction|timeout|savepoint", re.IGNORECASE)


def condition(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """One condition of a query is gone; the whole filter where it has one only."""
    if isinstance(node, cst.Call):
        if name_of(node) in JOINED or _method(node) in FILTERS:
            yield from _conditions(node)
        if _method(node) == "values" and len(node.args) > 1:
            yield from (drop_arg(node, arg) for arg in node.args)
    match node:
        case cst.BinaryOperation(left=left, right=right, operator=cst.BitAnd() | cst.BitOr()):
            if _compares(left) and _compares(right):
                yield Change(node, left)
                yield Change(node, right)
        case _:
            pass


def _conditions(node: cst.Call) -> Iterator[Change]:
    if len(node.args) > 1:
        yield from (drop_arg(node, arg) for arg in node.args)
    elif isinstance(node.func, cst.Attribute) and name_of(node) in FILTERS:
        yield Change(node, node.func.value)


def _compares(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Comparison | cst.BinaryOperation | cst.Call)


def _method(node: cst.Call) -> str:
    return name_of(node) if isinstance(node.func, cst.Attribute) else ""


def clause(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A clause of a query is gone: its limit, its order, its lock."""
    match node:
        case cst.Call(func=cst.Attribute(value=query)) if name_of(node) in CLAUSES:
            yield Change(node, query)
        case _:
            pass


def transaction(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A commit or a rollback is not made; a transaction does not take the write lock at once."""
    call = called(statement(node))
    if call is not None and name_of(call) in ("commit", "rollback"):
        yield Change(node, cst.RemoveFromParent())
    if isinstance(node, cst.SimpleString):
        weaker = re.sub(r"BEGIN (IMMEDIATE|EXCLUSIVE)", "BEGIN", node.value, flags=re.IGNORECASE)
        if weaker != node.value:
            yield Change(node, cst.SimpleString(weaker))


def lock(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """`with lock:` and its like hold nothing."""
    if not isinstance(node, cst.With) or not isinstance(node.body, cst.IndentedBlock):
        return
    for item in node.items:
        if item.asname is not None or not HOLDS.search(source.code(item.item)):
            continue
        left = [other for other in node.items if other is not item]
        if left:
            left[-1] = left[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            yield Change(node, node.with_changes(items=left))
        else:
            yield Change(node, cst.FlattenSentinel(node.body.body))
