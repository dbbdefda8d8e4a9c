"""Attempts and submissions over the API: who may do what, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from kintsugi_factories import API, KATA, NOT_FOR_PRACTICE, Graders, Learner
from starlette.testclient import TestClient

PROBLEM = "application/problem+json"
Call = Callable[[Learner], int]


def calls(attempt: dict[str, Any], submission_id: str) -> dict[str, Call]:
    """Every route that speaks of one attempt or submission."""
    at, sub = f"{API}/attempts/{attempt['id']}", f"{API}/submissions/{submission_id}"
    draft = {"files": attempt["files"], "revision": 0}
    return {
        "attempt": lambda who: who.get(at).status_code,
        "draft": lambda who: who.put(f"{at}/draft", json=draft).status_code,
        "submit": lambda who: (
            who.post(f"{at}/submissions", json={"files": attempt["files"]}).status_code
        ),
        "submission": lambda who: who.get(sub).status_code,
        "events": lambda who: who.get(f"{sub}/events").status_code,
    }


class TestRoles:
    def test_the_owner_is_served_a_stranger_sees_nothing_and_nobody_is_asked_who(
        self, client: TestClient, ida: Learner, bo: Learner, graders: Graders
    ) -> None:
        attempt = ida.begin()
        submission_id = ida.submit(attempt)
        graders.grade(submission_id)
        nobody = Learner(client)
        for name, call in calls(attempt, submission_id).items():
            assert call(bo) == 404, f"{name} shows someone else's"
            assert call(nobody) == 401, f"{name} serves nobody"
            assert call(ida) in (200, 202), f"{name} is refused to its owner"

    def test_a_token_that_is_not_ours_is_refused(self, client: TestClient) -> None:
        reply = Learner(client, token="kt_made-up").get(f"{API}/attempts")
        assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer")

    def test_lists_hold_ones_own_alone(self, ida: Learner, bo: Learner) -> None:
        mine = ida.begin()
        bo.begin()
        listed = ida.get(f"{API}/attempts").json()
        assert [item["id"] for item in listed["items"]] == [mine["id"]]


class TestBegin:
    def test_the_draft_is_the_editable_part_of_the_starter(self, ida: Learner) -> None:
        attempt = ida.begin()
        assert attempt["kata"] == KATA
        assert list(attempt["files"]) == ["app/main.py", "app/shelf.py"]
        assert attempt["revision"] == 0

    def test_the_answer_says_where_it_is(self, ida: Learner) -> None:
        reply = ida.post(f"{API}/attempts", json={"kata": KATA})
        assert ida.get(reply.headers["location"]).json() == reply.json()

    @pytest.mark.parametrize("slug", ["last-seet", NOT_FOR_PRACTICE, "../etc", "ä"])
    def test_a_kata_that_is_not_on_offer_is_not_found(self, ida: Learner, slug: str) -> None:
        reply = ida.post(f"{API}/attempts", json={"kata": slug})
        assert (reply.status_code, reply.headers["content-type"]) == (404, PROBLEM)

    def test_the_list_goes_on_where_it_stopped(self, ida: Learner) -> None:
        made = [ida.begin()["id"] for _ in range(5)]
        first = ida.get(f"{API}/attempts?limit=3").json()
        rest = ida.get(f"{API}/attempts?limit=3&cursor={first['next']}").json()
        assert [item["id"] for item in first["items"] + rest["items"]] == made[::-1]
        assert rest["next"] is None

    def test_a_strangers_cursor_is_none(self, ida: Learner, bo: Learner) -> None:
        theirs = bo.begin()["id"]
        assert ida.get(f"{API}/attempts?cursor={theirs}").status_code == 422


class TestDraft:
    def save(self, who: Learner, attempt: dict[str, Any], revision: int, text: str) -> Any:
        files = {**attempt["files"], "app/main.py": text}
        path = f"{API}/attempts/{attempt['id']}/draft"
        return who.put(path, json={"files": files, "revision": revision})

    def test_a_save_gives_the_next_revision(self, ida: Learner) -> None:
        attempt = ida.begin()
        assert self.save(ida, attempt, 0, "one").json() == {"revision": 1}
        assert self.save(ida, attempt, 1, "two").json() == {"revision": 2}
        kept = ida.get(f"{API}/attempts/{attempt['id']}").json()
        assert kept["files"]["app/main.py"] == "two"

    def test_an_old_revision_overwrites_nothing_and_is_shown_the_newer_draft(
        self, ida: Learner
    ) -> None:
        attempt = ida.begin()
        self.save(ida, attempt, 0, "one window")
        refused = self.save(ida, attempt, 0, "another window")
        assert (refused.status_code, refused.headers["content-type"]) == (409, PROBLEM)
        assert refused.json()["revision"] == 1
        assert refused.json()["files"]["app/main.py"] == "one window"

    def test_an_answer_that_got_lost_can_be_asked_for_again(self, ida: Learner) -> None:
        attempt = ida.begin()
        first, again = (self.save(ida, attempt, 0, "the same") for _ in range(2))
        assert (first.json(), again.json()) == ({"revision": 1}, {"revision": 1})

    def test_files_that_are_not_editable_are_left_aside(self, ida: Learner) -> None:
        attempt = ida.begin()
        attempt["files"]["app/__init__.py"] = "import os"
        self.save(ida, attempt, 0, "one")
        kept = ida.get(f"{API}/attempts/{attempt['id']}").json()
        assert list(kept["files"]) == ["app/main.py", "app/shelf.py"]

    def test_it_need_not_be_python(self, ida: Learner) -> None:
        assert self.save(ida, ida.begin(), 0, "def (:\n").status_code == 200


WRONG_FILES: dict[str, tuple[dict[str, str], int]] = {
    "nothing": ({}, 422),
    "huge": ({"app/main.py": "#" * (300 * 1024)}, 413),
    "many": ({f"app/m{n}.py": "" for n in range(100)}, 413),
    "parent": ({"../app/main.py": ""}, 422),
    "absolute": ({"/etc/passwd": "x"}, 422),
    "backslash": ({"app\\main.py": ""}, 422),
    "nul in the name": ({"app/ma\0in.py": ""}, 422),
    "nul in the text": ({"app/main.py": "a\0b"}, 422),
    "long name": ({"app/" + "x" * 500: ""}, 422),
}


class TestSubmit:
    @pytest.mark.parametrize("case", WRONG_FILES)
    def test_files_that_are_not_right_are_refused_and_the_answer_says_why(
        self, ida: Learner, graders: Graders, case: str
    ) -> None:
        files, status = WRONG_FILES[case]
        path = f"{API}/attempts/{ida.begin()['id']}/submissions"
        reply = ida.post(path, json={"files": files})
        assert (reply.status_code, reply.headers["content-type"]) == (status, PROBLEM)
        assert reply.json()["detail"].endswith(".")
        assert graders.count("submission") == 0

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 422),
            (b"{", 422),
            (b"null", 422),
            (b'{"files": ["app/main.py"]}', 422),
            (b'{"files": {"app/main.py": 7}}', 422),
            (b'{"files": {"app/\\ud800.py": "x"}}', 422),
            (b'{"files": {"app/main.py": "\\udc80"}}', 422),
            (b'{"files": {"app/\xff.py": "x"}}', 400),
            (b'{"files": {"a": "' + b"x" * (3 << 20) + b'"}}', 413),
            (b"[" * 100_000, 400),
        ],
    )
    def test_a_body_that_is_no_submission_is_a_problem_never_a_fault(
        self, ida: Learner, body: bytes, status: int
    ) -> None:
        path = f"{API}/attempts/{ida.begin()['id']}/submissions"
        reply = ida.post(path, content=body, headers={"Content-Type": "application/json"})
        assert (reply.status_code, reply.headers["content-type"]) == (status, PROBLEM)

    def test_syntax_errors_are_accepted_the_review_will_say_it(self, ida: Learner) -> None:
        submission_id = ida.submit(ida.begin(), **{"app/main.py": "def (:"})
        assert ida.submission(submission_id)["state"] == "queued"

    def test_accepted_says_where_and_when(self, ida: Learner, bo: Learner) -> None:
        bo.submit(bo.begin())
        attempt = ida.begin()
        path = f"{API}/attempts/{attempt['id']}/submissions"
        reply = ida.post(path, json={"files": attempt["files"]})
        assert reply.json()["position"] == 2
        stored = ida.get(reply.headers["location"]).json()
        assert stored == {**reply.json(), "report": None}

    def test_what_was_handed_in_is_the_draft_from_now_on(self, ida: Learner) -> None:
        attempt = ida.begin()
        ida.submit(attempt, **{"app/main.py": "handed_in = 1"})
        draft = ida.get(f"{API}/attempts/{attempt['id']}").json()["files"]
        assert draft == {**attempt["files"], "app/main.py": "handed_in = 1"}

    def test_a_newer_one_takes_the_place_of_one_that_waits(self, ida: Learner) -> None:
        attempt = ida.begin()
        older, newer = ida.submit(attempt), ida.submit(attempt)
        assert ida.submission(older)["state"] == "superseded"
        assert ida.submission(newer)["state"] == "queued"
        assert ida.submission(newer)["position"] == 1

    def test_one_that_is_being_graded_is_not_replaced(self, ida: Learner, graders: Graders) -> None:
        attempt = ida.begin()
        older = ida.submit(attempt)
        graders.begin(older)
        ida.submit(attempt)
        assert ida.submission(older)["state"] == "grading"

    def test_other_attempts_keep_their_place(self, ida: Learner) -> None:
        first, second = ida.submit(ida.begin()), ida.submit(ida.begin())
        assert [ida.submission(s)["position"] for s in (first, second)] == [1, 2]

    def test_after_the_closing_time_nothing_is_taken(self, ida: Learner, graders: Graders) -> None:
        attempt = ida.begin()
        graders.change("attempt", attempt["id"], closes_at="2020-01-01 00:00:00")
        at = f"{API}/attempts/{attempt['id']}"
        saved = ida.put(f"{at}/draft", json={"files": {"app/main.py": ""}, "revision": 0})
        handed_in = ida.post(f"{at}/submissions", json={"files": attempt["files"]})
        assert (saved.status_code, handed_in.status_code) == (409, 409)
        assert graders.count("submission") == 0

    def test_the_report_comes_once_it_is_graded(self, ida: Learner, graders: Graders) -> None:
        submission_id = ida.submit(ida.begin())
        report = graders.grade(submission_id, "c1")
        document = ida.submission(submission_id)
        assert (document["state"], document["position"]) == ("graded", None)
        assert document["report"] == report.model_dump(mode="json")
