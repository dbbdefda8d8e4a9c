"""Six reviews, word by word: what real runs told, and what the reviewer makes of it.

`python tests/grader/test_golden.py` grades the six anew and writes them down; read the difference
before it is committed, sentence by sentence.
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
    kata, path = KATAS[slug], HERE / f"{slug}.{name}"
    report = parse_report(path.with_name(f"{path.name}.json").read_bytes())
    assert written(kata, name, report) == path.with_name(f"{path.name}.md").read_text("utf-8")


def record() -> None:
    """Grade the six and write down what was told and what is said."""
    sandbox = choose("auto")
    for slug, name in SAMPLES:
        kata, path = KATAS[slug], HERE / f"{slug}.{name}"
        told = grade(kata, files_of(kata, name), sandbox, seed=1)
        told = told.model_copy(update={"review": None, "phases": Phases(), "kata_version": "1"})
        json = told.model_dump_json(indent=1)
        path.with_name(f"{path.name}.json").write_text(json + "\n", "utf-8")
        path.with_name(f"{path.name}.md").write_text(written(kata, name, told), "utf-8")


if __name__ == "__main__":
    sys.exit(record())
