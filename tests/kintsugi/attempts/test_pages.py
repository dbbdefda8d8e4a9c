"""The pages of one's work: a browser without JavaScript can do everything."""

import re
from collections.abc import Callable

import pytest
from grader_factories import results
from kintsugi_factories import KATA, NOT_FOR_PRACTICE, Graders, Learner

from grader.kata import Kata

Browsers = Callable[[], Learner]


def attempt_id(page: str) -> str:
    """Where the page's form hands in."""
    found = re.search(r'action="/attempts/([^/"]+)/submissions"', page)
    assert found, page
    return found[1]


def form(**files: str) -> dict[str, str]:
    return {f"files[{path}]": text for path, text in files.items()}


def open_kata(browser: Learner) -> str:
    return attempt_id(browser.get(f"/katas/{KATA}").text)


def hand_in(browser: Learner, attempt: str, **files: str) -> str:
    """Submit the form; returns the address that the browser is sent to."""
    data = form(**(files or {"app/main.py": "mended = 1"}))
    reply = browser.post(f"/attempts/{attempt}/submissions", data=data)
    assert reply.status_code == 303, reply.text
    return reply.headers["location"]


class TestVisitor:
    def test_looking_around_stores_nothing(self, browsers: Browsers, graders: Graders) -> None:
        visitor = browsers()
        for path in ("/", "/katas", f"/katas/{KATA}", "/attempts"):
            assert visitor.get(path).status_code == 200
        assert graders.count("account") == 0
        assert graders.count("attempt") == 0

    def test_the_first_save_makes_the_account_and_the_attempt(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        visitor = browsers()
        saved = visitor.put(
            f"/attempts/{open_kata(visitor)}/draft",
            json={"files": {"app/main.py": "first = 1"}, "revision": 0},
        )
        assert (saved.status_code, saved.json()) == (200, {"revision": 1})
        assert (graders.count("account"), graders.count("attempt")) == (1, 1)
        assert "first = 1" in visitor.get(f"/katas/{KATA}").text

    def test_the_page_names_the_same_attempt_before_and_after(self, browsers: Browsers) -> None:
        visitor = browsers()
        before = open_kata(visitor)
        hand_in(visitor, before)
        assert open_kata(visitor) == before

    def test_without_a_cookie_nobody_can_write_to_an_offered_attempt(
        self, browsers: Browsers
    ) -> None:
        offered, stranger = open_kata(browsers()), browsers()
        reply = stranger.post(f"/attempts/{offered}/reset")
        assert reply.status_code == 404

    def test_a_cookie_that_was_changed_is_nobodys(self, browsers: Browsers) -> None:
        visitor = browsers()
        attempt = open_kata(visitor)
        hand_in(visitor, attempt)
        changed = {"Cookie": f"kintsugi={visitor.client.cookies['kintsugi'][:-2]}xx"}
        visitor.client.cookies.clear()
        assert visitor.get(f"/attempts/{attempt}", headers=changed).status_code == 404


class TestKatas:
    @pytest.mark.parametrize("slug", ["last-seet", NOT_FOR_PRACTICE])
    def test_one_that_is_not_on_offer_has_no_page(self, browsers: Browsers, slug: str) -> None:
        assert browsers().get(f"/katas/{slug}").status_code == 404

    def test_nothing_hidden_is_on_the_page(self, browsers: Browsers, kata: Kata) -> None:
        page = browsers().get(f"/katas/{KATA}").text
        assert "test_found_again" not in page
        assert not any(finding.title in page for finding in kata.manifest.findings)

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("", True),
            ("state=&difficulty=&skill=", True),
            ("track=contracts&skill=api-design&difficulty=1&state=new", True),
            ("difficulty=4", False),
            ("state=mended", False),
            ("minutes=30&q=umbrellas", True),
            ("q=zebra", False),
            ("track=nowhere", False),
        ],
    )
    def test_filters_leave_what_matches(self, browsers: Browsers, query: str, shown: bool) -> None:
        assert (f"/katas/{KATA}" in browsers().get(f"/katas?{query}").text) is shown

    def test_what_is_next_stands_first_for_who_has_begun(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        visitor = browsers()
        for path in ("/", "/katas"):
            assert "you have begun it" not in visitor.get(path).text
        submission = hand_in(visitor, open_kata(visitor)).rpartition("/")[2]
        graders.grade(submission, "c1")
        for path in ("/", "/katas", "/katas?state=mended"):
            assert "you have begun it, 1 of 2 findings are closed" in visitor.get(path).text

    def test_htmx_gets_the_list_alone(self, browsers: Browsers) -> None:
        part = browsers().get("/katas?q=umbrellas", headers={"HX-Request-Type": "partial"}).text
        assert part.lstrip().startswith('<div id="catalogue">')

    def test_a_filter_that_does_not_exist_is_refused(self, browsers: Browsers) -> None:
        assert browsers().get("/katas?difficulty=hard").status_code == 422

    def test_the_list_knows_how_far_one_is(self, browsers: Browsers, graders: Graders) -> None:
        visitor = browsers()
        submission = hand_in(visitor, open_kata(visitor)).rpartition("/")[2]
        assert f"/katas/{KATA}" in visitor.get("/katas?state=begun").text
        graders.grade(submission)
        assert f"/katas/{KATA}" in visitor.get("/katas?state=mended").text
        assert f"/katas/{KATA}" not in browsers().get("/katas?state=mended").text


class TestDraft:
    def test_the_form_saves_it_and_line_ends_stay_plain(self, browsers: Browsers) -> None:
        visitor = browsers()
        attempt = open_kata(visitor)
        data = form(**{"app/main.py": "a = 1\r\nb = 2\r\n"})
        saved = visitor.post(f"/attempts/{attempt}/draft", data=data)
        assert (saved.status_code, saved.headers["location"]) == (303, f"/katas/{KATA}")
        newer = visitor.put(
            f"/attempts/{attempt}/draft", json={"files": {"app/main.py": "x"}, "revision": 0}
        )
        assert newer.status_code == 409
        assert newer.json()["files"]["app/main.py"] == "a = 1\nb = 2\n"

    def test_the_starter_comes_back_and_submissions_stay(
        self, browsers: Browsers, kata: Kata
    ) -> None:
        visitor = browsers()
        attempt = open_kata(visitor)
        submission = hand_in(visitor, attempt, **{"app/main.py": "worse = 1"})
        reset = visitor.post(f"/attempts/{attempt}/reset")
        assert (reset.status_code, reset.headers["location"]) == (303, f"/katas/{KATA}")
        page = visitor.get(f"/katas/{KATA}").text
        assert "worse = 1" not in page
        assert "umbrellas.append(colour)" in page
        assert submission in page


class TestSubmission:
    def test_the_address_shows_progress_and_then_the_review(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        visitor = browsers()
        address = hand_in(visitor, open_kata(visitor))
        waiting = visitor.get(address)
        assert waiting.status_code == 200
        assert 'http-equiv="refresh"' in waiting.text
        graders.grade(address.rpartition("/")[2], "c1")
        review = visitor.get(address).text
        assert 'http-equiv="refresh"' not in review
        assert "Nothing is answered as if it were something" in review

    def test_htmx_gets_the_part_and_the_new_address(self, browsers: Browsers) -> None:
        visitor = browsers()
        reply = visitor.post(
            f"/attempts/{open_kata(visitor)}/submissions",
            data=form(**{"app/main.py": "a = 1"}),
            headers={"HX-Request-Type": "partial"},
        )
        assert reply.status_code == 200
        assert reply.headers["hx-push-url"].startswith("/submissions/")
        assert "<html" not in reply.text

    def test_checks_that_have_come_are_on_a_page_that_is_loaded_later(
        self, browsers: Browsers, graders: Graders, kata: Kata
    ) -> None:
        visitor = browsers()
        address = hand_in(visitor, open_kata(visitor))
        job = graders.begin(address.rpartition("/")[2])
        graders.recorder.checks(job, results(kata)[:1])
        assert "An umbrella is found again" in visitor.get(address).text

    def test_what_is_not_right_is_said_on_a_page(self, browsers: Browsers) -> None:
        visitor = browsers()
        attempt = open_kata(visitor)
        huge = form(**{"app/main.py": "#" * (300 * 1024)})
        assert visitor.post(f"/attempts/{attempt}/submissions", data=huge).status_code == 413
        assert visitor.post(f"/attempts/{attempt}/submissions", data={}).status_code == 422

    def test_one_that_broke_shows_its_id(self, browsers: Browsers, graders: Graders) -> None:
        visitor = browsers()
        address = hand_in(visitor, open_kata(visitor))
        job = graders.begin(address.rpartition("/")[2])
        graders.recorder.fail(job, None, "5ca1ab1e0000")
        assert "5ca1ab1e0000" in visitor.get(address).text


class TestReviewAsAFile:
    def test_it_holds_what_the_page_says(self, browsers: Browsers, graders: Graders) -> None:
        visitor = browsers()
        address = hand_in(visitor, open_kata(visitor))
        assert visitor.get(f"{address}/review.md").status_code == 404
        graders.grade(address.rpartition("/")[2], "c1")
        reply = visitor.get(f"{address}/review.md")
        assert reply.headers["content-type"] == "text/markdown; charset=utf-8"
        assert f'filename="{KATA}-review-1.md"' in reply.headers["content-disposition"]
        assert "Nothing is answered as if it were something" in reply.text
        assert f'href="{address}/review.md"' in visitor.get(address).text

    def test_what_is_not_disclosed_is_in_no_file(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        visitor = browsers()
        attempt = open_kata(visitor)
        address = hand_in(visitor, attempt)
        graders.grade(address.rpartition("/")[2], "c1")
        graders.change("attempt", attempt, disclosure="verdict")
        assert visitor.get(f"{address}/review.md").status_code == 404


class TestRoles:
    def test_what_is_someone_elses_is_not_found(self, browsers: Browsers, graders: Graders) -> None:
        owner, stranger = browsers(), browsers()
        stranger.get("/katas")
        attempt = open_kata(owner)
        address = hand_in(owner, attempt)
        draft = {"files": {"app/main.py": "x"}, "revision": 0}
        refused = [
            stranger.get(f"/attempts/{attempt}"),
            stranger.get(address),
            stranger.get(f"{address}/events/page"),
            stranger.get(f"{address}/review.md"),
            stranger.put(f"/attempts/{attempt}/draft", json=draft),
            stranger.post(f"/attempts/{attempt}/draft", data=form(**{"app/main.py": "x"})),
            stranger.post(f"/attempts/{attempt}/reset"),
            stranger.post(f"/attempts/{attempt}/submissions", data=form(**{"app/main.py": "x"})),
            stranger.get("/attempts/no-such-attempt"),
            stranger.get("/submissions/no-such-submission"),
        ]
        assert [reply.status_code for reply in refused] == [404] * len(refused)
        assert graders.count("submission") == 1
        assert graders.count("attempt") == 1

    def test_ones_own_attempts_are_listed(self, browsers: Browsers) -> None:
        owner = browsers()
        attempt = open_kata(owner)
        address = hand_in(owner, attempt)
        assert f"/attempts/{attempt}" in owner.get("/attempts").text
        assert address in owner.get(f"/attempts/{attempt}").text
        assert f"/attempts/{attempt}" not in browsers().get("/attempts").text


class TestWaiting:
    def test_the_page_says_that_nothing_is_graded_where_no_worker_is(
        self, browsers: Browsers
    ) -> None:
        visitor = browsers()
        page = visitor.get(hand_in(visitor, open_kata(visitor))).text
        assert "Nothing is being graded at the moment" in page
        assert "Your submission is kept" in page
