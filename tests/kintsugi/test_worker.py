"""The worker: every job ends, and only what the submission did counts against it."""

from pathlib import Path

import pytest
from grader_factories import results
from kintsugi_factories import KATA, Graders, Learner

from grader.kata import Catalogue, load_catalogue
from grader.sandbox.base import Driver, Pair, SandboxError
from kintsugi.worker import TRIES, Grader, Progress

KATAS = Path(__file__).parent / "katas"


class NoPairs:
    """A driver at the far edge that never gives a sandbox."""

    name = "none"

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = 0

    def pair(self) -> Pair:
        self.asked += 1
        raise self.error

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def katas() -> Catalogue:
    return load_catalogue([KATAS])


def events(graders: Graders) -> list[str]:
    with graders.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT kind FROM event ORDER BY id")
        return list(rows.scalars())


def test_the_platforms_fault_is_tried_again_and_then_broken_with_an_id(
    ida: Learner, graders: Graders, katas: Catalogue
) -> None:
    driver = NoPairs(SandboxError("no memory left"))
    submission_id = ida.submit(ida.begin())
    Grader(katas, driver, graders.recorder)(submission_id)
    assert driver.asked == TRIES
    assert ida.submission(submission_id)["state"] == "broken"
    assert events(graders) == ["queued", "started", "started", "started", "broken"]


def test_what_nobody_thought_of_ends_this_job_alone(
    ida: Learner, graders: Graders, katas: Catalogue
) -> None:
    submission_id = ida.submit(ida.begin())
    Grader(katas, NoPairs(ZeroDivisionError("a bug")), graders.recorder)(submission_id)
    document = ida.submission(submission_id)
    assert (document["state"], document["report"]) == ("broken", None)


def test_a_kata_that_is_gone_breaks_the_submission_not_the_worker(
    ida: Learner, graders: Graders
) -> None:
    submission_id = ida.submit(ida.begin())
    Grader(Catalogue({}, ()), NoPairs(SandboxError("")), graders.recorder)(submission_id)
    assert ida.submission(submission_id)["state"] == "broken"


def test_what_was_replaced_meanwhile_is_not_run(
    ida: Learner, graders: Graders, katas: Catalogue
) -> None:
    attempt = ida.begin()
    older = ida.submit(attempt)
    ida.submit(attempt)
    driver = NoPairs(SandboxError(""))
    Grader(katas, driver, graders.recorder)(older)
    assert driver.asked == 0


def test_every_check_is_stored_before_the_progress_is_closed(
    ida: Learner, graders: Graders, katas: Catalogue
) -> None:
    job = graders.begin(ida.submit(ida.begin()))
    progress = Progress(graders.recorder, job)
    for result in results(katas.katas[KATA]):
        progress.add(result)
    progress.close()
    assert events(graders) == ["queued", "started", "check", "check", "check"]


@pytest.mark.sandbox
class TestInASandbox:
    def test_the_starter_has_open_findings_and_the_reference_none(
        self, ida: Learner, graders: Graders, katas: Catalogue, sandbox: Driver
    ) -> None:
        attempt, grade = ida.begin(), Grader(katas, sandbox, graders.recorder)
        reference = dict(katas.katas[KATA].reference)
        starter, mended = ida.submit(attempt), ida.submit(ida.begin(), **reference)
        grade(starter)
        grade(mended)
        verdicts = [ida.submission(each)["report"]["verdict"] for each in (starter, mended)]
        assert verdicts == ["changes_requested", "approved"]
        assert events(graders).count("check") == 6

    def test_what_is_not_python_is_told_to_its_owner(
        self, ida: Learner, graders: Graders, katas: Catalogue, sandbox: Driver
    ) -> None:
        submission_id = ida.submit(ida.begin(), **{"app/main.py": "def (:"})
        Grader(katas, sandbox, graders.recorder)(submission_id)
        report = ida.submission(submission_id)["report"]
        assert report["verdict"] == "unrunnable"
        assert report["failure"]["place"]["file"] == "app/main.py"
