"""Trying a suite with mutants: what is killed, what lives, what is marked as alike."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from grader_factories import tiny_kata

from grader.authoring.equivalents import load_marks, stale
from grader.authoring.mutants import mutants_of
from grader.authoring.mutate import Mutation, Score, mutate
from grader.kata import Kata, KataError, load_kata
from grader.sandbox.base import Driver

KATA = Path(__file__).parents[2] / "hostile/kata/data/cloakroom"
SERVICE = """
MOST = 3


def held(row):
    if row is None:
        raise KeyError
    return row.count > MOST


def lent(row):
    if row is None:
        raise KeyError
    return row.day
"""
MARK = """
[[mutants]]
operator = "OPERATOR"
file = "app/main.py"
line_of = "if coat.parcel is not None:"
becomes = "BECOMES"
reason = "No guest ever asks for two couriers."
"""


@pytest.fixture(scope="module")
def kata() -> Kata:
    return load_kata(KATA)


def marked(root: Path, text: str) -> Kata:
    """The kata with such an `equivalent.toml`."""
    folder = shutil.copytree(KATA, root / "data" / "cloakroom")
    (folder / "equivalent.toml").write_text(text)
    return load_kata(folder)


@pytest.mark.sandbox
def test_suite_is_scored_and_what_lives_is_shown(kata: Kata, sandbox: Driver) -> None:
    told: list[tuple[str, int, int, int]] = []

    def tell(slug: str, killed: int, done: int, total: int) -> None:
        told.append((slug, killed, done, total))

    (mutation,) = mutate([kata], sandbox, most=8, tell=tell)
    score = mutation.score
    assert (score.slug, score.mutants, score.equivalent) == ("cloakroom", 8, 0)
    assert score.killed + len(score.survivors) == 8
    assert score.killed >= 6, score.survivors
    assert score.rate == round(score.killed / 8, 3)
    assert all(diff.startswith("--- app/main.py\n+++ app/main.py\t") for diff in score.survivors)
    assert told[0] == ("cloakroom", 0, 0, 8)
    assert told[-1] == ("cloakroom", score.killed, 8, 8)
    assert (mutation.faults, mutation.errors) == ((), ())


@pytest.mark.sandbox
def test_reference_that_is_refused_is_no_ground_for_mutants(kata: Kata, sandbox: Driver) -> None:
    (mutation,) = mutate([replace(kata, reference=kata.starter)], sandbox)
    assert mutation.faults == ("the reference itself is refused: c1",)
    assert (mutation.score.mutants, mutation.errors, mutation.ok) == (0, (), False)


@pytest.mark.sandbox
def test_mark_on_a_mutant_that_is_told_apart_is_stale(tmp_path: Path, sandbox: Driver) -> None:
    wrong = MARK.replace("OPERATOR", "negation").replace("BECOMES", "if coat.parcel is None:")
    gone = MARK.replace("OPERATOR", "guard").replace("BECOMES", "if True:")
    kata = marked(tmp_path, wrong + gone)
    (mutation,) = mutate([kata], sandbox, most=100)
    lost, told_apart = mutation.faults
    assert lost.startswith("equivalent.toml: there is no such mutant any more: guard in app/main")
    assert told_apart.startswith("equivalent.toml: it is told apart, by c2: negation in app/main")
    assert not mutation.ok
    assert mutation.score.equivalent == 0


def test_mark_means_a_mutant_by_its_text_and_its_function(tmp_path: Path) -> None:
    mark = (
        '[[mutants]]\noperator = "guard"\nfile = "app/main.py"\nreason = "It never happens."\n'
        'line_of = "if row is None:"\nwithin = "lent"\n'
    )
    files = {"reference/app/main.py": SERVICE, "equivalent.toml": mark}
    kata = tiny_kata(tmp_path / "a", files)
    (found,) = load_marks(kata.folder)
    assert [m.within for m in mutants_of(kata) if found.means(m)] == ["lent"]
    moved = tiny_kata(tmp_path / "b", {**files, "reference/app/main.py": f"\n# More\n{SERVICE}"})
    assert stale([found], mutants_of(moved)) == []
    changed = SERVICE.replace("row is None", "row == 0")
    gone = tiny_kata(tmp_path / "c", {**files, "reference/app/main.py": changed})
    assert len(stale([found], mutants_of(gone))) == 1


def test_marks_change_no_verdict_and_so_no_version(tmp_path: Path) -> None:
    before = tiny_kata(tmp_path / "a").version
    assert tiny_kata(tmp_path / "b", {"equivalent.toml": "mutants = []"}).version == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mutants = ", "equivalent.toml: not TOML"),
        (MARK.replace("No guest ever asks for two couriers.", ""), "mutants.0.reason: "),
        (MARK.replace("line_of", "line"), "mutants.0.line_of: Field required"),
    ],
)
def test_malformed_marks_are_named(tmp_path: Path, text: str, said: str) -> None:
    kata = tiny_kata(tmp_path, {"equivalent.toml": text})
    with pytest.raises(KataError, match=said):
        load_marks(kata.folder)


def test_no_mutant_at_all_is_no_good_rate(tmp_path: Path) -> None:
    score = Score(slug="tiny", mutants=0, killed=0, equivalent=0, rate=0.0, survivors=())
    assert not Mutation(score).ok
    assert Mutation(score.model_copy(update={"rate": 0.85})).ok
