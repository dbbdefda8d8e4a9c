"""Changes to what models and tables allow: constraints, unknown fields, validators, indexes."""

from collections.abc import Iterator

import libcst as cst

from grader.authoring.mutants.change import (
    Change,
    Source,
    drop_arg,
    drop_element,
    keyword,
    name_of,
    without,
)

FIELDS = frozenset(
    {"Field", "Query", "Path", "Body", "Header", "Cookie", "Form", "File", "StringConstraints"}
    | {"conint", "confloat", "condecimal", "constr", "conlist", "Interval", "Len"}
)
LOWEST = frozenset({"ge", "gt", "min_length"})
HIGHEST = frozenset({"le", "lt", "max_length"})
OTHERS = frozenset({"pattern", "multiple_of", "max_digits", "decimal_places", "to_lower"})
CONSTRAINTS = LOWEST | HIGHEST | OTHERS | {"strip_whitespace", "strict", "allow_inf_nan"}
FLAGS = frozenset(
    {"unique", "index", "nullable", "httponly", "secure", "allow_credentials", "verify"}
    | {"include_in_schema", "validate_assignment", "hide_input_in_errors", "follow_redirects"}
)
TABLE_ARGUMENTS = frozenset({"UniqueConstraint", "CheckConstraint", "Index"})
VALIDATORS = frozenset({"field_validator", "model_validator", "validator", "root_validator"})
ANNOTATED_VALIDATORS = frozenset({"AfterValidator", "BeforeValidator", "WrapValidator"})
UNSET = frozenset({"exclude_unset", "exclude_none", "exclude_defaults", "exclude", "include"})


def constraint(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A constraint is gone."""
    if isinstance(node, cst.Call) and name_of(node) in FIELDS:
        bounds = [arg for arg in node.args if keyword(arg) in CONSTRAINTS]
        yield from (drop_arg(node, arg) for arg in bounds)


def loosened(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A bound lets one more through."""
    if not isinstance(node, cst.Call) or name_of(node) not in FIELDS:
        return
    for arg in node.args:
        step = (keyword(arg) in HIGHEST) - (keyword(arg) in LOWEST)
        number = arg.value.evaluated_value if isinstance(arg.value, cst.Integer) else None
        if not step or number is None or (keyword(arg) == "min_length" and number <= 1):
            continue  # a length of at least 0 is no bound: the same as none
        yield Change(arg.value, cst.parse_expression(str(number + step)))


def forbid(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """Unknown fields are let in."""
    if isinstance(node, cst.Call):
        said = [arg for arg in node.args if keyword(arg) == "extra" and _forbids(arg.value)]
        yield from (drop_arg(node, arg) for arg in said)
    if isinstance(node, cst.ClassDef):
        for arg in node.keywords:
            if keyword(arg) == "extra" and _forbids(arg.value):
                yield Change(node, _without_keyword(node, arg))
    if isinstance(node, cst.Dict):
        for element in node.elements:
            if isinstance(element, cst.DictElement) and _forbids(element.value):
                left = without(node.elements, element)
                yield Change(node, node.with_changes(elements=left))


def _without_keyword(declared: cst.ClassDef, arg: cst.Arg) -> cst.ClassDef:
    left, bases = without(declared.keywords, arg), [*declared.bases]
    if bases and not left:
        bases[-1] = bases[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return declared.with_changes(bases=bases, keywords=left)


def _forbids(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.SimpleString) and node.evaluated_value == "forbid"


def flag(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A flag is turned: unique, index, nullable, httponly and their like."""
    if isinstance(node, cst.Arg) and keyword(node) in FLAGS:
        value = name_of(node.value)
        if value in ("True", "False"):
            yield Change(node.value, cst.Name("False" if value == "True" else "True"))


def table_argument(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A table loses a constraint or an index, or an index the condition that limits it."""
    if isinstance(node, cst.Tuple):
        for element in node.elements:
            if name_of(element.value) in TABLE_ARGUMENTS:
                yield drop_element(node, element)
    if isinstance(node, cst.Call) and name_of(node) in TABLE_ARGUMENTS:
        limits = [arg for arg in node.args if keyword(arg).endswith("_where")]
        yield from (drop_arg(node, arg) for arg in limits)


def validator(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """A validator is written but never called."""
    if isinstance(node, cst.Decorator) and name_of(node.decorator) in VALIDATORS:
        yield Change(node, cst.RemoveFromParent())
    if isinstance(node, cst.Subscript) and name_of(node.value) == "Annotated":
        yield from _annotated(node)


def _annotated(node: cst.Subscript) -> Iterator[Change]:
    for element in node.slice:
        index = element.slice
        if not isinstance(index, cst.Index) or name_of(index.value) not in ANNOTATED_VALIDATORS:
            continue
        first = node.slice[0].slice
        if len(node.slice) == 2 and isinstance(first, cst.Index):
            yield Change(node, first.value)
        elif len(node.slice) > 2:
            left = [e for e in node.slice if e is not element]
            left[-1] = left[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            yield Change(node, node.with_changes(slice=left))


def unset(node: cst.CSTNode, source: Source) -> Iterator[Change]:
    """Fields that were left out are told apart no more: `exclude_unset` and its like are gone."""
    if isinstance(node, cst.Call):
        said = [arg for arg in node.args if _excludes(keyword(arg))]
        yield from (drop_arg(node, arg) for arg in said)


def _excludes(name: str) -> bool:
    return name.removeprefix("response_model_") in UNSET
