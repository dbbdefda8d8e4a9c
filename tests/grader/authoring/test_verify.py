"""Proving a kata: what holds is said to hold, and what does not is named with a reason."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.authoring.skeleton import begin, unwritten
from grader.authoring.verify import Proof, Row, deviation, verify
from grader.kata import Expectation, Kata, Specimen, load_kata
from grader.report import Outcome, Report, Verdict, parse_report
from grader.sandbox.base import Driver, Pair

KATA = Path(__file__).parents[2] / "hostile/kata/data/cloakroom"


@pytest.fixture(scope="module")
def kata() -> Kata:
    return load_kata(KATA)


def near_miss(kata: Kata, **changes: Any) -> Kata:
    """The kata with a specimen that mends the first finding only, and what is said of it."""
    half = kata.reference["app/main.py"].replace("if coat.parcel is not None:", "if False:")
    said: dict[str, Any] = {
        "kind": "near_miss",
        "verdict": Verdict.CHANGES_REQUESTED,
        "failing": frozenset({"c2"}),
        "findings": frozenset({"F2"}),
    }
    specimen = Specimen(
        "half", {**kata.starter, "app/main.py": half}, Expectation(**said | changes)
    )
    return replace(kata, specimens=(specimen,))


def rows(proof: Proof, kind: str) -> list[Row]:
    return [row for row in proof.rows if row.row == kind]


def reason(proof: Proof, kind: str) -> str:
    wrong = [row.reason for row in rows(proof, kind) if not row.ok]
    assert len(wrong) == 1, proof
    assert not proof.ok
    return wrong[0]


@pytest.mark.sandbox
def test_right_kata_is_proved_and_every_run_is_counted(kata: Kata, sandbox: Driver) -> None:
    told: list[tuple[int, int]] = []
    (proof,) = verify(
        [kata], sandbox, repeat=2, tell=lambda done, total: told.append((done, total))
    )
    assert proof.ok, proof
    assert proof.runs == 4
    assert sorted(told) == [(n, 4) for n in range(1, 5)]
    assert [row.row for row in proof.rows] == [
        *("starter", "reference", "repeats"),
        *("notes", "notes", "notes", "notes", "places", "leaks", "leaks", "brief"),
    ]


@pytest.mark.sandbox
def test_load_is_a_row_of_its_own(kata: Kata, sandbox: Driver) -> None:
    (proof,) = verify([kata], sandbox, load=True)
    assert rows(proof, "load") == [Row(row="load", name="beside two busy loops", ok=True)]
    assert rows(proof, "repeats") == []


def test_kata_that_is_only_begun_is_not_graded_but_says_what_is_missing(tmp_path: Path) -> None:
    class Nowhere:
        name = "nowhere"

        def pair(self) -> Pair:
            raise AssertionError("it was graded")

        def close(self) -> None: ...

    begun = load_kata(begin(tmp_path, "tea-house", "data"))
    (proof,) = verify([begun], Nowhere())
    assert (proof.ok, proof.runs) == (False, 0)
    assert {row.row for row in proof.rows} == {"unwritten"}
    assert len(proof.rows) == len(unwritten(begun.folder)) > 30
    first = proof.rows[0]
    assert first.name == "brief.md, line 1"
    assert first.reason == "the story: what the service is for, and who uses it"


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verdict": Verdict.APPROVED}, "verdict changes_requested, expected approved; c2: failed"),
        ({"failing": frozenset({"c1", "c2"})}, "c1 passed"),
        ({"failing": frozenset[str]()}, "c2 failed: "),
        ({"findings": frozenset({"F1"})}, "open findings ['F2'], expected ['F1']"),
    ],
    ids=["verdict", "fewer fail", "more fail", "findings"],
)
def test_specimen_that_is_graded_otherwise_than_declared_is_named(
    kata: Kata, sandbox: Driver, changes: dict[str, Any], said: str
) -> None:
    (proof,) = verify([near_miss(kata, **changes)], sandbox)
    assert reason(proof, "near_miss").startswith(f"1 of 1: {said}")


@pytest.mark.sandbox
def test_starter_that_mends_a_flaw_and_a_reference_that_does_not_are_named(
    kata: Kata, sandbox: Driver
) -> None:
    swapped = replace(kata, starter=kata.reference, reference=kata.starter)
    (proof,) = verify([swapped], sandbox)
    assert "verdict approved, expected changes_requested" in reason(proof, "starter")
    assert "verdict changes_requested, expected approved" in reason(proof, "reference")


Spoil = Callable[[Kata], Kata]


def _shown_title(kata: Kata) -> Kata:
    return replace(kata, brief=f"{kata.brief}\nANYBODY READS any coat.\n")


def _shown_input(kata: Kata) -> Kata:
    return replace(kata, brief=f"{kata.brief}\nhidden-suite-7f3b9a\n")


def _short_brief(kata: Kata) -> Kata:
    return replace(kata, brief="Mend it.")


def _broken_example(kata: Kata) -> Kata:
    note = replace(kata.notes["F1"], example="if coat.owner !=")
    return replace(kata, notes={**kata.notes, "F1": note})


def _lively_note(kata: Kata) -> Kata:
    note = replace(kata.notes["F1"], trade_off="One simply compares.")
    return replace(kata, notes={**kata.notes, "F1": note})


def _wordless_rule(kata: Kata) -> Kata:
    return replace(kata, rules={})


def _lost_place(kata: Kata) -> Kata:
    note = replace(kata.notes["F2"], places=("function nowhere",))
    return replace(kata, notes={**kata.notes, "F2": note})


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("spoil", "kind", "said"),
    [
        (_shown_title, "leaks", "'Anybody reads any coat' is shown to learners"),
        (_shown_input, "leaks", "'hidden-suite-7f3b9a' of the suite stands in the brief"),
        (_short_brief, "brief", "2 words; a brief has 60 to 600"),
        (_lively_note, "notes", "notes/F1.md, trade-off: a reviewer does without 'simply'"),
        (_broken_example, "notes", "notes/F1.md: the example does not parse"),
        (_wordless_rule, "notes", "notes/rules.md: nothing is said about k1"),
        (near_miss, "notes", "near-misses.md and specimens/ differ on half"),
        (_lost_place, "places", "no place on the starter for F2"),
    ],
)
def test_each_other_thing_that_is_wrong_is_named(
    kata: Kata, sandbox: Driver, spoil: Spoil, kind: str, said: str
) -> None:
    (proof,) = verify([spoil(kata)], sandbox)
    assert reason(proof, kind).startswith(said)


@pytest.mark.sandbox
def test_deviation_of_a_report_that_is_as_expected_is_none(kata: Kata, sandbox: Driver) -> None:
    from grader.grade import grade

    report: Report = grade(kata, kata.reference, sandbox)
    approved = Expectation(kind="alternative", verdict=Verdict.APPROVED)
    assert deviation(approved, parse_report(report.model_dump_json())) == ""
    assert {check.outcome for check in report.checks} == {Outcome.PASSED}
