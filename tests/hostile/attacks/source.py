"""Source that is meant for whoever parses it rather than for the interpreter that runs it."""

from hostile.attacks.base import LIMIT, OPEN, REGRESSED, UNRUNNABLE, Attack, harms

ANY = frozenset({UNRUNNABLE, OPEN, REGRESSED, LIMIT})


def whole(name: str, text: str) -> Attack:
    """The whole file is this text."""
    return Attack(name, text, ANY, instead=True, honest=False)


def besides(name: str, text: str) -> Attack:
    """The service serves; this stands at the end of its file."""
    return harms(name, text, *ANY)


ATTACKS = [
    whole("nothing", ""),
    whole("no Python", "<?php echo 1; ?>"),
    whole("a NUL", "app = 1\0"),
    whole("a text that UTF-8 cannot say", "app = '\ud800'"),
    whole("100,000 open parentheses", "(" * 100_000),
    whole("100,000 parentheses, closed again", "x = " + "(" * 100_000 + ")" * 100_000),
    whole("100,000 signs", "x = " + "-" * 100_000 + "1"),
    whole("100,000 negations", "x = " + "not " * 60_000 + "1"),
    whole("100,000 calls", "x" + "()" * 100_000),
    whole("a long chain of names", "x = a" + ".a" * 120_000),
    whole("a long sum", "x = 1" + "+1" * 120_000),
    whole("one huge line", "x = '" + "y" * 250_000 + "'"),
    whole("one huge number", "x = " + "9" * 250_000),
    whole("a power that is folded", "x = 9 ** 9 ** 9"),
    whole("functions in functions", "lambda: " * 30_000 + "1"),
    whole("blocks in blocks", "".join(f"{' ' * n}if 1:\n" for n in range(150))),
    whole("strings in strings", "x = " + "f'{" * 50 + "1" + "}'" * 50),
    whole("another encoding", "# -*- coding: utf-7 -*-\napp = +AF8-1\n"),
    whole("an encoding that there is not", "# -*- coding: rot13 -*-\nncc = 1\n"),
    whole("a form feed and a carriage return", "\f\r\f\rapp = 1\r"),
    whole("letters that change the direction", "# \u202e\u2066\napp = 1\n"),
    besides("80,000 lists", "if False:\n    x = [" + "[]," * 80_000 + "]"),
    besides("2,000 lists in lists", "if False:\n    x = " + "[" * 90 + "]" * 90),
    besides("12,000 functions of one name", "if False:\n" + "    def find(): pass\n" * 12_000),
    besides(
        "routers that include each other",
        """
from fastapi import APIRouter
if False:
    a = APIRouter(prefix="/a")
    b = APIRouter(prefix="/b")
    a.include_router(b)
    b.include_router(a)
    app.include_router(a)
""",
    ),
    besides(
        "classes that inherit each other", "if False:\n    class A(B): pass\n    class B(A): pass\n"
    ),
    besides("names that import each other", "if False:\n    from app.main import x as y, y as x\n"),
]
