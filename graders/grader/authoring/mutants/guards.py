"""Changes to refusals: guards gone or turned round, calls not made, errors caught too widely."""

from collections.abc import Iterator

import libcst as cst

from grader.authoring.mutants.change import Change, Source, called, name_of, owner_of, statement

OPPOSITES: dict[type[cst.BaseCompOp], cst.BaseCompOp] = {
    cst.Is: cst.IsNot(),
    cst.IsNot: cst.Is(),
    cst.In: cst.NotIn(),
    cst.NotIn: cst.In(),
    cst.Equal: cst.NotEqual(),
    cst.NotEqual: cst.Equal(),
}
WIDE = frozenset({"Exception", "BaseException"})
# Methods whose call is an effect of its own; the others (add, refresh) mostly repeat what is known.
EFFECTS = frozenset(
    {"delete", "set_cookie", "delete_cookie", "execute", "exec", "add_task", "cancel", "clear"}
)
QUIET = frozenset({"print", "super"})


def guard(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A condition that refuses, or answers early, is gone."""
    if isinstance(node, cst.If) and _ends(node) and not node.orelse and not _elif(node, source):
        yield Change(node, cst.RemoveFromParent())
    if isinstance(statement(node), cst.Raise) and _last_of_function(node, source):
        yield Change(node, cst.RemoveFromParent())


def negation(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """The condition of a guard is turned round."""
    if isinstance(node, cst.If) and _ends(node) and (test := _negated(node.test)) is not None:
        yield Change(node.test, test)


def _ends(node: cst.If) -> bool:
    body = node.body.body
    return bool(body) and isinstance(statement(body[-1]), cst.Raise | cst.Return)


def _elif(node: cst.If, source: Source) -> bool:
    parent = source.parent(node)
    return isinstance(parent, cst.If) and parent.orelse is node


def _last_of_function(node: cst.CSTNode, source: Source) -> bool:
    block = source.parent(node)
    function = source.parent(block) if block else None
    return (
        isinstance(block, cst.IndentedBlock)
        and isinstance(function, cst.FunctionDef)
        and len(block.body) > 1
        and block.body[-1] is node
    )


def _negated(test: cst.BaseExpression) -> cst.BaseExpression | None:
    match test:
        case cst.UnaryOperation(operator=cst.Not()):
            return None  # the operator `not` does the same
        case cst.Comparison(comparisons=[target]) if type(target.operator) in OPPOSITES:
            opposite = OPPOSITES[type(target.operator)]
            return test.with_changes(comparisons=[target.with_changes(operator=opposite)])
        case cst.Name() | cst.Attribute() | cst.Call():
            return cst.UnaryOperation(cst.Not(), test)
        case _:
            inner = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
            return cst.UnaryOperation(cst.Not(), inner)


def call(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A call that is made for its effect, such as `check_limit(...)`, is not made."""
    made = called(statement(node))
    if made is None or source.function(node) is None or name_of(made) in QUIET:
        return
    own = isinstance(made.func, cst.Name) or owner_of(made) in source.facts.modules
    if own or name_of(made) in EFFECTS:
        yield Change(node, cst.RemoveFromParent())


def write(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A field of a row is left as it was."""
    match statement(node):
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Attribute(value=cst.Name(owner)))]):
            if source.function(node) is not None and owner not in ("self", "cls"):
                yield Change(node, cst.RemoveFromParent())
        case _:
            pass


def catch(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """`except` catches everything."""
    if isinstance(node, cst.ExceptHandler) and node.type and name_of(node.type) not in WIDE:
        yield Change(node.type, cst.Name("Exception"))


def swallow(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """What was caught is passed over in silence."""
    if isinstance(node, cst.ExceptHandler):
        silence = cst.IndentedBlock([cst.SimpleStatementLine([cst.Pass()])])
        yield Change(node.body, silence)


def cleanup(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """What `finally` held is not done."""
    if not isinstance(node, cst.Try) or node.finalbody is None:
        return
    if node.handlers:
        yield Change(node, node.with_changes(finalbody=None))
    else:
        yield Change(node, cst.FlattenSentinel(node.body.body))
