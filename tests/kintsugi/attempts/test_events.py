"""Both event streams: order, coming back, an end, and no database session held meanwhile."""

import json
import threading
import time
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from grader_factories import results
from kintsugi_factories import API, Graders, Learner, a_report

from grader.kata import Kata
from kintsugi.attempts import streams

Event = tuple[str, str, str]  # name, id, data


def events(text: str) -> list[Event]:
    """What a browser makes of a stream."""
    found: list[Event] = []
    for block in text.replace("\r\n", "\n").strip().split("\n\n"):
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(": ")
            fields[name] = f"{fields[name]}\n{value}" if name in fields else value
        if "data" in fields:
            found.append((fields.get("event", ""), fields.get("id", ""), fields["data"]))
    return found


def watch(who: Learner, submission_id: str, last: str = "") -> list[Event]:
    headers = {"Last-Event-ID": last} if last else {}
    return events(who.get(f"{API}/submissions/{submission_id}/events", headers=headers).text)


def in_background(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def wait_for_watcher(app: FastAPI, submission_id: str) -> None:
    """Until the stream is open: what happens from now on is seen as it happens."""
    hub = app.state.hub
    wait_until(lambda: submission_id in hub.watched and hub.listening.is_set())


def place_of(app: FastAPI, submission_id: str) -> int | None:
    """Where its watcher was last told to be."""
    return next(iter(app.state.hub.watched[submission_id])).position


class TestJson:
    def test_everything_comes_in_order_and_the_stream_ends(
        self, ida: Learner, graders: Graders
    ) -> None:
        submission_id = ida.submit(ida.begin())
        graders.grade(submission_id, "c1")
        seen = watch(ida, submission_id)
        assert [e[0] for e in seen] == ["queued", "started", "check", "check", "check", "graded"]
        assert [json.loads(e[2])["id"] for e in seen[2:5]] == ["k1", "c1", "c2"]
        assert json.loads(seen[-1][2]) == {"verdict": "changes_requested"}

    def test_it_is_seen_as_it_happens(self, app: FastAPI, ida: Learner, graders: Graders) -> None:
        submission_id = ida.submit(ida.begin())

        def work() -> None:
            wait_for_watcher(app, submission_id)
            graders.grade(submission_id)

        thread = in_background(work)
        assert watch(ida, submission_id)[-1][0] == "graded"
        thread.join()

    def test_who_comes_back_gets_what_was_missed_and_nothing_twice(
        self, ida: Learner, graders: Graders
    ) -> None:
        submission_id = ida.submit(ida.begin())
        graders.grade(submission_id)
        everything = watch(ida, submission_id)
        for number, event in enumerate(everything[:-1], start=1):
            assert watch(ida, submission_id, last=event[1]) == everything[number:]

    def test_a_superseded_one_ends_so(self, ida: Learner) -> None:
        attempt = ida.begin()
        older, _ = ida.submit(attempt), ida.submit(attempt)
        assert [e[0] for e in watch(ida, older)] == ["queued", "superseded"]

    def test_a_broken_one_ends_with_its_id(self, ida: Learner, graders: Graders) -> None:
        submission_id = ida.submit(ida.begin())
        graders.recorder.fail(graders.begin(submission_id), None, "5ca1ab1e0000")
        name, _, data = watch(ida, submission_id)[-1]
        assert (name, json.loads(data)) == ("broken", {"error_id": "5ca1ab1e0000"})

    def test_whoever_waits_is_told_when_the_line_moves(
        self, app: FastAPI, ida: Learner, bo: Learner, graders: Graders
    ) -> None:
        first, second = bo.submit(bo.begin()), ida.submit(ida.begin())

        def work() -> None:
            wait_for_watcher(app, second)
            graders.begin(first)
            wait_until(lambda: place_of(app, second) == 1)
            graders.grade(second)

        thread = in_background(work)
        seen = watch(ida, second)
        thread.join()
        places = [json.loads(data)["position"] for name, _, data in seen if name == "queued"]
        assert places == [2, 1]

    def test_a_stream_lives_no_longer_than_its_time(
        self, ida: Learner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(streams, "LIFETIME_S", 0.2)
        submission_id = ida.submit(ida.begin())
        assert [e[0] for e in watch(ida, submission_id)] == ["queued"]

    def test_streams_end_when_the_server_stops(self, app: FastAPI, ida: Learner) -> None:
        submission_id = ida.submit(ida.begin())

        def work() -> None:
            wait_for_watcher(app, submission_id)
            app.state.hub.close()

        thread = in_background(work)
        assert [e[0] for e in watch(ida, submission_id)] == ["queued"]
        thread.join()

    def test_no_session_is_held_while_somebody_watches(
        self, app: FastAPI, ida: Learner, graders: Graders
    ) -> None:
        submission_id = ida.submit(ida.begin())
        held: list[int] = []

        def work() -> None:
            wait_for_watcher(app, submission_id)
            pool = app.state.database.engine.pool
            wait_until(lambda: pool.checkedout() == 0)  # the reader itself asks now and then
            held.append(pool.checkedout())
            graders.grade(submission_id)

        thread = in_background(work)
        watch(ida, submission_id)
        thread.join()
        assert held == [0]


class TestHtml:
    def watch(self, who: Learner, submission_id: str) -> list[Event]:
        return events(who.get(f"/submissions/{submission_id}/events/page").text)

    @pytest.fixture
    def learner(self, browsers: Callable[[], Learner]) -> Learner:
        made = browsers()
        made.get("/katas")
        return made

    def test_a_graded_one_is_shown_at_once_and_done(
        self, learner: Learner, graders: Graders
    ) -> None:
        submission_id = learner.submit(learner.begin())
        graders.grade(submission_id, "c1")
        *_, review, done = self.watch(learner, submission_id)
        assert (review[0], done[0]) == ("", "done")
        assert 'hx-target="#submission"' in review[2]
        assert "Nothing is answered as if it were something" in review[2]

    def test_every_message_is_the_whole_progress(
        self, app: FastAPI, learner: Learner, graders: Graders, kata: Kata
    ) -> None:
        submission_id = learner.submit(learner.begin())

        def work() -> None:
            wait_for_watcher(app, submission_id)
            job = graders.begin(submission_id)
            graders.recorder.checks(job, results(kata))
            graders.recorder.finish(job, a_report(kata))

        thread = in_background(work)
        messages = self.watch(learner, submission_id)
        thread.join()
        *_, progress, review, done = messages
        assert all(check.title in progress[2] for check in results(kata))
        assert [name for name, _, _ in (review, done)] == ["", "done"]

    def test_a_grading_that_begins_anew_shows_no_check_of_the_first_try(
        self, learner: Learner, graders: Graders, kata: Kata
    ) -> None:
        submission_id = learner.submit(learner.begin())
        job = graders.begin(submission_id)
        graders.recorder.checks(job, results(kata))
        graders.recorder.started_again(job)
        page = learner.get(f"/submissions/{submission_id}").text
        assert "An umbrella is found again" not in page
