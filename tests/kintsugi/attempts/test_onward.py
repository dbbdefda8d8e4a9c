"""Where a learner goes on, and why."""

from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from grader_factories import tiny_kata
from kintsugi_factories import Graders, Learner, a_report
from sqlalchemy import event

from grader.kata import FindingSpec, Kata
from grader.report import Severity, Skill
from kintsugi.app import create_app
from kintsugi.attempts.onward import onward
from kintsugi.attempts.record import Begun, Met, Record
from kintsugi.catalogue.service import Shelf
from kintsugi.settings import Settings

VALIDATION, AUTH, ASYNC = Skill.VALIDATION, Skill.AUTH, Skill.ASYNC
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


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


def begun(kata: Kata, *, mended: bool = False, days: int = 30, **changes: Any) -> Begun:
    """A kata that was worked on so many days ago."""
    at = NOW - timedelta(days=days)
    return replace(Begun(kata, at, mended=mended, closed=0, gave_up=False), **changes)


def closed(kata: Kata) -> list[Met]:
    """A finding that was closed without help."""
    return left_open(kata, AUTH, open=False, closed_at=NOW)


def left_open(kata: Kata, *skills: Skill, days: int = 1, **changes: Any) -> list[Met]:
    """Findings of a kata that its last submission left open so many days ago."""
    at = NOW - timedelta(days=days)
    specs = [
        FindingSpec(id=f"F{n}", skill=skill, severity=Severity.HIGH, title=f"Flaw {n}")
        for n, skill in enumerate(skills)
    ]
    return [replace(Met(kata, spec, at, True, None, 0, False), **changes) for spec in specs]


def goes_on(
    offered: dict[str, Kata], *parts: Begun | list[Met], here: str | None = "tea"
) -> tuple[str, str]:
    record = Record(
        met=tuple(met for part in parts if isinstance(part, list) for met in part),
        begun=tuple(part for part in parts if isinstance(part, Begun)),
    )
    step = onward(record, offered, NOW, offered[here] if here else None)
    return (step.kata.slug, step.why) if step else ("", "")


class TestBegun:
    def test_what_was_begun_lately_comes_first(self, offered: dict[str, Kata]) -> None:
        race = begun(offered["race"], days=6, closed=1)
        due = left_open(offered["tea"], VALIDATION, days=9)
        why = "you have begun it, 1 of 2 findings are closed"
        assert goes_on(offered, race, due, here=None) == ("race", why)

    @pytest.mark.parametrize("changes", [{"days": 8}, {"mended": True}, {"gave_up": True}])
    def test_what_is_over_or_long_ago_does_not(
        self, offered: dict[str, Kata], changes: dict[str, Any]
    ) -> None:
        assert goes_on(offered, begun(offered["race"], **changes), here=None)[0] != "race"

    def test_after_a_review_another_begun_kata_does_not_push_in(
        self, offered: dict[str, Kata]
    ) -> None:
        assert goes_on(offered, begun(offered["race"], days=1))[0] == "gate"


class TestDue:
    def test_what_was_missed_comes_back_as_another_kata_of_the_skill(
        self, offered: dict[str, Kata]
    ) -> None:
        missed = left_open(offered["race"], AUTH, days=2)
        why = "authentication and authorisation is due again, “Flaw 0” stayed open in race"
        assert goes_on(offered, missed, here=None) == ("gate", why)

    def test_it_waits_for_its_day(self, offered: dict[str, Kata]) -> None:
        assert "due" not in goes_on(offered, left_open(offered["race"], AUTH, days=1))[1]

    @pytest.mark.parametrize(
        ("helped", "how"),
        [({"hints": 2}, "with hints"), ({"reference": True}, "with the reference open")],
    )
    def test_help_is_named_without_blame(
        self, offered: dict[str, Kata], helped: dict[str, Any], how: str
    ) -> None:
        at = NOW - timedelta(days=3)
        missed = left_open(offered["race"], AUTH, open=False, closed_at=at, **helped)
        assert goes_on(offered, missed)[1].endswith(f"“Flaw 0” was closed {how} in race")

    def test_the_kata_itself_comes_where_no_other_trains_it(self, offered: dict[str, Kata]) -> None:
        missed = left_open(offered["race"], ASYNC, days=2)
        assert goes_on(offered, missed)[0] == "race"


class TestWeakest:
    def test_goes_where_most_of_what_stays_open_is_trained_first(
        self, offered: dict[str, Kata]
    ) -> None:
        open_now = left_open(offered["race"], VALIDATION, VALIDATION, ASYNC)
        why = "most of what stays open for you is validation"
        assert goes_on(offered, closed(offered["tea"]), open_now) == ("form", why)

    def test_new_katas_come_before_begun_ones_and_harder_ones_last(
        self, offered: dict[str, Kata]
    ) -> None:
        open_now = [closed(offered["tea"]), left_open(offered["form"], VALIDATION)]
        form = begun(offered["form"])
        assert goes_on(offered, *open_now, form)[0] == "vault"
        rest = [begun(offered[name], mended=True) for name in ("gate", "vault")]
        assert goes_on(offered, *open_now, form, *rest)[0] == "form"
        last = begun(offered["form"], mended=True)
        assert goes_on(offered, *open_now, last, *rest)[0] == "hard"

    def test_one_kata_says_nothing_about_a_learner(self, offered: dict[str, Kata]) -> None:
        assert "open" not in goes_on(offered, left_open(offered["race"], ASYNC), here="race")[1]

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
        self, offered: dict[str, Kata], still: tuple[Skill, ...], why: str
    ) -> None:
        every = {name: changed(kata, skills=tuple(Skill)) for name, kata in offered.items()}
        assert goes_on(every, closed(every["tea"]), left_open(every["gate"], *still))[1] == why


class TestFollowing:
    def test_the_kata_that_this_one_names(self, offered: dict[str, Kata]) -> None:
        offered["tea"] = changed(offered["tea"], next="race")
        assert goes_on(offered) == ("race", "it follows tea")

    def test_the_next_in_order_where_that_is_mended_or_not_on_offer(
        self, offered: dict[str, Kata]
    ) -> None:
        assert goes_on(offered) == ("gate", "it is the next on the path")
        offered["tea"] = changed(offered["tea"], next="race")
        assert goes_on(offered, begun(offered["race"], mended=True))[0] == "gate"

    def test_what_was_left_out_comes_after_the_last(self, offered: dict[str, Kata]) -> None:
        assert goes_on(offered, here="vault")[0] == "tea"

    def test_who_is_new_begins_with_the_first(self, offered: dict[str, Kata]) -> None:
        assert goes_on(offered, here=None) == ("tea", "it asks the least")

    def test_nothing_is_left_once_all_is_mended(self, offered: dict[str, Kata]) -> None:
        everything = [begun(kata, mended=True) for kata in offered.values()]
        assert goes_on(offered, *everything) == ("", "")


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
