"""A submission beside the one before it: on the review, on a page of its own, in the API."""

from collections.abc import Callable

import pytest
from kintsugi_factories import API, Graders, Learner, a_report

from grader.kata import Kata
from grader.report import Place, Report

Makers = Callable[[], Learner]
FIRST = {"app/main.py": "first = 1\nsame = 2\n", "app/shelf.py": "umbrellas = []\n"}
SECOND = {"app/main.py": "second = 1\nsame = 2\n", "app/shelf.py": "umbrellas = []\n"}


@pytest.fixture
def learner(browsers: Makers) -> Learner:
    """A browser that uses the API too."""
    made = browsers()
    made.get("/katas")
    return made


def twice(learner: Learner, graders: Graders, disclosure: str = "full") -> tuple[str, str]:
    """Two graded submissions of one attempt: the second closes c1 and breaks the rule."""
    attempt = learner.begin()
    first = learner.submit(attempt, **FIRST)
    graders.grade(first, "c1", "c2")
    second = learner.submit(attempt, **SECOND)
    graders.grade(second, "k1", "c2")
    graders.change("attempt", attempt["id"], disclosure=disclosure)
    return first, second


def placed(report: Report, place: Place) -> Report:
    """The same report, whose first finding names lines."""
    assert report.review
    first, *rest = report.review.findings
    findings = (first.model_copy(update={"place": place}), *rest)
    review = report.review.model_copy(update={"findings": findings})
    return report.model_copy(update={"review": review})


class TestReview:
    def test_second_review_says_right_after_the_verdict_what_has_changed(
        self, learner: Learner, graders: Graders
    ) -> None:
        _, second = twice(learner, graders)
        page = learner.get(f"/submissions/{second}").text
        told = "Since submission 1: one finding closed, one rule broken."
        at = [page.find(part) for part in ('class="verdict"', told, 'id="finding-1"')]
        assert -1 not in at
        assert at == sorted(at)
        assert f'href="/submissions/{second}/changes"' in page
        assert len(page.encode()) < 100_000

    def test_first_review_has_nothing_to_compare_with(
        self, learner: Learner, graders: Graders
    ) -> None:
        first, _ = twice(learner, graders)
        page = learner.get(f"/submissions/{first}").text
        assert "Against the last time" not in page
        assert learner.get(f"/submissions/{first}/changes").status_code == 404

    def test_what_was_not_graded_is_passed_over(self, learner: Learner, graders: Graders) -> None:
        attempt = learner.begin()
        graders.grade(learner.submit(attempt, **FIRST), "c1")
        graders.recorder.fail(graders.begin(learner.submit(attempt, **FIRST)), None, "5ca1ab1e")
        learner.submit(attempt, **FIRST)  # gives way to the next
        last = learner.submit(attempt, **SECOND)
        graders.grade(last)
        assert "Since submission 1: one finding closed." in learner.get(f"/submissions/{last}").text

    def test_other_attempts_at_the_same_kata_do_not_count(
        self, learner: Learner, graders: Graders
    ) -> None:
        graders.grade(learner.submit(learner.begin(), **FIRST), "c1")
        alone = learner.submit(learner.begin(), **SECOND)
        graders.grade(alone)
        assert "Against the last time" not in learner.get(f"/submissions/{alone}").text


class TestChanges:
    def test_remark_stands_beside_the_changed_line_and_leads_to_the_finding(
        self, learner: Learner, graders: Graders, kata: Kata
    ) -> None:
        attempt = learner.begin()
        graders.grade(learner.submit(attempt, **FIRST), "c1")
        last = learner.submit(attempt, **SECOND)
        report = placed(a_report(kata, "c1"), Place(file="app/main.py", line=1, end=1))
        assert graders.recorder.finish(graders.begin(last), report)
        page = learner.get(f"/submissions/{last}/changes").text
        assert f'<a href="/submissions/{last}#finding-1">1. Nothing is answered' in page
        assert 'aria-label="Review of line 1"' in page
        (file,) = learner.get(f"{API}/submissions/{last}/changes").json()["files"]
        assert [line["findings"] for line in file["lines"]] == [[], ["F1"], []]

    def test_page_shows_what_went_and_what_came(self, learner: Learner, graders: Graders) -> None:
        first, second = twice(learner, graders)
        page = learner.get(f"/submissions/{second}/changes").text
        assert '<ins><span class="unseen">added</span>' in page
        assert '<del><span class="unseen">removed</span>' in page
        assert f'href="/submissions/{first}"' in page
        assert "app/shelf.py" not in page

    def test_document_has_the_comparison_and_the_lines(
        self, learner: Learner, graders: Graders
    ) -> None:
        first, second = twice(learner, graders)
        document = learner.get(f"{API}/submissions/{second}/changes").json()
        assert (document["earlier"], document["earlier_number"], document["number"]) == (
            first,
            1,
            2,
        )
        since = document["since"]
        assert [move["id"] for move in since["closed"]] == ["F1"]
        assert since["broken"] == ["An umbrella is found again"]
        (file,) = document["files"]
        assert (file["path"], file["change"], file["was"]) == ("app/main.py", "changed", None)
        assert [(line["change"], line["text"]) for line in file["lines"]] == [
            ("removed", "first = 1"),
            ("added", "second = 1"),
            ("", "same = 2"),
        ]

    def test_files_that_are_not_the_learners_are_told_as_ignored(
        self, learner: Learner, graders: Graders
    ) -> None:
        attempt = learner.begin()
        graders.grade(learner.submit(attempt, **FIRST), "c1")
        last = learner.submit(attempt, **FIRST, **{"app/extra.py": "<script>alert(1)</script>"})
        graders.grade(last, "c1")
        page = learner.get(f"/submissions/{last}/changes").text
        assert "app/extra.py" in page
        assert "not part of this kata and ignored" in page
        assert "<script>alert" not in page

    def test_same_files_again_are_said_to_be_the_same(
        self, learner: Learner, graders: Graders
    ) -> None:
        attempt = learner.begin()
        graders.grade(learner.submit(attempt, **FIRST), "c1")
        last = learner.submit(attempt, **FIRST)
        graders.grade(last, "c1")
        page = learner.get(f"/submissions/{last}/changes").text
        assert "The two submissions have the same files." in page


class TestRoles:
    @pytest.mark.parametrize("disclosure", ["none", "verdict"])
    def test_owner_who_may_not_see_findings_sees_no_comparison(
        self, learner: Learner, graders: Graders, disclosure: str
    ) -> None:
        _, second = twice(learner, graders, disclosure)
        assert "Against the last time" not in learner.get(f"/submissions/{second}").text
        for path in (f"/submissions/{second}/changes", f"{API}/submissions/{second}/changes"):
            reply = learner.get(path)
            assert reply.status_code == 404
            assert "first = 1" not in reply.text
            assert "one rule broken" not in reply.text

    def test_what_is_someone_elses_is_not_found(
        self, learner: Learner, graders: Graders, browsers: Makers, client: Learner
    ) -> None:
        _, second = twice(learner, graders)
        stranger = browsers()
        stranger.get("/katas")
        replies = [
            stranger.get(f"/submissions/{second}/changes"),
            stranger.get(f"{API}/submissions/{second}/changes"),
            stranger.get("/submissions/no-such-submission/changes"),
        ]
        assert [reply.status_code for reply in replies] == [404, 404, 404]
        assert client.get(f"{API}/submissions/{second}/changes").status_code == 401
