"""Six reviews, word by word: what real runs told, and what the reviewer makes of it.

`python tests/grader/test_golden.py` writes down what is said of the recorded runs today; with
`anew` it grades the six first. Read the difference before it is committed, sentence by sentence.
"""

import sys
from pathlib import Path

import pytest

from grader.grade import grade
from grader.kata import Kata, bundled_katas, load_catalogue
from grader.report import Phases, Report, parse_report
from grader.review import compose, document
from grader.sandbox import choose

HERE = Path(__file__).parent / "golden"
SAMPLES = (
    ("last-seat", "starter"),
    ("invoice-window", "check-after-commit"),
    ("frozen-kiosk", "sleep-zero"),
    ("one-error-shape", "enum-and-middleware"),
    ("order-board", "reference"),
    ("last-seat", "index-over-cancelled"),
)
KATAS = load_catalogue([bundled_katas()]).katas


def files_of(kata: Kata, name: str) -> dict[str, str]:
    named = {s.name: s.files for s in kata.specimens}
    return dict({"starter": kata.starter, "reference": kata.reference, **named}[name])


def written(kata: Kata, name: str, report: Report) -> str:
    """The review as the notes and the composer of today make it of what was recorded."""
    assert report.verdict
    review = compose(kata, report.checks, report.reading, report.verdict)
    told = report.model_copy(update={"review": review})
    files, _ = kata.submission(files_of(kata, name))
    return document(told, kata.manifest.title, files)


@pytest.mark.parametrize(("slug", "name"), SAMPLES, ids=lambda part: part)
def test_the_same_facts_are_told_in_the_same_words(slug: str, name: str) -> None:
    report = parse_report((HERE / f"{slug}.{name}.json").read_bytes())
    expected = (HERE / f"{slug}.{name}.md").read_text("utf-8")
    assert written(KATAS[slug], name, report) == expected


def grade_anew() -> None:
    """Grade the six, and keep what was told."""
    sandbox = choose("auto")
    for slug, name in SAMPLES:
        kata = KATAS[slug]
        told = grade(kata, files_of(kata, name), sandbox, seed=1)
        told = told.model_copy(update={"review": None, "phases": Phases(), "kata_version": "1"})
        (HERE / f"{slug}.{name}.json").write_text(told.model_dump_json(indent=1) + "\n", "utf-8")


def write_down() -> None:
    """Write what is said of what was told."""
    for slug, name in SAMPLES:
        report = parse_report((HERE / f"{slug}.{name}.json").read_bytes())
        (HERE / f"{slug}.{name}.md").write_text(written(KATAS[slug], name, report), "utf-8")


if __name__ == "__main__":
    if "anew" in sys.argv:
        grade_anew()
    write_down()
