"""Every finding that a sample leaves open has a place in the sample's own files."""

import pytest

from grader.inside.suite.look import look
from grader.kata import Kata, bundled_katas, load_catalogue


@pytest.mark.parametrize(
    "kata", load_catalogue([bundled_katas()]).katas.values(), ids=lambda kata: str(kata.slug)
)
def test_open_findings_of_every_sample_are_placed(kata: Kata) -> None:
    selectors = {finding: note.places for finding, note in kata.notes.items()}
    lost: list[tuple[str, str]] = []
    for specimen in kata.specimens:
        files, _ = kata.submission(specimen.files)
        places = look(files, dict(kata.starter), selectors)["places"]
        for finding in sorted(specimen.expected.findings):
            place = places.get(finding)
            lines = files[place["file"]].count("\n") + 1 if place else 0
            if place is None or not 1 <= place["line"] <= place["end"] <= lines:
                lost.append((specimen.name, finding))
    assert lost == []
