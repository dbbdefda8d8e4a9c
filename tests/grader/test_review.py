"""The review: from results and notes to what the reviewer says."""

import time
from pathlib import Path

import pytest
from grader_factories import not_run, results, tiny_kata

from grader.kata import Kata
from grader.report import Evidence, Outcome, Place, Severity, State, Verdict
from grader.review import compose, escape, score_of

PLACE = Place(file="app/main.py", line=3, end=5)
OBSERVED = (Evidence(text="Three strangers read it.", facts={"count": 3, "name": "Ann"}),)


@pytest.fixture
def kata(tmp_path: Path) -> Kata:
    return tiny_kata(tmp_path)


def test_approved(kata: Kata) -> None:
    review = compose(kata, results(kata), {}, Verdict.APPROVED)
    assert review.verdict_line == "Approved: 2 of 2 findings closed, every business rule kept."
    assert [f.state for f in review.findings] == [State.CLOSED, State.CLOSED]
    assert review.done_well == ("Praise for F2.", "Praise for F1."), "the worst flaw first"
    assert review.next.kata == "other"
    assert review.production == "Watch it."


def test_core_comes_with_every_rule(kata: Kata) -> None:
    review = compose(kata, results(kata, "k1"), {}, Verdict.REGRESSED)
    assert review.core.text == "It takes orders."
    assert [(r.title, r.kept) for r in review.core.rules] == [("Orders keep their number", False)]


def test_rules_that_were_not_looked_at_are_neither_kept_nor_broken(kata: Kata) -> None:
    review = compose(kata, not_run(kata), {}, Verdict.UNRUNNABLE)
    assert [r.kept for r in review.core.rules] == [None]
    assert review.verdict_line == "The service did not start, so nothing could be judged yet."
    assert review.done_well == ()


def test_open_finding_in_full(kata: Kata) -> None:
    checks = results(kata, "c2", evidence=OBSERVED)
    review = compose(kata, checks, {"F2": PLACE}, Verdict.CHANGES_REQUESTED)
    finding = review.findings[0]
    assert (finding.id, finding.state, finding.severity) == ("F2", State.OPEN, Severity.CRITICAL)
    assert finding.place == PLACE
    assert finding.why == "Because of F2."
    assert finding.recommendation == "Mend F2."
    assert finding.example == "answer = 42"
    assert finding.trade_off == "It costs a line."
    assert finding.references == ("CWE-639",)


def test_facts_fill_the_slots_of_the_note(kata: Kata) -> None:
    checks = results(kata, "c1", evidence=OBSERVED)
    review = compose(kata, checks, {}, Verdict.CHANGES_REQUESTED)
    assert review.findings[0].evidence == (
        "3 strangers read the order of Ann.",
        r"Three strangers read it\.",
    )


def test_sentence_with_an_unknown_slot_is_left_out(kata: Kata) -> None:
    checks = results(kata, "c1", evidence=(Evidence(text="Seen", facts={"count": 3}),))
    review = compose(kata, checks, {}, Verdict.CHANGES_REQUESTED)
    assert review.findings[0].evidence == ("Seen",)


def test_near_miss_is_called_by_name(kata: Kata) -> None:
    checks = results(kata, "c2", evidence=OBSERVED)
    review = compose(kata, checks, {}, Verdict.CHANGES_REQUESTED)
    assert review.findings[0].evidence[0] == "The order is hidden from lists alone."


def test_another_set_of_failing_checks_is_not_that_near_miss(kata: Kata) -> None:
    review = compose(kata, results(kata, "c1", "c2"), {}, Verdict.CHANGES_REQUESTED)
    assert all("hidden" not in line for f in review.findings for line in f.evidence)


def test_regression_comes_first(kata: Kata) -> None:
    review = compose(kata, results(kata, "k1", "c2"), {}, Verdict.REGRESSED)
    assert [f.id for f in review.findings] == ["k1", "F2", "F1"]
    assert review.findings[0].title == "Broken rule: Orders keep their number"
    assert "one business rule" in review.verdict_line
    assert review.next.text.startswith("Restore the broken rule first.")


def test_findings_go_by_skill_then_severity(kata: Kata) -> None:
    review = compose(kata, results(kata, "c1", "c2"), {}, Verdict.CHANGES_REQUESTED)
    assert [f.id for f in review.findings] == ["F1", "F2"]
    assert "Anybody reads an order” (critical)" in review.verdict_line


def test_failed_guard_keeps_a_finding_open_and_says_why(kata: Kata) -> None:
    review = compose(kata, results(kata, "g2"), {}, Verdict.CHANGES_REQUESTED)
    assert review.findings[0].id == "F2"
    assert "side effect" in review.findings[0].evidence[0]
    assert score_of(kata, results(kata, "g2")).closed == 1


def test_finding_whose_checks_were_not_reached(kata: Kata) -> None:
    checks = tuple(
        c.model_copy(update={"outcome": Outcome.NOT_RUN}) if c.finding == "F2" else c
        for c in results(kata)
    )
    review = compose(kata, checks, {}, Verdict.LIMIT_EXCEEDED)
    assert review.findings[0].evidence == ("The run ended before this could be looked at.",)


def test_hostile_evidence_is_not_markdown(kata: Kata) -> None:
    hostile = Evidence(text="<script>alert(1)</script> [x](javascript:y)\n# big")
    review = compose(kata, results(kata, "c1", evidence=(hostile,)), {}, Verdict.CHANGES_REQUESTED)
    assert r"\<script\>" in review.findings[0].evidence[0]
    assert "\n" not in review.findings[0].evidence[0]


def test_hostile_fact_is_not_markdown(kata: Kata) -> None:
    hostile = Evidence(text="Seen", facts={"count": 1, "name": "![x](http://a)\n\n# b"})
    review = compose(kata, results(kata, "c1", evidence=(hostile,)), {}, Verdict.CHANGES_REQUESTED)
    assert (
        review.findings[0].evidence[0] == r"1 strangers read the order of \!\[x\]\(http://a\) \# b."
    )


@pytest.mark.parametrize("text", ["a_b*c", "`x`", "1. one", "- item", "<b>", "a|b", "# h", "&lt;"])
def test_escaped_text_stands_for_itself(text: str) -> None:
    from markdown_it import MarkdownIt

    rendered = MarkdownIt().render(escape(text))
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert rendered == f"<p>{plain}</p>\n"


def test_score(kata: Kata) -> None:
    score = score_of(kata, results(kata, "c1"))
    assert (score.kept, score.keep_total, score.closed, score.find_total) == (1, 1, 1, 2)


def test_composing_takes_less_than_ten_milliseconds(kata: Kata) -> None:
    checks = results(kata, "c1", "c2", evidence=OBSERVED)
    times: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        compose(kata, checks, {"F2": PLACE}, Verdict.CHANGES_REQUESTED)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.010
