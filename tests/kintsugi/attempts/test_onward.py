"""Where a learner goes on: by what stays open."""

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from grader_factories import tiny_kata
from kintsugi_factories import Graders, Learner, a_report
from sqlalchemy import event

from grader.kata import Kata
from grader.report import Skill
from kintsugi.app import create_app
from kintsugi.attempts.onward import Result, onward
from kintsugi.catalogue.service import Shelf
from kintsugi.settings import Settings

VALIDATION, AUTH, ASYNC = Skill.VALIDATION, Skill.AUTH, Skill.ASYNC


@pytest.fixture
def offered(tmp_path: Path) -> dict[str, Kata]:
    """Six katas in order: what they train, how hard they are."""
    base = tiny_kata(tmp_path)
    trained = {
        "tea": ((VALIDATION,), 1),
        "gate": ((AUTH, VALIDATION), 1),
        "form": ((VALIDATION, AUTH), 2),
        "race": ((ASYNC,), 2),
        "hard": ((VALIDATION,), 5),
        "vault": ((VALIDATION,), 2),
    }
    return {
        name: changed(base, slug=name, order=order, skills=skills, difficulty=difficulty)
        for order, (name, (skills, difficulty)) in enumerate(trained.items())
    }


def changed(kata: Kata, **update: object) -> Kata:
    """The same kata with another manifest."""
    return replace(kata, manifest=kata.manifest.model_copy(update=update))


def goes_on(offered: dict[str, Kata], *results: Result, here: str = "tea") -> tuple[str, str]:
    step = onward(offered[here], results, offered)
    return (step.kata.slug, step.why) if step else ("", "")


MENDED = Result("tea", True, ())


def test_goes_where_most_of_what_stays_open_is_trained_first(offered: dict[str, Kata]) -> None:
    race = Result("race", False, (VALIDATION, VALIDATION, ASYNC))
    why = "most of what stays open for you is validation"
    assert goes_on(offered, MENDED, race) == ("form", why)


def test_new_katas_come_before_begun_ones_and_harder_ones_last(offered: dict[str, Kata]) -> None:
    begun = Result("form", False, (VALIDATION,))
    assert goes_on(offered, MENDED, begun)[0] == "vault"
    rest = [Result(name, True, ()) for name in ("gate", "vault")]
    assert goes_on(offered, MENDED, begun, *rest)[0] == "form"
    last = Result("form", True, (VALIDATION,))
    assert goes_on(offered, MENDED, last, *rest)[0] == "hard"


def test_one_kata_says_nothing_about_a_learner(offered: dict[str, Kata]) -> None:
    assert goes_on(offered, Result("race", False, (ASYNC,)), here="race") == ("", "")


def test_nothing_open_or_nothing_left_leaves_it_to_the_kata(offered: dict[str, Kata]) -> None:
    assert goes_on(offered, MENDED, Result("race", True, ())) == ("", "")
    assert goes_on(offered, MENDED, Result("race", True, (ASYNC,))) == ("", "")


@pytest.mark.parametrize(
    ("still", "why"),
    [
        ((ASYNC, ASYNC), "all that stays open for you is async and concurrency"),
        (
            (ASYNC, ASYNC, AUTH, VALIDATION),
            "async and concurrency is what stays open for you most often",
        ),
        ((Skill.API_DESIGN,), "all that stays open for you is API design"),
    ],
)
def test_clause_says_no_more_than_the_numbers(
    offered: dict[str, Kata], still: tuple[Skill, ...], why: str
) -> None:
    every = {name: changed(kata, skills=tuple(Skill)) for name, kata in offered.items()}
    assert goes_on(every, MENDED, Result("gate", False, still))[1] == why


class TestReview:
    """On a shelf of four katas, made of one."""

    @pytest.fixture
    def four(self, kata: Kata) -> Shelf:
        more = {
            slug: changed(kata, slug=slug, order=order)
            for order, slug in enumerate(("second", "third", "fourth"), start=2)
        }
        made = Shelf([])
        made.katas = {kata.slug: kata, **more}
        return made

    @pytest.fixture
    def app(self, settings: Settings, four: Shelf) -> FastAPI:
        return create_app(settings, four)

    def test_next_step_names_the_kata_and_why(
        self, browsers: Callable[[], Learner], graders: Graders, four: Shelf
    ) -> None:
        learner = browsers()
        learner.get("/katas")
        first = learner.submit(learner.begin())
        graders.grade(first)
        before = learner.get(f"/submissions/{first}").text
        assert "Continue with 2 second" in before
        assert "stays open for you" not in before
        other = learner.submit(learner.begin("second"))
        report = a_report(four.katas["second"], "c1")
        assert graders.recorder.finish(graders.begin(other), report)
        page = learner.get(f"/submissions/{first}").text
        assert "all that stays open for you is API design." in page
        assert "Continue with 3 third" in page

    def test_what_is_not_disclosed_does_not_show_in_the_next_step(
        self, browsers: Callable[[], Learner], graders: Graders, four: Shelf
    ) -> None:
        learner = browsers()
        learner.get("/katas")
        first = learner.submit(learner.begin())
        graders.grade(first)
        attempt = learner.begin("second")
        other = learner.submit(attempt)
        assert graders.recorder.finish(graders.begin(other), a_report(four.katas["second"], "c1"))
        graders.change("attempt", attempt["id"], disclosure="verdict")
        page = learner.get(f"/submissions/{first}").text
        assert "Continue with 2 second" in page
        assert "stays open for you" not in page

    def test_number_of_queries_does_not_grow_with_the_katas(
        self, browsers: Callable[[], Learner], graders: Graders, four: Shelf, queries: list[str]
    ) -> None:
        learner = browsers()
        learner.get("/katas")
        first = learner.submit(learner.begin())
        graders.grade(first)
        counts: list[int] = []
        for slug in ("second", "third"):
            other = learner.submit(learner.begin(slug))
            assert graders.recorder.finish(graders.begin(other), a_report(four.katas[slug], "c1"))
            queries.clear()
            assert learner.get(f"/submissions/{first}").status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1] > 0

    @pytest.fixture
    def queries(self) -> Generator[list[str]]:
        """Every statement that any engine sends."""
        sent: list[str] = []

        def note(*arguments: object) -> None:
            sent.append(str(arguments[2]))

        event.listen(sa.Engine, "before_cursor_execute", note)
        yield sent
        event.remove(sa.Engine, "before_cursor_execute", note)
