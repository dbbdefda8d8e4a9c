"""The review as a Markdown document."""

from itertools import pairwise
from pathlib import Path

import pytest
from grader_factories import a_run, not_run, results, tiny_kata
from markdown_it import MarkdownIt

from grader.kata import Kata
from grader.report import (
    Evidence,
    Exchange,
    Exhibit,
    Failure,
    Moment,
    Place,
    Reading,
    Report,
    Timeline,
    Verdict,
)
from grader.review import compose, document

FILES = {"app/main.py": "\n".join(f"line_{n} = {n}" for n in range(1, 30))}
SEEN = Evidence(text="Seen.", facts={"count": 3, "name": "Ann"})


@pytest.fixture
def kata(tmp_path: Path) -> Kata:
    return tiny_kata(tmp_path)


def report(kata: Kata, *failing: str, verdict: Verdict, seen: Evidence = SEEN) -> Report:
    checks = results(kata, *failing, evidence=(seen,))
    reading = Reading(places={"F2": Place(file="app/main.py", line=12, end=14)})
    return a_run(kata, checks, verdict, reading)


def headings(text: str) -> list[str]:
    tokens = MarkdownIt().parse(text)
    return [b.content for a, b in pairwise(tokens) if a.type == "heading_open"]


def test_parts_come_in_the_order_of_a_review(kata: Kata) -> None:
    text = document(report(kata, "k1", "c2", verdict=Verdict.REGRESSED), "Tiny", FILES)
    assert headings(text) == [
        "Review: Tiny",
        "Core business functionality",
        "Verdict",
        "1. Broken rule: Orders keep their number",
        "2. Anybody reads an order",
        "Closed",
        "Done well",
        "Production readiness",
        "Next step",
    ]


def test_a_finding_stands_whole_with_the_lines_of_its_place(kata: Kata) -> None:
    text = document(report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED), "Tiny", FILES)
    assert (
        "app/main.py, line 12\n\n```python\nline_12 = 12\nline_13 = 13\nline_14 = 14\n```" in text
    )
    for part in ("**Why it matters.** Because of F2.", "**Recommendation.** Mend F2.", "CWE-639"):
        assert part in text
    assert "```python\nanswer = 42\n```" in text
    assert "**Trade-off.** It costs a line." in text


def test_an_exchange_comes_as_a_command_line(kata: Kata) -> None:
    exhibit = Exchange(method="GET", path="/orders/{id}", answered=200, curl="curl -i http://x/1")
    seen = Evidence(text="Seen.", exhibits=(exhibit,))
    told = report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED, seen=seen)
    shown = told.model_copy(update={"review": _with_exhibit(told, exhibit)})
    assert "```sh\ncurl -i http://x/1\n```" in document(shown, "Tiny", FILES)


def test_an_order_of_events_comes_in_words(kata: Kata) -> None:
    moments = (
        Moment(lane=0, of="request", label="POST /seats -> 201", begin_ms=0, end_ms=41.6),
        Moment(lane=1, of="request", label="POST /seats -> 500", begin_ms=1.2, end_ms=30),
        Moment(lane=1, of="call", label="till", begin_ms=4, end_ms=20),
    )
    exhibit = Timeline(moments=moments, more=3)
    told = report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED)
    shown = told.model_copy(update={"review": _with_exhibit(told, exhibit)})
    text = document(shown, "Tiny", FILES)
    assert "- POST /seats -\\> 201, 0 to 42 ms\n" in text
    assert "- POST /seats -\\> 500, 1 to 30 ms; till 4 to 20 ms\n\nAnd 3 more." in text


def _with_exhibit(told: Report, exhibit: Exhibit) -> object:
    assert told.review
    first, *rest = told.review.findings
    shown = first.model_copy(update={"exhibits": (exhibit,)})
    return told.review.model_copy(update={"findings": (shown, *rest)})


def test_approval_names_the_next_kata(kata: Kata) -> None:
    text = document(report(kata, verdict=Verdict.APPROVED), "Tiny", FILES)
    assert "Nothing is left to mend here. Go on with `other`." in text
    for closed in ("- Creating answers 200\n", "- Anybody reads an order\n"):
        assert closed in text


def test_a_service_that_did_not_start(kata: Kata) -> None:
    checks = not_run(kata)
    told = report(kata, verdict=Verdict.UNRUNNABLE).model_copy(
        update={
            "checks": checks,
            "review": compose(kata, checks, Reading(), Verdict.UNRUNNABLE),
            "failure": Failure(text="It did not start: *x*", code="abc"),
        }
    )
    text = document(told, "Tiny", FILES)
    assert "It did not start: \\*x\\*" in text
    assert "quote `abc`" in text
    assert "not checked: Orders keep their number" in text


def test_code_of_a_submission_cannot_leave_its_fence(kata: Kata) -> None:
    hostile = {"app/main.py": "\n".join(["```", "# A heading", "````", "\x1b[31m"] * 6)}
    text = document(report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED), "Tiny", hostile)
    assert "A heading" not in headings(text)
    assert "\x1b" not in text


def test_a_path_of_a_submission_is_no_markup(kata: Kata) -> None:
    told = report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED)
    assert told.review
    place = Place(file="app/<b>*x*.py", line=1, end=1)
    first = told.review.findings[0].model_copy(update={"place": place})
    review = told.review.model_copy(update={"findings": (first,)})
    text = document(told.model_copy(update={"review": review}), "Tiny", {})
    assert "app/\\<b\\>\\*x\\*.py, line 1" in text
