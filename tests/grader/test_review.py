"""The review: from results and notes to what the reviewer says."""

import time
from pathlib import Path

import pytest
from grader_factories import (
    EXPECTED,
    MANIFEST,
    RULES,
    kata_with_findings,
    not_run,
    results,
    tiny_kata,
    with_outcome,
)

from grader.kata import Kata
from grader.report import (
    CheckKind,
    Evidence,
    Outcome,
    Place,
    Reading,
    Remark,
    Severity,
    Skill,
    State,
    Verdict,
)
from grader.review import compose, score_of

PLACE = Place(file="app/main.py", line=3, end=5)
OBSERVED = (Evidence(text="Three strangers read it.", facts={"count": 3, "name": "Ann"}),)


@pytest.fixture
def kata(tmp_path: Path) -> Kata:
    return tiny_kata(tmp_path)


def texts(remarks: tuple[Remark, ...]) -> tuple[str, ...]:
    return tuple(remark.text for remark in remarks)


def test_approved(kata: Kata) -> None:
    review = compose(kata, results(kata), Reading(), Verdict.APPROVED)
    assert review.verdict_line == "Approved: 2 of 2 findings closed, nothing regressed."
    assert [f.state for f in review.findings] == [State.CLOSED, State.CLOSED]
    assert texts(review.done_well) == (
        "Praise for F2.",
        "Praise for F1.",
        "Unharmed by the repair: The owner still sees the order.",
    )
    assert review.next.kata == "other"
    assert review.production == "Watch it."


def test_core_comes_with_every_rule(kata: Kata) -> None:
    review = compose(kata, results(kata, "k1"), Reading(), Verdict.REGRESSED)
    assert review.core.text == "It takes orders."
    assert [(r.title, r.kept) for r in review.core.rules] == [("Orders keep their number", False)]


def test_rules_that_were_not_looked_at_are_neither_kept_nor_broken(kata: Kata) -> None:
    review = compose(kata, not_run(kata), Reading(), Verdict.UNRUNNABLE)
    assert [r.kept for r in review.core.rules] == [None]
    assert review.verdict_line == "The service did not start, so nothing could be judged."
    assert review.done_well == ()
    assert review.next.text.startswith("Read the failure")
    assert review.next.kata is None


def test_open_finding_in_full(kata: Kata) -> None:
    checks = results(kata, "c2", evidence=OBSERVED)
    review = compose(kata, checks, Reading(places={"F2": PLACE}), Verdict.CHANGES_REQUESTED)
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
    review = compose(kata, checks, Reading(), Verdict.CHANGES_REQUESTED)
    assert review.findings[0].evidence == ("3 strangers read the order of Ann.",)


def test_what_the_note_has_not_said_is_said_by_the_check(kata: Kata) -> None:
    more = (*OBSERVED, Evidence(text="Four read it later.", facts={"count": 4}))
    checks = results(kata, "c1", evidence=(more[1], more[0], Evidence(text="The log was empty.")))
    review = compose(kata, checks, Reading(), Verdict.CHANGES_REQUESTED)
    assert review.findings[0].evidence == (
        "3 strangers read the order of Ann.",
        "Four read it later.",
        "The log was empty.",
    )


def test_sentence_with_an_unknown_slot_is_left_out(kata: Kata) -> None:
    checks = results(kata, "c1", evidence=(Evidence(text="Seen", facts={"count": 3}),))
    review = compose(kata, checks, Reading(), Verdict.CHANGES_REQUESTED)
    assert review.findings[0].evidence == ("Seen",)


def test_near_miss_is_called_by_name(kata: Kata) -> None:
    checks = results(kata, "c2", evidence=OBSERVED)
    review = compose(kata, checks, Reading(), Verdict.CHANGES_REQUESTED)
    assert review.findings[0].evidence[0] == "The order is hidden from lists alone."


def test_another_set_of_failing_checks_is_not_that_near_miss(kata: Kata) -> None:
    review = compose(kata, results(kata, "c1", "c2"), Reading(), Verdict.CHANGES_REQUESTED)
    assert all("hidden" not in line for f in review.findings for line in f.evidence)


def test_regression_comes_first(kata: Kata) -> None:
    review = compose(kata, results(kata, "k1", "c1", "c2"), Reading(), Verdict.REGRESSED)
    assert [f.id for f in review.findings] == ["k1", "F1", "F2"]
    assert review.findings[0].title == "Broken rule: Orders keep their number"
    assert review.verdict_line == (
        "Not yet: “Orders keep their number” no longer holds; 0 of 2 findings closed."
    )
    assert review.next.text == (
        "Restore “Orders keep their number” first, then close “Anybody reads an order”."
    )


def test_findings_go_by_skill_then_severity(kata: Kata) -> None:
    review = compose(kata, results(kata, "c1", "c2"), Reading(), Verdict.CHANGES_REQUESTED)
    assert [f.id for f in review.findings] == ["F1", "F2"]
    assert review.verdict_line == (
        "Not yet: 0 of 2 findings closed;"
        " the worst open one is “Anybody reads an order” (critical)."
    )
    assert review.next.text == "Close “Anybody reads an order” first."


def test_failed_guard_keeps_a_finding_open_and_says_why(kata: Kata) -> None:
    review = compose(kata, results(kata, "g2"), Reading(), Verdict.CHANGES_REQUESTED)
    assert review.findings[0].id == "F2"
    assert "side effect" in review.findings[0].evidence[0]
    assert score_of(kata, results(kata, "g2")).closed == 1


def test_finding_whose_checks_were_not_reached(kata: Kata) -> None:
    checks = tuple(
        c.model_copy(update={"outcome": Outcome.NOT_RUN}) if c.finding == "F2" else c
        for c in results(kata)
    )
    review = compose(kata, checks, Reading(), Verdict.LIMIT_EXCEEDED)
    assert review.findings[0].evidence == ("The run ended before this could be looked at.",)


def test_hostile_evidence_is_not_markdown(kata: Kata) -> None:
    hostile = Evidence(text="<script>alert(1)</script> [x](javascript:y)\n# big")
    review = compose(
        kata, results(kata, "c1", evidence=(hostile,)), Reading(), Verdict.CHANGES_REQUESTED
    )
    assert review.findings[0].evidence == (
        r"\<script\>alert(1)\</script\> \[x\](javascript:y) # big",
    )


def test_hostile_fact_is_not_markdown(kata: Kata) -> None:
    hostile = Evidence(text="Seen", facts={"count": 1, "name": "![x](http://a)\n\n# *b*"})
    review = compose(
        kata, results(kata, "c1", evidence=(hostile,)), Reading(), Verdict.CHANGES_REQUESTED
    )
    told = r"1 strangers read the order of !\[x\](http://a) # \*b\*."
    assert review.findings[0].evidence[0] == told


def test_score(kata: Kata) -> None:
    score = score_of(kata, results(kata, "c1"))
    assert (score.kept, score.keep_total, score.closed, score.find_total) == (1, 1, 1, 2)


def test_composing_takes_less_than_ten_milliseconds(kata: Kata) -> None:
    checks = results(kata, "c1", "c2", evidence=OBSERVED)
    times: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        compose(kata, checks, Reading(places={"F2": PLACE}), Verdict.CHANGES_REQUESTED)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.010


def test_regression_without_evidence_still_has_words(kata: Kata) -> None:
    regression = compose(kata, results(kata, "k1"), Reading(), Verdict.REGRESSED).findings[0]
    assert (regression.state, regression.severity) == (State.REGRESSION, Severity.HIGH)
    assert regression.skill == kata.manifest.skills[0]
    assert regression.evidence == ("The rule “Orders keep their number” no longer held.",)
    assert regression.recommendation


def test_broken_rule_is_told_in_the_words_of_its_note(tmp_path: Path) -> None:
    kata = tiny_kata(tmp_path, {"notes/rules.md": RULES})
    seen = (Evidence(text="Order 7 was answered as 8."),)
    review = compose(kata, results(kata, "k1", evidence=seen), Reading(), Verdict.REGRESSED)
    regression = review.findings[0]
    assert (regression.id, regression.state) == ("k1", State.REGRESSION)
    assert regression.title == "Customers lose the number of their order"
    assert regression.why == "They ask for it by that number."
    assert regression.recommendation.startswith("Number orders in the table;")
    assert regression.evidence == (
        "The rule “Orders keep their number” no longer held.",
        "Order 7 was answered as 8.",
    )


def test_broken_rule_has_the_skill_and_severity_that_it_declares(tmp_path: Path) -> None:
    declared = 'kind = "keep"\nskill = "security"\nseverity = "critical"\n'
    kata = tiny_kata(tmp_path, {"kata.toml": MANIFEST.replace('kind = "keep"\n', declared)})
    review = compose(kata, results(kata, "k1"), Reading(), Verdict.REGRESSED)
    told = (review.findings[0].skill, review.findings[0].severity)
    assert told == (Skill.SECURITY, Severity.CRITICAL)


def test_verdict_and_next_step_name_the_rule_and_not_its_note(tmp_path: Path) -> None:
    kata = tiny_kata(tmp_path, {"notes/rules.md": RULES})
    review = compose(kata, results(kata, "k1"), Reading(), Verdict.REGRESSED)
    assert review.verdict_line.startswith("Not yet: “Orders keep their number” no longer holds;")
    assert review.next.text == "Restore “Orders keep their number” first."


def test_rule_that_was_not_reached_is_not_called_broken(kata: Kata) -> None:
    checks = with_outcome(results(kata), Outcome.NOT_RUN, "k1")
    review = compose(kata, checks, Reading(), Verdict.CHANGES_REQUESTED)
    assert [f.state for f in review.findings] == [State.CLOSED, State.CLOSED]
    assert review.verdict_line.endswith("but not every business rule was looked at.")
    assert review.next.text.startswith("Hand it in again")


def test_side_effect_is_not_claimed_where_the_flaw_was_not_looked_at(kata: Kata) -> None:
    checks = with_outcome(results(kata, "g2"), Outcome.NOT_RUN, "c2")
    finding = compose(kata, checks, Reading(), Verdict.LIMIT_EXCEEDED).findings[0]
    assert finding.evidence == (
        "This did not hold: “The owner still sees the order”.",
        "Not reached before the run ended: “A stranger sees nothing”.",
    )


def test_check_that_was_not_reached_is_named_beside_what_was_seen(kata: Kata) -> None:
    checks = with_outcome(results(kata, "c2", evidence=OBSERVED), Outcome.NOT_RUN, "g2")
    finding = compose(kata, checks, Reading(), Verdict.LIMIT_EXCEEDED).findings[0]
    assert finding.evidence == (
        "3 strangers read the order of Ann.",
        "Not reached before the run ended: “The owner still sees the order”.",
    )


def test_check_that_ended_in_an_error_does_not_prove_the_flaw(kata: Kata) -> None:
    checks = with_outcome(results(kata, "c1", evidence=OBSERVED), Outcome.ERROR, "c1")
    finding = compose(kata, checks, Reading(), Verdict.CHANGES_REQUESTED).findings[0]
    assert finding.evidence == ("Three strangers read it.",)


def test_facts_of_an_earlier_check_count_before_those_of_a_later_one(kata: Kata) -> None:
    first = results(kata, "c1", evidence=(Evidence(text="A", facts={"count": 1, "name": "Ann"}),))
    extra = first[1].model_copy(
        update={"id": "c9", "evidence": (Evidence(text="B", facts={"count": 2}),)}
    )
    finding = compose(kata, (*first, extra), Reading(), Verdict.CHANGES_REQUESTED).findings[0]
    assert finding.evidence == ("1 strangers read the order of Ann.", "B")


def test_sentences_are_said_once_and_at_most_six(kata: Kata) -> None:
    said = tuple(Evidence(text=f"Case {n // 2} failed.") for n in range(20))
    review = compose(kata, results(kata, "c1", evidence=said), Reading(), Verdict.CHANGES_REQUESTED)
    assert review.findings[0].evidence == tuple(f"Case {n} failed." for n in range(6))


def test_closed_finding_is_short(kata: Kata) -> None:
    review = compose(
        kata, results(kata, "c2"), Reading(places={"F1": PLACE}), Verdict.CHANGES_REQUESTED
    )
    closed = review.findings[-1]
    assert (closed.id, closed.state) == ("F1", State.CLOSED)
    assert closed.evidence == ("Praise for F1.",)
    assert closed.place is None
    assert (closed.why, closed.recommendation, closed.example, closed.trade_off) == ("",) * 4


def test_more_than_seven_open_findings_are_cut_short(tmp_path: Path) -> None:
    kata = kata_with_findings(tmp_path, 9)
    failing = [c.id for c in kata.checks(CheckKind.FIND)]
    reading = Reading(places={f.id: PLACE for f in kata.manifest.findings})
    review = compose(kata, results(kata, *failing), reading, Verdict.CHANGES_REQUESTED)
    assert [bool(f.evidence and f.why) for f in review.findings] == [True] * 7 + [False] * 2
    assert all(f.place == PLACE and f.recommendation for f in review.findings)


def test_near_miss_goes_to_the_regression_where_there_is_one(tmp_path: Path) -> None:
    expected = EXPECTED.replace("changes_requested", "regressed").replace('["c2"]', '["c2", "k1"]')
    kata = tiny_kata(tmp_path, {"specimens/hidden/expected.toml": expected})
    review = compose(kata, results(kata, "k1", "c2"), Reading(), Verdict.REGRESSED)
    assert review.findings[0].evidence[0] == "The order is hidden from lists alone."
    assert all("hidden" not in line for f in review.findings[1:] for line in f.evidence)


def test_near_miss_of_another_verdict_is_not_named(kata: Kata) -> None:
    review = compose(kata, results(kata, "c2"), Reading(), Verdict.LIMIT_EXCEEDED)
    assert all("hidden" not in line for f in review.findings for line in f.evidence)


def test_two_near_misses_that_look_alike_are_not_told_apart(tmp_path: Path) -> None:
    kata = tiny_kata(
        tmp_path,
        {
            "specimens/twin/expected.toml": EXPECTED,
            "specimens/twin/app/main.py": "app = 3\n",
            "notes/near-misses.md": "## hidden\nOne text.\n## twin\nAnother text.",
        },
    )
    review = compose(kata, results(kata, "c2"), Reading(), Verdict.CHANGES_REQUESTED)
    assert all("text." not in line for f in review.findings for line in f.evidence)


def test_kept_rule_is_praised_where_no_finding_is_closed(kata: Kata) -> None:
    review = compose(kata, results(kata, "c1", "c2"), Reading(), Verdict.CHANGES_REQUESTED)
    assert texts(review.done_well) == ("Kept: Orders keep their number.",)


def test_whatever_passed_is_praised_where_no_rule_is_kept(kata: Kata) -> None:
    review = compose(kata, results(kata, "k1", "c1", "c2"), Reading(), Verdict.REGRESSED)
    assert texts(review.done_well) == ("Kept: The owner still sees the order.",)


def test_limits_before_the_first_check(kata: Kata) -> None:
    review = compose(kata, not_run(kata), Reading(), Verdict.LIMIT_EXCEEDED)
    expected = "The service went over its limits, so nothing could be judged."
    assert review.verdict_line == expected
    assert review.next.text.startswith("Find what took so long")


def test_limits_halfway(kata: Kata) -> None:
    checks = with_outcome(results(kata), Outcome.NOT_RUN, "c2", "g2")
    review = compose(kata, checks, Reading(), Verdict.LIMIT_EXCEEDED)
    assert review.verdict_line == (
        "The service went over its limits before the run was through:"
        " 1 of 2 findings closed until then."
    )


def test_several_broken_rules_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    second = '[[checks]]\nid = "k2"\nkind = "keep"\ntitle = "Prices stay"\n[[findings]]'
    kata = tiny_kata(tmp_path, {"kata.toml": MANIFEST.replace("[[findings]]", second, 1)})
    review = compose(kata, results(kata, "k1", "k2"), Reading(), Verdict.REGRESSED)
    assert review.verdict_line == (
        "Not yet: 2 business rules no longer hold, “Orders keep their number” first;"
        " 2 of 2 findings closed."
    )


def test_same_results_give_the_same_review(kata: Kata) -> None:
    checks = results(kata, "k1", "c2", evidence=OBSERVED)
    once = compose(kata, checks, Reading(places={"F2": PLACE}), Verdict.REGRESSED)
    assert compose(kata, checks, Reading(places={"F2": PLACE}), Verdict.REGRESSED) == once
