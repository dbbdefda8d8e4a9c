"""The learner's source is parsed in a child, whatever it is."""

import contextlib
import time

import pytest

from grader.inside.suite.source import Source

GOOD = "from fastapi import FastAPI\napp = FastAPI()\n\n\n@app.get('/x')\ndef read(): ...\n"
HOSTILE = {
    "parentheses": "(" * 100_000,
    "unary": "x = " + "-" * 200_000 + "1",
    "attributes": "x" + ".a" * 200_000,
    "nul": "x = 1\0",
    "one line": "x = '" + "a" * 250_000 + "'",
    "additions": "x = " + "1+" * 100_000 + "1",
    "subscripts": "x" + "[0]" * 100_000,
}


def test_places_come_by_selector() -> None:
    found = Source({"app/main.py": GOOD}).places(["route GET /x", "function nothing"])
    assert found == {"route GET /x": {"file": "app/main.py", "line": 5, "end": 6}}


def test_tree_of_a_file_that_parses() -> None:
    source = Source({"app/main.py": GOOD, "app/bad.py": "def (:"})
    assert source.tree("app/main.py") is not None
    assert source.tree("app/bad.py") is None
    assert source.tree("app/missing.py") is None


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_source_does_not_hurt_the_suite(kind: str) -> None:
    source = Source({"app/main.py": GOOD, "app/models.py": HOSTILE[kind]})
    began = time.monotonic()
    with contextlib.suppress(
        AssertionError
    ):  # beyond the limits of parsing: no place, and no crash
        assert source.places(["route GET /x"])["route GET /x"]["line"] == 5
    assert time.monotonic() - began < 6
