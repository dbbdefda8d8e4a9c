"""The geometry of seams: a crack in ink, gold where something was mended."""

import random
from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 600


@dataclass(frozen=True)
class Stretch:
    """One piece of a seam: the points of its line in a box of 600 by 12."""

    closed: bool
    points: str


def seam(seed: str, stretches: Iterable[bool]) -> list[Stretch]:
    """A crack with one stretch a finding, True where it is closed.

    The line depends on the seed and the count only: it never jumps between two renderings, and
    closing a finding does not move it. When all are closed the gaps vanish.
    """
    closed = list(stretches)
    if not closed:
        return []
    jitter = random.Random(f"{seed}/{len(closed)}")  # noqa: S311 (a drawing)
    if all(closed):
        return [Stretch(True, _points(jitter, 0, WIDTH, 5 * len(closed) + 1))]
    width = WIDTH / len(closed)
    return [
        Stretch(
            is_closed,
            _points(
                jitter, 3 * (i > 0) + i * width, (i + 1) * width - 3 * (i + 1 < len(closed)), 7
            ),
        )
        for i, is_closed in enumerate(closed)
    ]


@dataclass(frozen=True)
class Pour:
    """A whole crack and the gold that has been poured into it from the left; "" without any."""

    crack: str
    gold: str


def pour(seed: str, share: float, steps: int = 36) -> Pour:
    """A crack across, filled so far; the line depends on the seed alone.

    Args:
        seed: what it stands for.
        share: from 0 to 1.
        steps: how many pieces the line has.
    """
    jitter = random.Random(seed)  # noqa: S311 (a drawing)
    crack = _points(jitter, 0, WIDTH, steps + 1)
    return Pour(crack, _until(crack, WIDTH * min(max(share, 0.0), 1.0)))


def _until(points: str, end: float) -> str:
    """The part of a line that lies left of `end`."""
    line = [tuple(map(float, point.split(","))) for point in points.split(" ")]
    left = [f"{x},{y}" for x, y in line if x <= end]
    after = next(((x, y) for x, y in line if x > end), None)
    if end <= 0 or after is None:
        return " ".join(left) if end > 0 else ""
    x0, y0 = line[len(left) - 1]
    y = y0 + (after[1] - y0) * (end - x0) / (after[0] - x0)
    return " ".join([*left, f"{end:.1f},{y:.1f}"])


def _points(jitter: random.Random, start: float, end: float, count: int) -> str:
    step = (end - start) / (count - 1)
    at = [
        start + step * i + (0 < i < count - 1) * jitter.uniform(-0.3, 0.3) * step
        for i in range(count)
    ]
    return " ".join(f"{x:.1f},{6 + jitter.uniform(-3, 3):.1f}" for x in at)
