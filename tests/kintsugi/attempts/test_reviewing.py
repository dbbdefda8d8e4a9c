"""Review first: list flaws, hand in, see what was found. A browser without JavaScript can do it."""

from collections.abc import Callable

import pytest
from kintsugi_factories import KATA, Graders, Learner, Reply
from sqlalchemy import text

from grader.kata import Kata
from grader.report import Skill
from kintsugi.attempts.flaws import MOST_FLAWS, read_flaw

Browsers = Callable[[], Learner]
RIGHT = {
    "text": "  Nothing comes\nback as 200  ",
    "skill": "api-design",
    "severity": "medium",
    "file": "app/main.py",
    "line": "16",
    "end": "",
}
ELSEWHERE = {**RIGHT, "text": "No <b>limit</b>", "skill": "async", "line": "9", "end": "10"}


@pytest.fixture
def learner(browsers: Browsers) -> Learner:
    made = browsers()
    made.get("/katas")
    return made


@pytest.fixture
def attempt(learner: Learner) -> str:
    """An attempt whose learner reviews first."""
    made = learner.begin()["id"]
    assert switch(learner, made).status_code == 303
    return made


def switch(learner: Learner, attempt: str, on: str = "1") -> Reply:
    return learner.post(f"/attempts/{attempt}/review-first", data={"on": on})


def add(learner: Learner, attempt: str, fields: dict[str, str], **more: str) -> Reply:
    return learner.post(f"/attempts/{attempt}/flaws", data={**fields, **more})


def hand_in(learner: Learner, attempt: str) -> str:
    path = f"/attempts/{attempt}/submissions"
    reply = learner.post(path, data={"files[app/main.py]": "mended = 1"})
    assert reply.status_code == 303, reply.text
    return reply.headers["location"]


class TestForm:
    def test_line_ends_and_spaces_are_made_one(self, kata: Kata) -> None:
        flaw, faults = read_flaw(RIGHT, kata)
        assert (flaw and flaw.text, faults) == ("Nothing comes back as 200", {})
        assert flaw
        assert (flaw.skill, flaw.line, flaw.end) == (Skill.API_DESIGN, 16, 16)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("text", " "),
            ("text", "x" * 201),
            ("skill", "cooking"),
            ("skill", ""),
            ("severity", "advice"),
            ("file", "app/none.py"),
            ("line", "0"),
            ("line", "18"),
            ("line", "-1"),
            ("line", "1e3"),
            ("line", "٣"),
            ("line", "9" * 5000),
            ("end", "15"),
            ("end", "x"),
            ("end", "18"),
        ],
    )
    def test_what_is_not_right_is_said_at_its_field(
        self, kata: Kata, field: str, value: str
    ) -> None:
        flaw, faults = read_flaw({**RIGHT, field: value}, kata)
        assert flaw is None
        assert list(faults) == [field]

    def test_empty_form_names_every_field_that_is_needed(self, kata: Kata) -> None:
        assert list(read_flaw({}, kata)[1]) == ["skill", "severity", "text", "file"]


class TestListing:
    def test_kata_page_offers_it_until_something_is_handed_in(self, learner: Learner) -> None:
        page = learner.get(f"/katas/{KATA}").text
        assert "List flaws first" in page
        attempt = page.partition('action="/attempts/')[2].partition("/")[0]
        hand_in(learner, attempt)
        assert "List flaws first" not in learner.get(f"/katas/{KATA}").text
        assert switch(learner, attempt).status_code == 409

    def test_switch_stores_an_attempt_that_was_only_offered(
        self, learner: Learner, graders: Graders
    ) -> None:
        page = learner.get(f"/katas/{KATA}").text
        attempt = page.partition('action="/attempts/')[2].partition("/")[0]
        reply = switch(learner, attempt)
        assert reply.headers["location"] == f"/attempts/{attempt}/review-first"
        assert graders.count("attempt") == 1
        assert f'href="/attempts/{attempt}/review-first"' in learner.get(f"/katas/{KATA}").text

    def test_listed_flaws_are_shown_as_text_and_can_be_taken_back(
        self, learner: Learner, attempt: str
    ) -> None:
        assert add(learner, attempt, ELSEWHERE).status_code == 303
        page = learner.get(f"/attempts/{attempt}/review-first").text
        assert "No &lt;b&gt;limit&lt;/b&gt;" in page
        assert "app/main.py:9 to 10" in page
        action = page.partition("/remove")[0].rpartition('action="')[2] + "/remove"
        assert learner.post(action).status_code == 303
        assert learner.post(action).status_code == 303
        assert "Nothing listed yet" in learner.get(f"/attempts/{attempt}/review-first").text

    def test_faults_stand_at_their_fields_with_what_was_typed(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        reply = add(learner, attempt, RIGHT, line="400", text='"><script>')
        assert reply.status_code == 422
        assert "<html" in reply.text
        assert (
            'name="line" aria-invalid="true" aria-describedby="fault-line" autofocus' in reply.text
        )
        assert 'value="&#34;&gt;&lt;script&gt;"' in reply.text
        assert graders.count("listedflaw") == 0

    def test_htmx_gets_the_part_alone(self, learner: Learner, attempt: str) -> None:
        partial = {"HX-Request-Type": "partial"}
        path = f"/attempts/{attempt}/flaws"
        for fields, status in ((RIGHT, 200), ({**RIGHT, "line": "x"}, 422)):
            reply = learner.post(path, data=fields, headers=partial)
            assert (reply.status_code, "<html" in reply.text) == (status, False)
            assert 'id="flaws"' in reply.text

    def test_the_list_is_bounded(self, learner: Learner, attempt: str, graders: Graders) -> None:
        for _ in range(MOST_FLAWS):
            add(learner, attempt, RIGHT)
        assert add(learner, attempt, RIGHT).status_code == 409
        assert graders.count("listedflaw") == MOST_FLAWS
        assert "The list is full" in learner.get(f"/attempts/{attempt}/review-first").text

    def test_nothing_is_listed_while_it_is_off(self, learner: Learner, attempt: str) -> None:
        assert switch(learner, attempt, "").headers["location"] == f"/katas/{KATA}"
        assert add(learner, attempt, RIGHT).status_code == 409


class TestResult:
    def test_first_review_says_found_missed_and_not_confirmed(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        add(learner, attempt, RIGHT)
        add(learner, attempt, ELSEWHERE)
        address = hand_in(learner, attempt)
        assert "Your own review" not in learner.get(address).text
        graders.grade(address.rpartition("/")[2], "c1", "c2")
        page = learner.get(address).text
        panel = page.partition('id="own"')[2].partition("</section>")[0]
        assert "You named 1 of 2 findings. 1 flaw of your list is not confirmed." in panel
        assert "you said medium, the review says high" in panel
        assert "No &lt;b&gt;limit&lt;/b&gt;" in panel
        assert [panel.count(f">{word}<") for word in ("found", "missed", "not confirmed")] == [
            1,
            1,
            1,
        ]

    def test_list_is_closed_once_something_is_handed_in(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        add(learner, attempt, RIGHT)
        hand_in(learner, attempt)
        assert add(learner, attempt, ELSEWHERE).status_code == 409
        with graders.engine.connect() as connection:
            (flaw,) = connection.execute(text("SELECT id FROM listedflaw")).scalars()
        assert learner.post(f"/attempts/{attempt}/flaws/{flaw}/remove").status_code == 409
        page = learner.get(f"/attempts/{attempt}/review-first").text
        assert "the list is closed" in page
        assert "Take back" not in page

    def test_second_review_does_not_say_it_again(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        first = hand_in(learner, attempt)
        graders.grade(first.rpartition("/")[2], "c1")
        second = hand_in(learner, attempt)
        graders.grade(second.rpartition("/")[2], "c1")
        assert "Your own review" in learner.get(first).text
        assert "Your own review" not in learner.get(second).text

    @pytest.mark.parametrize("disclosure", ["none", "verdict"])
    def test_owner_who_may_not_see_findings_sees_no_result(
        self, learner: Learner, attempt: str, graders: Graders, disclosure: str
    ) -> None:
        address = hand_in(learner, attempt)
        graders.grade(address.rpartition("/")[2], "c1")
        graders.change("attempt", attempt, disclosure=disclosure)
        assert "Your own review" not in learner.get(address).text
        assert learner.get(f"/attempts/{attempt}/review-first").status_code == 404


class TestRoles:
    def test_what_is_someone_elses_is_not_found(
        self, learner: Learner, attempt: str, graders: Graders, browsers: Browsers
    ) -> None:
        add(learner, attempt, RIGHT)
        with graders.engine.connect() as connection:
            (flaw,) = connection.execute(text("SELECT id FROM listedflaw")).scalars()
        stranger = browsers()
        stranger.get("/katas")
        own = stranger.begin()["id"]
        refused = [
            stranger.get(f"/attempts/{attempt}/review-first"),
            switch(stranger, attempt, ""),
            add(stranger, attempt, RIGHT),
            add(stranger, attempt, {}),
            stranger.post(f"/attempts/{attempt}/flaws/{flaw}/remove"),
            stranger.get("/attempts/no-such-attempt/review-first"),
        ]
        assert [reply.status_code for reply in refused] == [404] * len(refused)
        assert stranger.post(f"/attempts/{own}/flaws/{flaw}/remove").status_code == 303
        assert graders.count("listedflaw") == 1

    def test_closed_attempt_takes_nothing(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        graders.change("attempt", attempt, closes_at="2026-01-01 00:00:00")
        assert add(learner, attempt, RIGHT).status_code == 409
        assert switch(learner, attempt, "").status_code == 409
