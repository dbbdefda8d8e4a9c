"""Changes to rules: boundaries, connectives, business constants, and how secrets are compared."""

import re
from collections.abc import Iterator

import libcst as cst

from grader.authoring.mutants.change import (
    Change,
    Source,
    drop_arg,
    drop_element,
    keyword,
    name_of,
    owner_of,
    without,
)

NEIGHBOURS: dict[type[cst.BaseCompOp], cst.BaseCompOp] = {
    cst.LessThan: cst.LessThanEqual(),
    cst.LessThanEqual: cst.LessThan(),
    cst.GreaterThan: cst.GreaterThanEqual(),
    cst.GreaterThanEqual: cst.GreaterThan(),
}
INSTANTS = re.compile(r"\b(now|utcnow|time|monotonic|perf_counter)\b")
SAME = cst.LessThan | cst.GreaterThanEqual  # `< 2` is `<= 1`: the boundary's own mutant
COUNTS = frozenset({"timedelta", "Semaphore", "BoundedSemaphore", "CapacityLimiter"})


def boundary(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """The boundary itself falls on the other side. An instant is never met exactly: left out."""
    if not isinstance(node, cst.Comparison) or INSTANTS.search(source.code(node)):
        return
    for target in node.comparisons:
        if (neighbour := NEIGHBOURS.get(type(target.operator))) is not None:
            yield Change(target, target.with_changes(operator=neighbour))


def connective(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """`and` is `or`, and `or` is `and`."""
    if isinstance(node, cst.BooleanOperation):
        other = cst.Or() if isinstance(node.operator, cst.And) else cst.And()
        yield Change(node, node.with_changes(operator=other))


def negated(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A `not` is gone."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        yield Change(node, node.expression)


def constant(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A business constant is one more; a name that the business gives is spelt otherwise."""
    if isinstance(node, cst.Integer | cst.Float) and _business(node, source):
        yield Change(node, cst.parse_expression(str(node.evaluated_value + 1)))
    if isinstance(node, cst.SimpleString) and _named(node, source):
        quote = node.quote
        yield Change(node, node.with_changes(value=f"{node.value.removesuffix(quote)}x{quote}"))


def _business(node: cst.CSTNode, source: Source) -> bool:
    above = list(source.above(node))
    compared = isinstance(above[0], cst.Comparison) or (
        isinstance(above[0], cst.ComparisonTarget) and not isinstance(above[0].operator, SAME)
    )
    counted = any(isinstance(n, cst.Call) and name_of(n) in COUNTS for n in above)
    return compared or counted or _in_constant(above)


def _in_constant(above: list[cst.CSTNode]) -> bool:
    """Whether something stands in `NAME = ...` at the module's level."""
    if any(isinstance(n, cst.FunctionDef | cst.ClassDef | cst.Call) for n in above):
        return False
    for node in above:
        match node:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
                return name.isupper()
            case cst.AnnAssign(target=cst.Name(value=name)):
                return name.isupper()
            case _:
                continue
    return False


def _named(node: cst.SimpleString, source: Source) -> bool:
    """A string that is a module's constant by itself, such as `ISSUER = "desk"`."""
    above = list(source.above(node))
    return isinstance(above[0], cst.Assign | cst.AnnAssign) and _in_constant(above)


def digest(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """Secrets are compared with `==`."""
    if isinstance(node, cst.Call) and name_of(node) == "compare_digest" and len(node.args) == 2:
        left, right = (arg.value for arg in node.args)
        same = cst.Comparison(left, [cst.ComparisonTarget(cst.Equal(), right)])
        brackets = {"lpar": [cst.LeftParen()], "rpar": [cst.RightParen()]}
        yield Change(node, same.with_changes(**brackets))


def token(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A token is decoded with less care: without an audience, an issuer, a required claim."""
    if not isinstance(node, cst.Call) or name_of(node) != "decode":
        return
    if owner_of(node) != "jwt" and not any(keyword(arg) == "algorithms" for arg in node.args):
        return
    for arg in node.args:
        if keyword(arg) not in ("", "key", "jwt", "algorithms"):
            yield drop_arg(node, arg)
        if keyword(arg) == "options" and isinstance(arg.value, cst.Dict):
            yield from _options(arg.value)


def _options(options: cst.Dict) -> Iterator[Change]:
    for element in options.elements:
        if len(options.elements) > 1:
            left = without(options.elements, element)
            yield Change(options, options.with_changes(elements=left))
        if isinstance(element.value, cst.List) and len(element.value.elements) > 1:
            required = element.value
            yield from (drop_element(required, claim) for claim in required.elements)
