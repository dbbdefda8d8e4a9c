"""Every sample of every kata is judged alike twenty times in a row, on a busy machine."""

import pytest

from grader.authoring.verify import verify
from grader.kata import Kata, bundled_katas, load_catalogue
from grader.sandbox.base import Driver

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
TIMES = 20


@pytest.mark.parametrize(
    "kata", load_catalogue([bundled_katas()]).katas.values(), ids=lambda kata: str(kata.slug)
)
def test_twenty_times_in_a_row_beside_two_busy_loops(kata: Kata, sandbox: Driver) -> None:
    proof = verify([kata], sandbox, repeat=TIMES, specimens=TIMES, load=True)[0]
    assert [row for row in proof.rows if not row.ok] == []
    assert proof.runs == TIMES * (2 + len(kata.specimens))
