"""A repair that has become more than its problem is told so, and no other."""

import pytest

from grader.inside.suite.size import amount_of
from grader.kata import Kata, bundled_katas, load_catalogue
from grader.report import Severity, Size, State
from grader.review.too_much import too_much

KATAS = load_catalogue([bundled_katas()]).katas
LAYERS = "\n\n".join(
    f"class Layer{n}:\n    def __init__(self, inner: object) -> None:\n"
    "        self.inner = inner\n\n"
    "    def call(self, *args: object) -> object:\n        return self.inner\n"
    for n in range(20)
)


def size_of(kata: Kata, files: dict[str, str]) -> Size | None:
    amount = amount_of(kata.submission(files)[0])
    return Size(**amount.as_numbers()) if amount else None


@pytest.mark.parametrize("kata", KATAS.values(), ids=lambda kata: str(kata.slug))
def test_no_sample_of_ours_is_told_this(kata: Kata) -> None:
    samples = {"starter": kata.starter, "reference": kata.reference}
    samples |= {s.name: s.files for s in kata.specimens}
    assert [n for n, f in samples.items() if too_much(kata, size_of(kata, dict(f)))] == []


def test_twenty_layers_round_a_small_repair_are_too_much() -> None:
    kata = KATAS["library-desk"]
    files = dict(kata.reference)
    files["app/main.py"] += "\n\n" + LAYERS
    told = too_much(kata, size_of(kata, files))
    assert told is not None
    assert (told.state, told.severity, told.checks) == (State.ADVICE, Severity.ADVICE, ())
    assert "28 classes" in told.evidence[0]


def test_one_sign_alone_is_a_matter_of_style() -> None:
    kata = KATAS["library-desk"]
    assert kata.size
    assert too_much(kata, kata.size.model_copy(update={"classes": 40})) is None
    assert too_much(kata, kata.size.model_copy(update={"classes": 40, "functions": 90}))


def test_what_could_not_be_read_is_not_judged() -> None:
    assert too_much(KATAS["library-desk"], None) is None
