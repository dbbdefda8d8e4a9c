"""Progress as people and programs see it, over a real database."""

import re
from collections.abc import Callable, Generator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from kintsugi_factories import API, Graders, Learner, a_report
from sqlalchemy import event

from grader.kata import Kata
from kintsugi.app import create_app
from kintsugi.catalogue.service import Shelf
from kintsugi.database import now
from kintsugi.settings import Settings

Browsers = Callable[[], Learner]
Graded = Callable[..., str]


@pytest.fixture
def three(kata: Kata) -> Shelf:
    """Three katas on offer, made of one."""
    made = Shelf([])
    made.katas = {
        slug: replace(kata, manifest=kata.manifest.model_copy(update={"slug": slug, "order": n}))
        for n, slug in enumerate((kata.slug, "second", "third"), start=1)
    }
    return made


@pytest.fixture
def app(settings: Settings, three: Shelf) -> FastAPI:
    return create_app(settings, three)


@pytest.fixture
def learner(browsers: Browsers) -> Learner:
    """A browser that uses the API too: one person on every surface."""
    made = browsers()
    made.get("/katas")
    return made


@pytest.fixture
def graded(learner: Learner, graders: Graders, three: Shelf) -> Graded:
    """Hand in at a kata and have it graded; returns the attempt."""

    def grade(slug: str, *failing: str, attempt: str = "", days: int = 0) -> str:
        id = attempt or learner.begin(slug)["id"]
        submission = learner.submit({"id": id}, **{"app/main.py": f"{failing!r}\n"})
        job = graders.begin(submission)
        assert graders.recorder.finish(job, a_report(three.katas[slug], *failing))
        if days:
            at = (now() - timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")
            graders.change("submission", submission, created_at=at)
            graders.change("attempt", id, touched_at=at)
        return id

    return grade


def skill(learner: Learner, name: str = "api-design") -> dict[str, Any]:
    skills = learner.get(f"{API}/progress").json()["skills"]
    return next(each for each in skills if each["skill"] == name)


class TestPage:
    def test_who_has_done_nothing_is_told_where_to_begin(self, browsers: Browsers) -> None:
        page = browsers().get("/progress")
        assert page.status_code == 200
        assert "It begins with the first review" in page.text
        assert "Begin with lost-umbrellas" in page.text
        assert "it asks the least" in page.text

    def test_levels_stand_with_their_evidence(self, learner: Learner, graded: Graded) -> None:
        graded("second", "c2")
        page = learner.get("/progress").text
        assert "1 of 2 findings closed, in 1 kata." in page
        assert 'aria-label="level 1 of 5, 3 points; goal 10 points"' in page
        assert "1 of 2 findings closed; 3 points" in page
        assert page.count("not met yet") == 6

    def test_history_leads_to_reviews_and_to_what_changed(
        self, learner: Learner, graded: Graded
    ) -> None:
        attempt = graded("second", "c1", "c2")
        assert "/changes" not in learner.get("/progress").text
        graded("second", "c2", attempt=attempt)
        page = learner.get("/progress").text
        changes = re.search(r'href="(/submissions/\w+/changes)"', page)
        assert changes
        assert learner.get(changes[1]).status_code == 200
        assert "2 submissions" in page

    def test_mended_after_giving_up_says_so(
        self, learner: Learner, graded: Graded, graders: Graders
    ) -> None:
        attempt = graded("second", "c1", "c2")
        learner.post(f"/attempts/{attempt}/reference", data={"sure": "1"})
        graded("second", attempt=attempt)
        page = learner.get("/progress").text
        assert "with the reference open" in page
        assert skill(learner)["points"] == pytest.approx((3 + 1) * 0.25)

    def test_hints_that_were_open_count(self, learner: Learner, graded: Graded) -> None:
        attempt = graded("second", "c1")
        learner.post(f"/attempts/{attempt}/hints", data={"number": "1"})
        graded("second", attempt=attempt)
        assert skill(learner)["points"] == pytest.approx(1 + 3 * 0.9)
        assert "1 hint open" in learner.get("/progress").text

    def test_what_was_missed_comes_back_as_another_kata(
        self, learner: Learner, graded: Graded
    ) -> None:
        graded("second", "c1", days=9)
        page = learner.get("/progress").text
        comebacks = page.partition('class="comebacks"')[2].partition("</ul>")[0]
        assert "due now" in comebacks
        assert "/katas/lost-umbrellas" in comebacks
        assert "Nothing is answered as if it were something" in comebacks
        assert "stayed open in second" in comebacks
        assert "API design is due again" in page

    def test_what_was_missed_today_is_due_in_two_days(
        self, learner: Learner, graded: Graded
    ) -> None:
        graded("second", "c1")
        assert "in 2 days" in learner.get("/progress").text

    def test_once_all_is_mended_it_says_so(self, learner: Learner, graded: Graded) -> None:
        for slug in ("lost-umbrellas", "second", "third"):
            graded(slug)
        assert "Every kata is mended" in learner.get("/progress").text

    @pytest.mark.parametrize("disclosure", ["none", "verdict"])
    def test_what_is_not_disclosed_counts_nowhere(
        self, learner: Learner, graded: Graded, graders: Graders, disclosure: str
    ) -> None:
        graders.change("attempt", graded("second", "c1"), disclosure=disclosure)
        page = learner.get("/progress").text
        assert "Nothing is answered as if it were something" not in page
        assert "not met yet" not in page
        assert skill(learner)["met"] == 0
        assert learner.get(f"{API}/progress").json()["katas"] == []


class TestApi:
    def test_document_says_the_same(self, learner: Learner, graded: Graded) -> None:
        graded("second", "c1", days=1)
        document = learner.get(f"{API}/progress").json()
        assert len(document["skills"]) == 7
        expected = {"kata": "second", "closed": 1, "met": 2, "points": 1.0}
        (evidence,) = skill(learner)["evidence"]
        assert evidence == {**expected, "hints": 0, "reference": False}
        (kata,) = document["katas"]
        assert (kata["kata"], kata["state"], kata["closed"]) == ("second", "begun", 1)
        (back,) = document["returns"]
        assert (back["kata"], back["comes_as"], back["times"]) == ("second", "lost-umbrellas", 0)
        assert sum(week["closed"] for week in document["weeks"]) == 1
        assert document["next"]["kata"] == "second"
        assert "1 of 2 findings are closed" in document["next"]["why"]

    def test_nobody_sees_anyone_elses(
        self, learner: Learner, graded: Graded, browsers: Browsers
    ) -> None:
        graded("second", "c1")
        stranger = browsers()
        assert stranger.get(f"{API}/progress").status_code == 401
        assert "second</a>" not in stranger.get("/progress").text
        assert stranger.get(f"{API}/progress").json()["katas"] == []


@pytest.fixture
def queries() -> Generator[list[str]]:
    """Every statement that any engine sends."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        sent.append(str(arguments[2]))

    event.listen(sa.Engine, "before_cursor_execute", note)
    yield sent
    event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", ["/progress", f"{API}/progress", "/", "/katas"])
def test_number_of_queries_does_not_grow_with_what_was_done(
    learner: Learner, graded: Graded, queries: list[str], path: str
) -> None:
    counts: list[int] = []
    for slug in ("lost-umbrellas", "second", "third"):
        graded(slug, "c2", attempt=graded(slug, "c1"))
        queries.clear()
        assert learner.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2] > 0
    assert not any("files" in statement for statement in queries), "drafts are long"
