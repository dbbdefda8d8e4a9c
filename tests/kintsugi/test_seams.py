"""The drawing of a crack that gold is poured into."""

import pytest

from kintsugi.seams import WIDTH, pour


def ends(points: str) -> tuple[float, float]:
    line = [float(point.partition(",")[0]) for point in points.split(" ")]
    return line[0], line[-1]


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.999])
def test_gold_ends_where_it_was_poured_to(share: float) -> None:
    drawn = pour("auth", share)
    assert ends(drawn.crack) == (0, WIDTH)
    assert ends(drawn.gold) == pytest.approx((0, WIDTH * share), abs=0.05)


@pytest.mark.parametrize("share", [0.0, -1.0])
def test_nothing_poured_is_no_gold(share: float) -> None:
    assert pour("auth", share).gold == ""


@pytest.mark.parametrize("share", [1.0, 7.0])
def test_a_full_crack_is_gold_to_its_end(share: float) -> None:
    assert ends(pour("auth", share).gold) == (0, WIDTH)


def test_more_gold_does_not_move_the_crack() -> None:
    assert pour("auth", 0.3).crack == pour("auth", 0.6).crack
    assert pour("auth", 0.3).crack != pour("errors", 0.3).crack
