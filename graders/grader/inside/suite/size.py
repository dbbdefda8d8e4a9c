"""How much code there is; by `ast` alone, so that a host can count our own files alike."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TypeGuard

DEEPEST = 50
DEFINING = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module


@dataclass(frozen=True)
class Amount:
    """What `grader.report.Size` holds, without its checks.

    Attributes:
        files: those with any code.
        lines: without blank lines, comments and docstrings.
        functions: methods among them.
        depth: the longest chain of base classes among the files' own classes; 0 without any.
    """

    files: int
    lines: int
    classes: int
    functions: int
    depth: int

    def as_numbers(self) -> dict[str, int]:
        return asdict(self)


def amount_of(
    files: Mapping[str, str], trees: Mapping[str, ast.Module | None] | None = None
) -> Amount | None:
    """Count the Python files; None where one of them cannot be parsed.

    Never give this a learner's files but in a process that may fall over: see `source.py`.

    Args:
        files: path -> text.
        trees: what the texts were parsed to, if they have been.
    """
    lines, nodes = [0], list[ast.AST]()
    for file, text in files.items():
        if file.endswith(".py"):
            tree = trees.get(file) if trees is not None else parsed(text)
            if tree is None:
                return None
            own = list(ast.walk(tree))
            lines.append(_lines(own, text))
            nodes += own
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    functions = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    files_with_code = sum(1 for count in lines if count)
    return Amount(files_with_code, sum(lines), len(classes), len(functions), _depth(classes))


def parsed(text: str) -> ast.Module | None:
    """A file's syntax tree; None where it has none."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _lines(nodes: list[ast.AST], text: str) -> int:
    """Lines with more than a comment on them, outside docstrings."""
    left_out = {line for node in _docstrings(nodes) for line in _covered(node)}
    quoted = {line for node in nodes if _is_text(node) for line in _covered(node)[1:]}
    return sum(
        1
        for number, line in enumerate(text.split("\n"), start=1)
        if number not in left_out
        and line.strip()
        and (number in quoted or not line.lstrip().startswith("#"))
    )


def _docstrings(nodes: list[ast.AST]) -> Iterator[ast.stmt]:
    for node in nodes:
        if isinstance(node, DEFINING) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and _is_text(first.value):
                yield first


def _is_text(node: ast.AST) -> TypeGuard[ast.expr]:
    constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return constant or isinstance(node, ast.JoinedStr)


def _covered(node: ast.stmt | ast.expr) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _depth(classes: Iterable[ast.ClassDef]) -> int:
    """The longest chain of bases that are classes of these files."""
    bases = {node.name: {_base(base) for base in node.bases} for node in classes}
    depths = dict.fromkeys(bases, 0)
    for _ in range(DEEPEST):  # classes may name each other in a circle
        deeper = {
            name: max((1 + depths[base] for base in own if base in depths), default=0)
            for name, own in bases.items()
        }
        if deeper == depths:
            break
        depths = deeper
    return max(depths.values(), default=0)


def _base(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):  # Repository[Tool]
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
