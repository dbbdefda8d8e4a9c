"""Trials over the API and the page: who may, what is refused, what is kept, what comes back."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from kintsugi_factories import API, KATA, Graders, Learner, Reply
from starlette.testclient import TestClient

from grader.kata import Catalogue, load_catalogue
from grader.report import Tampering
from grader.sandbox.base import Driver, Pair, SandboxError
from grader.trial import CALLS, TrialExchange, TrialReport, TrialRoute
from kintsugi.attempts.trial_recording import TrialRecorder
from kintsugi.attempts.trials import KEPT, MOST_WAITING
from kintsugi.catalogue.service import Shelf
from kintsugi.settings import Settings
from kintsugi.worker import Trier

PROBLEM = "application/problem+json"
GET = {"path": "/umbrellas/1"}


@pytest.fixture
def recorder(graders: Graders) -> TrialRecorder:
    return TrialRecorder(graders.engine)


def send(who: Learner, attempt: dict[str, Any], *calls: dict[str, Any]) -> Reply:
    return who.post(f"{API}/attempts/{attempt['id']}/trials", json={"calls": list(calls)})


def sent(who: Learner, attempt: dict[str, Any], *calls: dict[str, Any]) -> str:
    reply = send(who, attempt, *(calls or (GET,)))
    assert reply.status_code == 202, reply.text
    return reply.json()["id"]


def a_report(*statuses: int, **changes: Any) -> TrialReport:
    exchanges = [TrialExchange(status=status, body=f'{{"n":{status}}}') for status in statuses]
    values = {"kata": KATA, "kata_version": "1", "end": "answered", "exchanges": exchanges}
    return TrialReport.model_validate(values | changes)


class TestRoles:
    def test_the_owner_is_served_a_stranger_sees_nothing_and_nobody_is_asked_who(
        self, client: TestClient, ida: Learner, bo: Learner
    ) -> None:
        attempt = ida.begin()
        trial_id = sent(ida, attempt)
        calls: dict[str, Callable[[Learner], int]] = {
            "send": lambda who: send(who, attempt, GET).status_code,
            "list": lambda who: who.get(f"{API}/attempts/{attempt['id']}/trials").status_code,
            "read": lambda who: who.get(f"{API}/trials/{trial_id}").status_code,
        }
        for name, call in calls.items():
            assert call(bo) == 404, f"{name} shows someone else's"
            assert call(Learner(client)) == 401, f"{name} serves nobody"
            assert call(ida) in (200, 202), f"{name} is refused to its owner"

    def test_a_strangers_browser_neither_sends_nor_waits(
        self, browsers: Callable[[], Learner], ida: Learner
    ) -> None:
        attempt = ida.begin()
        trial_id, stranger = sent(ida, attempt), browsers()
        form = {"method": "GET", "path": "/"}
        assert stranger.post(f"/attempts/{attempt['id']}/trials", data=form).status_code == 404
        assert stranger.get(f"/trials/{trial_id}").status_code == 404


class TestSend:
    def test_accepted_says_where_to_ask(self, ida: Learner) -> None:
        reply = send(ida, ida.begin(), GET)
        stored = ida.get(reply.headers["location"]).json()
        assert (stored["state"], stored["report"]) == ("queued", None)
        assert stored["calls"] == [{"method": "GET", "headers": {}, "body": "", **GET}]

    @pytest.mark.parametrize(
        "call",
        [
            {"path": "umbrellas"},
            {"path": "/", "method": "BREW"},
            {"path": "/", "headers": {"Host": "x"}},
            {"path": "/", "body": "x" * 20_000},
            {"path": "/", "headers": {"X": "a\r\nY: b"}},
            {"path": "/a\u0000"},
            {},
        ],
    )
    def test_what_cannot_be_sent_is_refused_and_nothing_is_queued(
        self, ida: Learner, graders: Graders, call: dict[str, Any]
    ) -> None:
        reply = send(ida, ida.begin(), call)
        assert (reply.status_code, reply.headers["content-type"]) == (422, PROBLEM)
        assert graders.count("trial") == 0

    def test_there_are_twenty_at_most(self, ida: Learner) -> None:
        attempt = ida.begin()
        assert send(ida, attempt, *[GET] * (CALLS + 1)).status_code == 422
        assert send(ida, attempt, *[GET] * CALLS).status_code == 202

    def test_after_the_closing_time_nothing_is_tried(self, ida: Learner, graders: Graders) -> None:
        attempt = ida.begin()
        graders.change("attempt", attempt["id"], closes_at="2020-01-01 00:00:00")
        assert send(ida, attempt, GET).status_code == 409

    def test_an_account_has_few_under_way_and_is_told_when_to_come_back(
        self, ida: Learner, bo: Learner, recorder: TrialRecorder
    ) -> None:
        attempt = ida.begin()
        first, *_ = [sent(ida, attempt) for _ in range(MOST_WAITING)]
        refused = send(ida, attempt, GET)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
        sent(bo, bo.begin())
        recorder.finish(first, a_report(200))
        sent(ida, attempt)

    def test_only_the_last_of_an_attempt_are_kept(
        self, ida: Learner, graders: Graders, recorder: TrialRecorder
    ) -> None:
        attempt, other = ida.begin(), ida.begin()
        kept = sent(ida, other)
        for _ in range(KEPT + 3):
            recorder.finish(sent(ida, attempt), a_report(200))
        assert graders.count("trial") == KEPT + 1
        listed = ida.get(f"{API}/attempts/{attempt['id']}/trials").json()
        assert (len(listed["items"]), listed["next"]) == (KEPT, None)
        times = [item["created_at"] for item in listed["items"]]
        assert times == sorted(times, reverse=True)
        assert ida.get(f"{API}/trials/{kept}").status_code == 200


class TestReport:
    def test_it_comes_once_it_is_over_without_what_is_for_reviewers(
        self, ida: Learner, recorder: TrialRecorder
    ) -> None:
        trial_id = sent(ida, ida.begin())
        assert recorder.begin(trial_id) is not None
        assert ida.get(f"{API}/trials/{trial_id}").json()["state"] == "running"
        noted = (Tampering(kind="file", detail="/etc/passwd"),)
        recorder.finish(trial_id, a_report(201, tampering=noted))
        document = ida.get(f"{API}/trials/{trial_id}").json()
        assert document["state"] == "done"
        assert document["report"]["exchanges"][0]["status"] == 201
        assert document["report"]["tampering"] == []

    def test_it_is_written_once(self, ida: Learner, recorder: TrialRecorder) -> None:
        trial_id = sent(ida, ida.begin())
        recorder.finish(trial_id, a_report(201))
        recorder.finish(trial_id, a_report(500))
        recorder.fail(trial_id, "late")
        document = ida.get(f"{API}/trials/{trial_id}").json()
        assert document["report"]["exchanges"][0]["status"] == 201
        assert recorder.begin(trial_id) is None

    def test_one_that_ends_three_workers_is_given_up(
        self, ida: Learner, recorder: TrialRecorder
    ) -> None:
        trial_id = sent(ida, ida.begin())
        begun = [recorder.begin(trial_id) is not None for _ in range(4)]
        assert begun == [True, True, True, False]
        assert ida.get(f"{API}/trials/{trial_id}").json()["state"] == "broken"


class NoPairs:
    """A driver at the far edge that never gives a sandbox."""

    name = "none"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def pair(self) -> Pair:
        raise self.error

    def close(self) -> None: ...


class TestWorker:
    @pytest.fixture
    def katas(self, settings: Settings) -> Catalogue:
        return load_catalogue(settings.katas)

    @pytest.mark.parametrize("error", [SandboxError("no memory"), ZeroDivisionError("a bug")])
    def test_every_job_ends_and_the_platforms_fault_is_said(
        self, ida: Learner, recorder: TrialRecorder, katas: Catalogue, error: Exception
    ) -> None:
        trial_id = sent(ida, ida.begin())
        Trier(katas, NoPairs(error), recorder)(trial_id)
        assert ida.get(f"{API}/trials/{trial_id}").json()["state"] == "broken"

    def test_a_kata_that_is_gone_breaks_the_trial_alone(
        self, ida: Learner, recorder: TrialRecorder
    ) -> None:
        trial_id = sent(ida, ida.begin())
        Trier(Catalogue({}, ()), NoPairs(SandboxError("")), recorder)(trial_id)
        assert ida.get(f"{API}/trials/{trial_id}").json()["state"] == "broken"

    @pytest.mark.sandbox
    def test_the_draft_is_what_was_saved_last(
        self, ida: Learner, recorder: TrialRecorder, katas: Catalogue, sandbox: Driver
    ) -> None:
        attempt, try_out = ida.begin(), Trier(katas, sandbox, recorder)
        code = "from fastapi import FastAPI\napp = FastAPI()\n\n@app.get('/umbrellas/1')\n"
        files = {**attempt["files"], "app/main.py": f"{code}def it():\n    return 'mine'\n"}
        draft = {"files": files, "revision": 0}
        assert ida.put(f"{API}/attempts/{attempt['id']}/draft", json=draft).status_code == 200
        trial_id = sent(ida, attempt)
        try_out(trial_id)
        report = ida.get(f"{API}/trials/{trial_id}").json()["report"]
        assert report["exchanges"][0]["body"] == '"mine"'


class Desk:
    """A browser at the page of a kata."""

    def __init__(self, browser: Learner, shelf: Shelf) -> None:
        self.browser = browser
        self.page = f"/katas/{KATA}"
        html = browser.get(self.page).text
        self.to = html.split('formaction="')[2].split('"')[0].replace("/draft", "/trials")
        kata = shelf.katas[KATA]
        self.files = {f"files[{path}]": kata.starter[path] for path in kata.manifest.editable}

    def press(self, partial: bool = False, /, **fields: str) -> Reply:
        headers = {"HX-Request-Type": "partial"} if partial else {}
        return self.browser.post(self.to, data={**self.files, **fields}, headers=headers)

    def send(self, path: str, **fields: str) -> str:
        """Send a request; gives the trial's id."""
        reply = self.press(do="send", method="GET", path=path, **fields)
        assert reply.status_code == 303, reply.text
        return reply.headers["location"].removeprefix("/trials/")

    def show(self) -> str:
        return self.browser.get(self.page).text


@pytest.fixture
def desk(browsers: Callable[[], Learner], shelf: Shelf) -> Desk:
    return Desk(browsers(), shelf)


class TestPage:
    def test_sending_saves_the_draft_and_leads_to_the_answer(
        self, desk: Desk, recorder: TrialRecorder
    ) -> None:
        desk.files["files[app/main.py]"] = "mine = 1\r\n"
        trial_id = desk.send("/umbrellas/1", headers="X-User: ada\r\nX-Other:  b ")
        job = recorder.begin(trial_id)
        assert job is not None
        assert job.files["app/main.py"] == "mine = 1\n"
        assert job.calls[0].headers == {"X-User": "ada", "X-Other": "b"}
        recorder.finish(trial_id, a_report(418))
        reply = desk.browser.get(f"/trials/{trial_id}")
        assert reply.headers["location"] == f"/katas/{KATA}#try"
        assert "418 I&#39;m a Teapot" in desk.show()

    def test_earlier_calls_are_sent_again_if_asked_for(
        self, desk: Desk, recorder: TrialRecorder
    ) -> None:
        for path, keep in (("/a", "1"), ("/b", "1"), ("/c", "")):
            trial_id = desk.send(path, keep=keep) if keep else desk.send(path)
            job = recorder.begin(trial_id)
            assert job is not None
            recorder.finish(trial_id, a_report(*[200] * len(job.calls)))
            if path == "/b":
                assert [call.path for call in job.calls] == ["/a", "/b"]
        assert job is not None
        assert [call.path for call in job.calls] == ["/c"]

    def test_all_are_sent_again_to_the_draft_of_now(
        self, desk: Desk, recorder: TrialRecorder
    ) -> None:
        recorder.finish(desk.send("/a", keep="1"), a_report(200))
        desk.files["files[app/main.py]"] = "mine = 2\n"
        again = desk.press(do="again").headers["location"].removeprefix("/trials/")
        job = recorder.begin(again)
        assert job is not None
        assert ([call.path for call in job.calls], job.files["app/main.py"]) == (
            ["/a"],
            "mine = 2\n",
        )

    def test_a_request_to_a_service_that_did_not_start_is_not_sent_twice(
        self, desk: Desk, recorder: TrialRecorder
    ) -> None:
        recorder.finish(desk.send("/a", keep="1"), a_report(end="unstarted"))
        job = recorder.begin(desk.send("/a", keep="1"))
        assert job is not None
        assert [call.path for call in job.calls] == ["/a"]

    @pytest.mark.parametrize("partial", [True, False])
    def test_what_has_to_be_changed_is_said_and_what_was_typed_stays(
        self, desk: Desk, partial: bool
    ) -> None:
        desk.files["files[app/main.py]"] = "mine = 3\n"
        reply = desk.press(partial, do="send", method="PUT", path="no-slash", body="<b>")
        assert reply.status_code == 422
        assert "A path begins with a slash" in reply.text
        if not partial:
            assert 'value="no-slash"' in reply.text
            assert "&lt;b&gt;" in reply.text
        assert "mine = 3" in desk.show()

    def test_too_many_under_way_is_said_on_the_page(self, desk: Desk) -> None:
        for _ in range(MOST_WAITING):
            desk.send("/a")
        reply = desk.press(True, do="send", method="GET", path="/b")
        assert reply.status_code == 429
        assert "still under way" in reply.text

    def test_a_choice_is_put_into_the_form_and_the_draft_is_kept(
        self, desk: Desk, recorder: TrialRecorder
    ) -> None:
        route = TrialRoute(method="PATCH", path="/umbrellas/{id}", body='{"lost": true}')
        recorder.finish(desk.send("/a"), a_report(200, routes=(route,)))
        desk.files["files[app/main.py]"] = "mine = 4\n"
        reply = desk.press(do="route", route="route-1")
        assert reply.headers["location"] == f"/katas/{KATA}?fill=route-1#try"
        html = desk.browser.get(reply.headers["location"]).text
        assert 'value="/umbrellas/{id}"' in html
        assert "<option selected>PATCH</option>" in html
        assert "mine = 4" in html

    def test_a_choice_that_is_none_chooses_nothing(self, desk: Desk) -> None:
        for choice in ("example-9", "route-x", "call--1", "-", "x" * 20):
            assert desk.browser.get(f"{desk.page}?fill={choice}").status_code == 200

    def test_who_waits_is_answered_as_soon_as_it_is_over(
        self, desk: Desk, app: FastAPI, recorder: TrialRecorder
    ) -> None:
        trial_id = desk.send("/a")
        timer = threading.Timer(0.3, recorder.finish, (trial_id, a_report(204)))
        timer.start()
        headers = {"HX-Request-Type": "partial"}
        html = desk.browser.get(f"/trials/{trial_id}", headers=headers).text
        timer.join()
        assert "204 No Content" in html
        assert app.state.database.engine.pool.checkedout() == 0

    def test_a_server_that_stops_lets_nobody_wait(self, desk: Desk, app: FastAPI) -> None:
        trial_id = desk.send("/a")
        app.state.arrivals.close()
        html = desk.browser.get(f"/trials/{trial_id}", headers={"HX-Request-Type": "partial"}).text
        assert f'hx-get="/trials/{trial_id}"' in html
