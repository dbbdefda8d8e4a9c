"""A report that shows what must stay hidden is told from one that does not."""

from pathlib import Path

import pytest
from grader_factories import a_run, results, tiny_kata

from grader.authoring.shown import shown
from grader.kata import Kata
from grader.report import Evidence, Report, Verdict

SUITE = '''"""Orders are kept."""
from kit import check

SECRET = "umbrella-4711"


@check("c1", finding="F1", title="Creating answers 201")
def creating(app, evidence):
    reply = app.post("/orders", json={"name": SECRET, "path": "orders"})
    evidence("An order was answered 200 and not 201.")
    assert reply.status == 201, "POST /orders answered 200."
'''


@pytest.fixture
def kata(tmp_path: Path) -> Kata:
    return tiny_kata(tmp_path, {"suite/test_tiny.py": SUITE, "brief.md": "It keeps orders."})


def report(kata: Kata, text: str) -> Report:
    checks = results(kata, "c1", evidence=(Evidence(text=text),))
    return a_run(kata, checks, Verdict.CHANGES_REQUESTED)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("The order umbrella-4711 was lost.", "umbrella-4711"),
        ('reply = app.post("/orders", json={"name": SECRET, "path": "orders"})', "app.post"),
        ("Traceback (most recent call last): ...", "Traceback"),
        ('File "/tmp/suite/test_tiny.py", line 9', "/tmp/suite"),  # noqa: S108 - a text
    ],
)
def test_what_is_hidden_is_found(kata: Kata, text: str, secret: str) -> None:
    found = [*shown(kata, [report(kata, "Seen."), report(kata, text)])]
    assert len(found) == 1
    assert secret in found[0]


def test_the_suites_own_sentences_are_meant_to_be_read(kata: Kata) -> None:
    assert [*shown(kata, [report(kata, "An order was answered 200 and not 201.")])] == []
