"""The geometry of seams: a crack in ink, gold where something was mended."""

import random
from collections.abc import Iterable
from dataclasses import dataclass


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
        return [Stretch(True, _points(jitter, 0, 600, 5 * len(closed) + 1))]
    width = 600 / len(closed)
    return [
        Stretch(
            is_closed,
            _points(
                jitter, 3 * (i > 0) + i * width, (i + 1) * width - 3 * (i + 1 < len(closed)), 7
            ),
        )
        for i, is_closed in enumerate(closed)
    ]


def _points(jitter: random.Random, start: float, end: float, count: int) -> str:
    step = (end - start) / (count - 1)
    at = [
        start + step * i + (0 < i < count - 1) * jitter.uniform(-0.3, 0.3) * step
        for i in range(count)
    ]
    return " ".join(f"{x:.1f},{6 + jitter.uniform(-3, 3):.1f}" for x in at)
