"""A report beside an earlier one."""

from pathlib import Path

import pytest
from grader_factories import a_run, not_run, results, tiny_kata, with_outcome

from grader.kata import Kata
from grader.report import CheckResult, Outcome, Place, Reading, Report, Verdict
from grader.review.since import Since, since

HERE = Place(file="app/main.py", line=12, end=14)
THERE = Place(file="app/main.py", line=40, end=42)


@pytest.fixture
def kata(tmp_path: Path) -> Kata:
    return tiny_kata(tmp_path)


def judged(kata: Kata, checks: tuple[CheckResult, ...], **places: Place) -> Report:
    failed = {c.id for c in checks if c.outcome is not Outcome.PASSED}
    verdict = Verdict.REGRESSED if "k1" in failed else Verdict.CHANGES_REQUESTED
    verdict = verdict if failed else Verdict.APPROVED
    if all(c.outcome is Outcome.NOT_RUN for c in checks):
        verdict = Verdict.UNRUNNABLE
    return a_run(kata, checks, verdict, Reading(places=places))


def report(kata: Kata, *failing: str, **places: Place) -> Report:
    return judged(kata, results(kata, *failing), **places)


def ids(found: Since) -> dict[str, list[str]]:
    return {
        "closed": [m.id for m in found.closed],
        "reopened": [m.id for m in found.reopened],
        "still_open": [m.id for m in found.still_open],
        "unseen": [m.id for m in found.unseen],
    }


def test_closed_finding_and_broken_rule_are_told_in_one_sentence(kata: Kata) -> None:
    found = since(report(kata, "c1", "c2"), report(kata, "k1"), "submission 1")
    assert found.sentence == "Since submission 1: two findings closed, one rule broken."
    assert ids(found) == {"closed": ["F1", "F2"], "reopened": [], "still_open": [], "unseen": []}
    assert found.broken == ("Orders keep their number",)
    assert (found.verdict_before, found.verdict_now) == ("changes_requested", "regressed")


def test_finding_that_is_open_again_and_rule_that_is_restored(kata: Kata) -> None:
    found = since(report(kata, "k1", "c1"), report(kata, "c2"), "submission 4")
    told = "one finding closed, one finding open again, one rule restored"
    assert found.sentence == f"Since submission 4: {told}."
    assert ids(found)["reopened"] == ["F2"]
    assert found.restored == ("Orders keep their number",)


def test_what_stays_open_has_its_place_at_both_times(kata: Kata) -> None:
    found = since(report(kata, "c2", F2=HERE), report(kata, "c2", F2=THERE))
    assert [(m.id, m.before, m.now, m.moved) for m in found.still_open] == [
        ("F2", HERE, THERE, True)
    ]
    assert not since(report(kata, "c2", F2=HERE), report(kata, "c2", F2=HERE)).still_open[0].moved


def test_nothing_new_is_said_as_that(kata: Kata) -> None:
    same = since(report(kata, "c2"), report(kata, "c2"), "submission 1")
    assert same.sentence == "Since submission 1: nothing has changed, one finding still open."
    done = since(report(kata), report(kata))
    assert done.sentence == "Since the last time: nothing has changed in what was checked."


def test_service_that_did_not_start_has_opened_and_broken_nothing(kata: Kata) -> None:
    for before, now in [
        (report(kata), judged(kata, not_run(kata))),
        (judged(kata, not_run(kata)), report(kata)),
    ]:
        found = since(before, now)
        assert ids(found) == {
            "closed": [],
            "reopened": [],
            "still_open": [],
            "unseen": ["F1", "F2"],
        }
        assert (found.broken, found.restored) == ((), ())
        assert "nothing can be compared" in found.sentence


def test_finding_that_one_run_did_not_come_to_is_not_judged(kata: Kata) -> None:
    cut_off = judged(kata, with_outcome(results(kata), Outcome.NOT_RUN, "c2", "g2"))
    found = since(report(kata, "c1"), cut_off)
    assert ids(found) == {"closed": ["F1"], "reopened": [], "still_open": [], "unseen": ["F2"]}
    assert found.sentence.endswith("Not both runs came to one finding.")


def test_kata_that_changed_in_between_is_said(kata: Kata) -> None:
    older = report(kata, "c1").model_copy(update={"kata_version": "0123456789ab"})
    found = since(older, report(kata))
    assert found.kata_changed
    assert found.sentence.endswith("The kata itself has changed in between.")


def test_report_without_a_review_compares_rules_alone(kata: Kata) -> None:
    bare = report(kata, "k1").model_copy(update={"review": None})
    found = since(report(kata, "c1"), bare)
    assert ids(found) == {"closed": [], "reopened": [], "still_open": [], "unseen": []}
    assert found.broken == ("Orders keep their number",)
