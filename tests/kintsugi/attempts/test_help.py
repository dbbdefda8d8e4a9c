"""Hints and the reference: opened on request only, counted, and nobody else's."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from kintsugi_factories import API, KATA, NOT_FOR_PRACTICE, Graders, Learner, Reply

from grader.kata import Kata

Browsers = Callable[[], Learner]
PARTIAL = {"HX-Request-Type": "partial"}


@pytest.fixture
def learner(browsers: Browsers) -> Learner:
    """A browser that uses the API too: one person on every surface."""
    made = browsers()
    made.get("/katas")
    return made


@pytest.fixture
def attempt(learner: Learner) -> str:
    return learner.begin()["id"]


def open_hint(learner: Learner, attempt: str, number: int, **more: Any) -> Reply:
    return learner.post(f"/attempts/{attempt}/hints", data={"number": number}, **more)


def give_up(learner: Learner, attempt: str, sure: str = "1") -> Reply:
    return learner.post(f"/attempts/{attempt}/reference", data={"sure": sure})


def graded(learner: Learner, graders: Graders, attempt: str, *failing: str, code: str = "a") -> str:
    """Hand in and have it graded."""
    submission = learner.submit({"id": attempt}, **{"app/main.py": f"{code} = 1\n"})
    graders.grade(submission, *failing)
    return submission


def shown(page: str, kata: Kata) -> list[bool]:
    """Which of the three hints a page holds."""
    return [hint.splitlines()[0][:30] in page for hint in kata.hints]


class TestHints:
    def test_none_is_on_the_page_until_it_is_asked_for(self, learner: Learner, kata: Kata) -> None:
        page = learner.get(f"/katas/{KATA}").text
        assert shown(page, kata) == [False] * 3
        assert "Open hint 1 of 3" in page

    def test_each_step_opens_alone_and_stays(
        self, learner: Learner, attempt: str, kata: Kata
    ) -> None:
        for number in (1, 2, 3):
            reply = open_hint(learner, attempt, number)
            assert (reply.status_code, reply.headers["location"]) == (303, f"/katas/{KATA}#hints")
            page = learner.get(f"/katas/{KATA}").text
            assert shown(page, kata) == [n <= number for n in (1, 2, 3)]
        assert "Open hint" not in page

    def test_htmx_gets_the_panel_with_the_focus_on_what_was_opened(
        self, learner: Learner, attempt: str, kata: Kata
    ) -> None:
        part = open_hint(learner, attempt, 1, headers=PARTIAL).text
        assert "<html" not in part
        assert part.count("autofocus") == 1
        assert shown(part, kata) == [True, False, False]

    def test_form_that_is_sent_twice_opens_one(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        assert [open_hint(learner, attempt, 1).status_code for _ in range(2)] == [303, 303]
        assert graders.count("openedhint") == 1

    @pytest.mark.parametrize(("number", "status"), [(2, 409), (4, 409), (0, 422)])
    def test_none_is_skipped(
        self, learner: Learner, attempt: str, graders: Graders, number: int, status: int
    ) -> None:
        assert open_hint(learner, attempt, number).status_code == status
        assert graders.count("openedhint") == 0

    def test_opening_stores_an_attempt_that_was_only_offered(
        self, learner: Learner, graders: Graders
    ) -> None:
        page = learner.get(f"/katas/{KATA}").text
        action = re.search(r'action="(/attempts/[^"]+/hints)"', page)
        assert action
        assert learner.post(action[1], data={"number": 1}).status_code == 303
        assert (graders.count("attempt"), graders.count("openedhint")) == (1, 1)

    def test_review_and_attempt_say_how_many_were_open(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        first = graded(learner, graders, attempt, "c1")
        open_hint(learner, attempt, 1)
        second = graded(learner, graders, attempt, "c1", code="b")
        assert "opened before this one" not in learner.get(f"/submissions/{first}").text
        assert "1 hint opened before this one" in learner.get(f"/submissions/{second}").text
        assert "1 of 3 hints</a> opened" in learner.get(f"/attempts/{attempt}").text

    def test_programs_open_them_too(self, learner: Learner, attempt: str, kata: Kata) -> None:
        path = f"{API}/attempts/{attempt}/hints"
        assert learner.get(path).json() == {"opened": [], "total": 3, "next": 1}
        opened = learner.post(path, json={"number": 1}).json()
        assert [hint["text"] for hint in opened["opened"]] == [kata.hints[0]]
        assert (opened["opened"][0]["name"], opened["next"]) == ("A question", 2)
        skipped = learner.post(path, json={"number": 3})
        assert (skipped.status_code, skipped.json()["title"]) == (409, "Not the next hint")

    def test_closed_attempt_keeps_what_is_open_and_opens_no_more(
        self, learner: Learner, attempt: str, graders: Graders, kata: Kata
    ) -> None:
        open_hint(learner, attempt, 1)
        graders.change("attempt", attempt, closes_at="2026-01-01 00:00:00")
        assert open_hint(learner, attempt, 2).status_code == 409
        page = learner.get(f"/katas/{KATA}").text
        assert shown(page, kata) == [True, False, False]
        assert "Open hint" not in page


class TestReference:
    def test_it_is_closed_and_says_what_opens_it(
        self, learner: Learner, attempt: str, kata: Kata
    ) -> None:
        reply = learner.get(f"/attempts/{attempt}/reference")
        assert reply.status_code == 403
        assert "Give up and open it" in reply.text
        assert "HTTPException" not in reply.text
        assert kata.notes["F1"].trade_off.splitlines()[0] not in reply.text
        refused = learner.get(f"{API}/attempts/{attempt}/reference")
        assert refused.status_code == 403
        assert refused.headers["content-type"] == "application/problem+json"

    def test_giving_up_is_asked_for_twice(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        reply = give_up(learner, attempt, sure="")
        assert reply.status_code == 422
        assert "Tick it" in reply.text
        api = learner.post(f"{API}/attempts/{attempt}/reference", json={"sure": False})
        assert api.status_code == 422
        assert learner.get(f"/attempts/{attempt}/reference").status_code == 403

    def test_giving_up_opens_it_and_is_noted_once(self, learner: Learner, attempt: str) -> None:
        assert give_up(learner, attempt).headers["location"] == f"/attempts/{attempt}/reference"
        noted = learner.get(f"{API}/attempts/{attempt}").json()["gave_up_at"]
        assert noted
        give_up(learner, attempt)
        assert learner.get(f"{API}/attempts/{attempt}").json()["gave_up_at"] == noted
        assert "has been open since" in learner.get(f"/attempts/{attempt}").text

    def test_it_shows_the_way_from_ones_own_and_what_it_costs(
        self, learner: Learner, attempt: str, graders: Graders, kata: Kata
    ) -> None:
        graded(learner, graders, attempt, "c1", code="<b>mine</b>")
        give_up(learner, attempt)
        page = learner.get(f"/attempts/{attempt}/reference").text
        assert "against your submission 1" in page
        assert "&lt;" in page
        assert "<b>mine" not in page
        assert "HTTPException" in page
        for finding in kata.manifest.findings:
            assert finding.title in page
        assert page.count("<span>Trade-off</span>") == len(kata.manifest.findings)
        assert page.count("<span>Also accepted</span>") == len(kata.manifest.findings)

    def test_draft_is_compared_on_request_and_where_nothing_was_handed_in(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        give_up(learner, attempt)
        address = f"/attempts/{attempt}/reference"
        assert "against your draft" in learner.get(address).text
        graded(learner, graders, attempt, "c1", code="handed_in")
        draft = {"files": {"app/main.py": "drafted = 1\n"}, "revision": 1}
        saved = learner.put(f"/attempts/{attempt}/draft", json={**draft, "revision": 0})
        assert saved.status_code == 200, saved.text
        assert "handed_in" in learner.get(address).text
        page = learner.get(f"{address}?beside=draft").text
        assert "drafted" in page
        assert "handed_in" not in page

    def test_approval_opens_it_without_giving_up(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        submission = graded(learner, graders, attempt)
        assert learner.get(f"/attempts/{attempt}/reference").status_code == 200
        assert f"/attempts/{attempt}/reference" in learner.get(f"/submissions/{submission}").text
        give_up(learner, attempt)
        assert learner.get(f"{API}/attempts/{attempt}").json()["gave_up_at"] is None

    def test_review_says_that_it_was_open(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        before = graded(learner, graders, attempt, "c1")
        give_up(learner, attempt)
        after = graded(learner, graders, attempt, code="b")
        assert "open when this was handed in" not in learner.get(f"/submissions/{before}").text
        assert "open when this was handed in" in learner.get(f"/submissions/{after}").text

    def test_programs_get_it_too(self, learner: Learner, attempt: str, kata: Kata) -> None:
        path = f"{API}/attempts/{attempt}/reference"
        document = learner.post(path, json={"sure": True}).json()
        assert document["files"]["app/main.py"] == kata.reference["app/main.py"]
        assert (document["submission"], bool(document["gave_up_at"])) == (None, True)
        assert [choice["id"] for choice in document["choices"]] == ["F1", "F2"]
        assert {file["path"] for file in document["changes"]} <= set(kata.manifest.editable)
        assert learner.get(path).json() == document

    def test_closed_attempt_cannot_be_given_up(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        graders.change("attempt", attempt, closes_at="2026-01-01 00:00:00")
        assert give_up(learner, attempt).status_code == 409
        page = learner.get(f"/attempts/{attempt}/reference")
        assert page.status_code == 403
        assert "Give up" not in page.text


class TestRoles:
    CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("POST", "/attempts/{id}/hints", {"data": {"number": "1"}}),
        ("GET", "/attempts/{id}/reference", {}),
        ("POST", "/attempts/{id}/reference", {"data": {"sure": "1"}}),
        ("POST", "/attempts/{id}/reference", {"data": {}}),
        ("GET", API + "/attempts/{id}/hints", {}),
        ("POST", API + "/attempts/{id}/hints", {"json": {"number": 1}}),
        ("GET", API + "/attempts/{id}/reference", {}),
        ("POST", API + "/attempts/{id}/reference", {"json": {"sure": True}}),
    )

    def refused(self, who: Learner, attempt: str) -> list[int]:
        send = {"GET": who.get, "POST": who.post}
        return [send[how](path.format(id=attempt), **m).status_code for how, path, m in self.CALLS]

    def test_what_is_someone_elses_is_not_found(
        self, learner: Learner, attempt: str, browsers: Browsers, graders: Graders
    ) -> None:
        stranger = browsers()
        stranger.get("/katas")
        assert self.refused(stranger, attempt) == [404] * len(self.CALLS)
        graded(learner, graders, attempt)
        assert self.refused(stranger, attempt) == [404] * len(self.CALLS)
        assert graders.count("openedhint") == 0

    def test_programs_without_a_token_are_asked_who_they_are(
        self, browsers: Browsers, attempt: str
    ) -> None:
        nobody = browsers()
        path = f"{API}/attempts/{attempt}"
        refused = [
            nobody.get(f"{path}/hints"),
            nobody.post(f"{path}/hints", json={"number": 1}),
            nobody.get(f"{path}/reference"),
            nobody.post(f"{path}/reference", json={"sure": True}),
        ]
        assert [reply.status_code for reply in refused] == [401] * len(refused)

    @pytest.mark.parametrize("changes", [{"disclosure": "verdict"}, {"disclosure": "none"}])
    def test_attempt_that_discloses_less_has_neither(
        self, learner: Learner, attempt: str, graders: Graders, changes: dict[str, str]
    ) -> None:
        graded(learner, graders, attempt)
        graders.change("attempt", attempt, **changes)
        assert self.refused(learner, attempt) == [404] * len(self.CALLS)
        page = learner.get(f"/katas/{KATA}").text
        assert 'id="hints"' not in page
        assert "reference" not in learner.get(f"/attempts/{attempt}").text

    def test_kata_outside_practice_has_neither(
        self, learner: Learner, attempt: str, graders: Graders
    ) -> None:
        graders.change("attempt", attempt, kata=NOT_FOR_PRACTICE)
        assert self.refused(learner, attempt) == [404] * len(self.CALLS)
