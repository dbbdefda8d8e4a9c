"""Every bundled kata declares what it teaches, and has three hints."""

import pytest

from grader.authoring.coverage import TITLES
from grader.kata import Kata, bundled_katas, load_catalogue
from grader.notes import HINTS


@pytest.mark.parametrize(
    "kata", load_catalogue([bundled_katas()]).katas.values(), ids=lambda kata: str(kata.slug)
)
def test_kata_has_three_hints_and_charter_items(kata: Kata) -> None:
    assert len(kata.hints) == len(HINTS) == 3
    assert any(item.startswith("R") for item in kata.manifest.charter)
    known = (*TITLES, "O1", "O2", "O3", "O4")
    assert [item for item in kata.manifest.charter if item not in known] == []
