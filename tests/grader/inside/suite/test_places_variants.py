"""Places hold through rewrites: every kata's starter, rewritten in fifteen ways.

Each place is known by hand for the starter (its notes name it, and `verify` shows it); a rewrite
keeps track of where the definition goes. `python tests/grader/inside/suite/test_places_variants.py`
prints how often it is found there.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))  # for the table, which is no pytest run

import rewrites

from grader.inside.suite.look import look
from grader.kata import Kata, bundled_katas, load_catalogue

EXACT = 0.95
APP = ("", "the app")  # the origin of what stands outside all definitions


@cache
def katas() -> dict[str, Kata]:
    return dict(load_catalogue([bundled_katas()]).katas)


def first_line(node: ast.AST) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    lines = [decorator.lineno for decorator in decorators]
    return min([getattr(node, "lineno", 1), *lines])


def selectors(kata: Kata) -> dict[str, tuple[str, ...]]:
    return {finding: note.places for finding, note in kata.notes.items()}


@dataclass(frozen=True)
class Home:
    """What a finding's place on the starter is in, and how far below its `def` or `class`.

    Attributes:
        below: None for the head itself, which may be a decorator.
    """

    origin: tuple[str, str]
    below: int | None


def homes(kata: Kata) -> Iterator[tuple[str, Home]]:
    """Of each finding, where its place on the starter is."""
    trees = rewrites.parsed(dict(kata.starter))
    plain = rewrites.written(trees)
    where = rewrites.where(trees, plain)
    for finding, place in look(plain, plain, selectors(kata))["places"].items():
        line: int = place["line"]
        inside = [
            (node.lineno, origin, node)
            for origin, (file, node) in where.items()
            if file == place["file"] and first_line(node) <= line <= (node.end_lineno or 0)
        ]
        if not inside:
            yield finding, Home(APP, None)
            continue
        at, origin, node = max(inside, key=lambda one: one[0])
        yield finding, Home(origin, None if line == first_line(node) else line - at)


def judged(kata: Kata, rewrite: rewrites.Rewrite) -> Iterator[tuple[str, str]]:
    """Each finding, and `exact` (one off at most), `near` (the right definition), or `wrong`."""
    trees = rewrites.parsed(dict(kata.starter))
    rewrite(trees)
    files = rewrites.written(trees)
    where = rewrites.where(trees, files)
    told = look(files, kata.starter, selectors(kata))["places"]
    for finding, home in homes(kata):
        place = told.get(finding)
        if place is None:
            yield finding, "none"
        elif home.origin == APP:
            shown: str = files[place["file"]].split("\n")[place["line"] - 1]
            yield finding, "exact" if "FastAPI(" in shown else "wrong"
        else:
            yield finding, _compared(place, home, *where[home.origin])


def _compared(place: dict[str, Any], home: Home, file: str, node: rewrites.Named) -> str:
    line: int = place["line"]
    if place["file"] != file or not first_line(node) <= line <= (node.end_lineno or 0):
        return "wrong"
    expected = first_line(node) if home.below is None else node.lineno + home.below
    return "exact" if abs(line - expected) <= 1 else "near"


@pytest.mark.parametrize("rewrite", rewrites.REWRITES, ids=lambda r: r.__name__)
def test_places_hold_when_a_service_is_rewritten(rewrite: rewrites.Rewrite) -> None:
    assert len(katas()) >= 6
    results = {
        (slug, finding): result
        for slug, kata in katas().items()
        for finding, result in judged(kata, rewrite)
    }
    assert results
    assert [which for which, result in results.items() if result == "wrong"] == []
    exact = Counter(results.values())["exact"]
    assert exact / len(results) >= EXACT, results


SPECIMENS = {
    ("last-seat", "turn-by-the-show", "F1"): ("app/booking.py", "def hold("),
    ("last-seat", "turn-by-the-show", "F5"): ("app/booking.py", "def refuse_taken("),
    ("night-watch", "asgi-and-hash", "F1"): ("app/obs.py", "class "),
    ("night-watch", "asgi-and-lock", "F4"): ("app/obs.py", "class "),
    ("search-desk", "async-in-python", "F5"): ("app/search.py", "def sheet_of("),
    ("token-gate", "reference", "F3"): ("app/security.py", "jwt.decode("),
    ("token-gate", "claims-as-a-model", "F2"): ("app/security.py", "def _issue("),
    ("order-board", "explicit-joins", "F1"): ("app/main.py", "def board_order("),
    ("order-board", "eager-options", "F3"): ("app/main.py", '@app.get("/orders")'),
    ("order-board", "history-selectin", "F3"): ("app/main.py", '@app.get("/orders")'),
    ("one-error-shape", "class-name-logged", "F5"): ("app/errors.py", "on_http_exception"),
    ("openapi-handover", "reset-removed", "F5"): ("app/main.py", "app = FastAPI("),
    ("cathedral", "renamed-layers", "F1"): ("app/repositories.py", "class BaseRepository"),
    ("library-desk", "reference", "F1"): ("app/main.py", '@app.post("/loans/{loan_id}/return")'),
    ("frozen-kiosk", "run-in-threadpool", "F1"): ("app/main.py", "@app.post("),
}


@pytest.mark.parametrize("which", SPECIMENS, ids="-".join)
def test_place_in_a_repair_is_the_one_that_a_person_would_choose(
    which: tuple[str, str, str],
) -> None:
    slug, name, finding = which
    kata = katas()[slug]
    files = next((s.files for s in kata.specimens if s.name == name), kata.reference)
    place = look(files, kata.starter, selectors(kata))["places"][finding]
    text = files[place["file"]].split("\n")
    shown = "\n".join(text[place["line"] - 1 : place["line"] + 1])
    file, expected = SPECIMENS[which]
    assert (place["file"], expected in shown) == (file, True), (place, shown)


def table() -> str:
    """What `graders/README.md` shows."""
    lines = ["| rewritten | places | exact or one off | same definition | wrong | none |"]
    lines.append("|---|---|---|---|---|---|")
    total: Counter[str] = Counter()
    for rewrite in rewrites.REWRITES:
        seen = Counter(r for kata in katas().values() for _, r in judged(kata, rewrite))
        total += seen
        lines.append(_row(rewrite.__name__.replace("_", " "), seen))
    variants = len(katas()) * len(rewrites.REWRITES)
    return "\n".join([*lines, _row(f"all {variants} variants", total)])


def _row(name: str, seen: Counter[str]) -> str:
    every = sum(seen.values())
    share = f"{seen['exact']} ({100 * seen['exact'] / every:.1f} %)"
    return f"| {name} | {every} | {share} | {seen['near']} | {seen['wrong']} | {seen['none']} |"


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
