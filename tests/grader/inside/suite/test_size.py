"""How much code there is, counted alike for ours and for learners'."""

import pytest

from grader.inside.suite.size import amount_of
from grader.report import Size

CODE = '''"""A module's docstring.

Over several lines.
"""

# a comment
import os  # and one behind code


class Base:
    """Documented."""

    def run(self):
        """Documented
        over two lines.
        """
        text = """
# no comment, but text
"""
        return (
            text,
        )


class Child(Base[int]):
    pass


class Grandchild(Child):
    async def run(self): ...
'''


def test_lines_without_blanks_comments_and_docstrings() -> None:
    amount = amount_of({"app/main.py": CODE, "app/__init__.py": '"""Nothing."""\n', "a.txt": "x"})
    assert amount is not None
    assert Size(**amount.as_numbers()) == Size(files=1, lines=13, classes=3, functions=2, depth=2)


@pytest.mark.parametrize(
    ("code", "depth"),
    [
        ("class A: ...", 0),
        ("class A(Exception): ...", 0),
        ("class A: ...\nclass B(A): ...", 1),
        ("class A(B): ...\nclass B(A): ...", 50),
    ],
)
def test_depth_is_that_of_own_bases(code: str, depth: int) -> None:
    amount = amount_of({"app/main.py": code})
    assert amount is not None
    assert amount.depth == depth


def test_what_cannot_be_parsed_has_no_size() -> None:
    assert amount_of({"app/main.py": "def ("}) is None
