"""Twenty people at once on one machine: all accepted, all graded once, pages stay quick."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from load_crowd import crowd, p95
from served import served

from grader.kata import bundled_katas, load_kata

pytestmark = [pytest.mark.load, pytest.mark.sandbox]
PEOPLE = 20
PATIENCE_S = 120.0
ACCEPTED_MS = 10_000  # generous: other tests run beside (3.3 s were seen); `make bench` measures


def test_twenty_people_hand_in_at_once(tmp_path: Path) -> None:
    kata = load_kata(bundled_katas() / "contracts" / "library-desk")
    files = {path: kata.reference[path] for path in kata.manifest.editable}
    with served(tmp_path / "data") as server:
        seen = asyncio.run(crowd(server.url, kata.slug, files, PEOPLE, PATIENCE_S))
        figures = seen.as_figures()
    assert figures["server_errors"] == 0
    assert seen.verdicts == {"approved": PEOPLE}
    assert len(seen.submissions) == PEOPLE
    with closing(sqlite3.connect(tmp_path / "data" / "kintsugi.db")) as database:
        graded = "select count(*) from grading where report is not null"
        assert database.execute(graded).fetchone() == (PEOPLE,), "none was graded twice"
    assert p95(seen.accepted_ms) < ACCEPTED_MS, figures
