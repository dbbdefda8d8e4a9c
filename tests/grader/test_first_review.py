"""A learner's own review of the starter beside ours."""

from pathlib import Path

import pytest
from grader_factories import MANIFEST, NOTE, tiny_kata

from grader.inside.suite.places import Span
from grader.kata import FindingSpec, Kata
from grader.report import Severity, Skill
from grader.review.first import FirstReview, Flaw, Spots, first_review, starter_spots

FILE = "app/main.py"
STARTER = """from fastapi import FastAPI

app = FastAPI()


def total(lines):
    return sum(lines)


# one
# two
# three
# four
# five
@app.post("/orders")
def order(lines: list[int]):
    return total(lines)
"""


def flaw(
    skill: Skill,
    line: int,
    end: int = 0,
    severity: Severity = Severity.HIGH,
    file: str = FILE,
    text: str = "",
) -> Flaw:
    return Flaw(skill=skill, severity=severity, file=file, line=line, end=end or line, text=text)


def spec(name: str, skill: Skill, severity: Severity = Severity.HIGH) -> FindingSpec:
    return FindingSpec(id=name, skill=skill, severity=severity, title=f"Title {name}")


AUTH = spec("A", Skill.AUTH)
SPOTS = {"A": Spots(Span(FILE, 20, 24), (Span(FILE, 50, 60),))}


def compared(*flaws: Flaw) -> FirstReview:
    return first_review(flaws, [AUTH], SPOTS)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ((20, 24), True),
        ((22, 22), True),
        ((17, 17), True),
        ((16, 16), False),
        ((27, 27), True),
        ((28, 28), False),
        ((10, 17), True),
        ((50, 50), True),
        ((49, 49), False),
        ((60, 70), True),
    ],
)
def test_lines_match_within_three_of_the_place_or_in_the_routes_function(
    lines: tuple[int, int], found: bool
) -> None:
    review = compared(flaw(Skill.AUTH, *lines))
    assert [each.finding for each in review.found] == (["A"] if found else [])
    assert len(review.alarms) == (not found)
    assert review.missed == (() if found else ("Title A",))


def test_another_skill_or_another_file_does_not_match() -> None:
    review = compared(flaw(Skill.ASYNC, 22), flaw(Skill.AUTH, 22, file="app/other.py"))
    assert (review.found, review.missed, len(review.alarms)) == ((), ("Title A",), 2)


def test_severity_is_told_and_does_not_decide() -> None:
    (found,) = compared(flaw(Skill.AUTH, 22, severity=Severity.MEDIUM)).found
    assert (found.flaw.severity, found.severity, found.worse) == ("medium", "high", 1)
    (found,) = compared(flaw(Skill.AUTH, 22, severity=Severity.CRITICAL)).found
    assert found.worse == -1


def test_finding_that_is_named_twice_is_found_once_and_no_false_alarm() -> None:
    review = compared(flaw(Skill.AUTH, 22), flaw(Skill.AUTH, 23, text="again"))
    assert len(review.found) == 1
    assert [each.flaw.text for each in review.repeated] == ["again"]
    assert review.alarms == ()


def test_two_findings_at_one_place_are_shared_so_that_most_is_found() -> None:
    findings = [spec("A", Skill.AUTH), spec("B", Skill.AUTH)]
    spots = {"A": Spots(Span(FILE, 20, 24)), "B": Spots(Span(FILE, 20, 60))}
    review = first_review([flaw(Skill.AUTH, 22), flaw(Skill.AUTH, 20)], findings, spots)
    assert {each.finding for each in review.found} == {"A", "B"}
    both = [flaw(Skill.AUTH, 22, text="wide"), flaw(Skill.AUTH, 58, text="low")]
    review = first_review(both, list(reversed(findings)), spots)
    assert {each.flaw.text: each.finding for each in review.found} == {"wide": "A", "low": "B"}


def test_severity_decides_between_two_findings_at_one_place() -> None:
    findings = [spec("A", Skill.AUTH, Severity.LOW), spec("B", Skill.AUTH, Severity.HIGH)]
    spots = {name: Spots(Span(FILE, 20, 24)) for name in "AB"}
    review = first_review([flaw(Skill.AUTH, 22)], findings, spots)
    assert [each.finding for each in review.found] == ["B"]


def test_place_that_holds_the_line_comes_before_one_that_is_near() -> None:
    findings = [spec("A", Skill.AUTH, Severity.LOW), spec("B", Skill.AUTH, Severity.HIGH)]
    spots = {"A": Spots(Span(FILE, 20, 24)), "B": Spots(Span(FILE, 10, 18))}
    review = first_review([flaw(Skill.AUTH, 20)], findings, spots)
    assert [each.finding for each in review.found] == ["A"]


def test_finding_without_a_line_in_the_starter_is_found_by_its_skill() -> None:
    lost = spec("L", Skill.AUTH)
    review = first_review([flaw(Skill.AUTH, 90)], [AUTH, lost], {**SPOTS, "L": Spots()})
    assert [each.finding for each in review.found] == ["L"]
    review = first_review([flaw(Skill.AUTH, 22)], [lost, AUTH], {**SPOTS, "L": Spots()})
    assert [each.finding for each in review.found] == ["A"]


def test_nothing_listed_misses_everything() -> None:
    assert compared() == FirstReview(missed=("Title A",))


def test_places_of_the_starter_come_from_the_notes(tmp_path: Path) -> None:
    note = NOTE.replace('"route POST /orders"', '"function total", "route POST /orders"')
    kata = tiny_kata(
        tmp_path,
        {"starter/app/main.py": STARTER, "notes/F1.md": note, "kata.toml": MANIFEST},
    )
    spots = starter_spots(kata)
    route = Span(FILE, 15, 17)
    assert spots["F1"] == Spots(Span(FILE, 6, 7), (route,))
    assert spots["F2"] == Spots(route, (route,))
    assert starter_spots(kata) is spots


def test_another_version_of_a_kata_has_places_of_its_own(tmp_path: Path) -> None:
    first = tiny_kata(tmp_path / "1", {"starter/app/main.py": STARTER})
    second = tiny_kata(tmp_path / "2", {"starter/app/main.py": "# moved\n" + STARTER})
    assert line_of(second) == line_of(first) + 1


def line_of(kata: Kata) -> int:
    place = starter_spots(kata)["F2"].place
    assert place is not None
    return place.line
