"""What the worker writes: once each, whoever else is writing."""

from grader_factories import results
from kintsugi_factories import Graders, Learner, a_report

from grader.kata import Kata
from grader.report import Report
from kintsugi.attempts.recording import MAX_STARTS


def states(learner: Learner, *submissions: str) -> list[str]:
    return [learner.submission(each)["state"] for each in submissions]


def test_a_report_is_stored_once(ida: Learner, graders: Graders, kata: Kata) -> None:
    submission_id = ida.submit(ida.begin())
    job = graders.begin(submission_id)
    again = graders.begin(submission_id)  # another worker took it over
    assert graders.recorder.finish(again, a_report(kata))
    assert not graders.recorder.finish(job, a_report(kata, "c1"))
    assert ida.submission(submission_id)["report"]["verdict"] == "approved"


def test_one_that_is_graded_is_not_begun_again(ida: Learner, graders: Graders) -> None:
    submission_id = ida.submit(ida.begin())
    graders.grade(submission_id)
    assert graders.recorder.begin(submission_id) is None


def test_one_that_was_replaced_is_not_begun(ida: Learner, graders: Graders) -> None:
    attempt = ida.begin()
    older, newer = ida.submit(attempt), ida.submit(attempt)
    assert graders.recorder.begin(older) is None
    assert graders.begin(newer).files == attempt["files"]
    assert states(ida, older, newer) == ["superseded", "grading"]


def test_one_that_does_not_exist_is_not_begun(graders: Graders) -> None:
    assert graders.recorder.begin("never-handed-in") is None


def test_one_that_ends_every_worker_is_broken_with_an_id(ida: Learner, graders: Graders) -> None:
    submission_id = ida.submit(ida.begin())
    for _ in range(MAX_STARTS):
        graders.begin(submission_id)
    assert graders.recorder.begin(submission_id) is None
    assert states(ida, submission_id) == ["broken"]


def test_a_server_that_goes_down_is_not_held_against_what_it_graded(
    ida: Learner, graders: Graders
) -> None:
    submission_id = ida.submit(ida.begin())
    for _ in range(MAX_STARTS * 2):
        graders.begin(submission_id)
        graders.recorder.forgive()
    graders.grade(submission_id)
    assert states(ida, submission_id) == ["graded"]


def test_what_is_given_up_stays_so_even_if_a_worker_comes_back(
    ida: Learner, graders: Graders, kata: Kata
) -> None:
    submission_id = ida.submit(ida.begin())
    asleep = graders.begin(submission_id)
    graders.recorder.give_up(submission_id)
    assert graders.recorder.begin(submission_id) is None
    graders.recorder.finish(asleep, a_report(kata))
    assert states(ida, submission_id) == ["broken"]


def test_giving_up_what_is_graded_changes_nothing(ida: Learner, graders: Graders) -> None:
    submission_id = ida.submit(ida.begin())
    graders.grade(submission_id)
    graders.recorder.give_up(submission_id)
    assert states(ida, submission_id) == ["graded"]


def test_a_fault_of_ours_counts_for_nobody(ida: Learner, graders: Graders, kata: Kata) -> None:
    submission_id = ida.submit(ida.begin())
    job = graders.begin(submission_id)
    report: Report = a_report(kata).model_copy(update={"verdict": None})
    graders.recorder.fail(job, report, "5ca1ab1e0000")
    document = ida.submission(submission_id)
    assert (document["state"], document["report"]) == ("broken", None)


def test_the_best_submission_counts(ida: Learner, graders: Graders) -> None:
    attempt = ida.begin()
    for failing in (("c1",), (), ("c1", "c2")):
        graders.grade(ida.submit(attempt), *failing)
    with graders.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT closed, total, mended FROM attempt").one()
    assert tuple(row) == (2, 2, 1)


def test_checks_come_in_their_order(ida: Learner, graders: Graders, kata: Kata) -> None:
    submission_id = ida.submit(ida.begin())
    job = graders.begin(submission_id)
    for result in results(kata):
        graders.recorder.checks(job, [result])
    with graders.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT kind FROM event ORDER BY id").scalars().all()
    assert rows == ["queued", "started", "check", "check", "check"]
