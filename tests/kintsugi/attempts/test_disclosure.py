"""What an attempt does not disclose is on no surface at all."""

from collections.abc import Callable

import pytest
from grader_factories import results
from kintsugi_factories import API, KATA, Graders, Learner

from grader.kata import Kata

TITLES = ("An umbrella is found again", "What was never found is answered 404")
FINDING = "Nothing is answered as if it were something"
SURFACES = {
    "API": f"{API}/submissions/{{id}}",
    "API's stream": f"{API}/submissions/{{id}}/events",
    "page": "/submissions/{id}",
    "page's stream": "/submissions/{id}/events/page",
    "changes": "/submissions/{id}/changes",
    "API's changes": f"{API}/submissions/{{id}}/changes",
    "attempt": "/attempts/{attempt}",
    "reference": "/attempts/{attempt}/reference",
    "API's hints": f"{API}/attempts/{{attempt}}/hints",
    "API's reference": f"{API}/attempts/{{attempt}}/reference",
    "attempts": "/attempts",
    "katas": "/katas",
    "kata": f"/katas/{KATA}",
}


def surfaces(disclosure: str, owner: Learner, graders: Graders) -> dict[str, str]:
    """Everything that the owner can load of a submission with one finding open."""
    attempt = owner.begin()
    submission_id = owner.submit(attempt)
    graders.change("attempt", attempt["id"], disclosure=disclosure)
    graders.grade(submission_id, "c1")
    paths = {k: p.format(id=submission_id, attempt=attempt["id"]) for k, p in SURFACES.items()}
    return {name: owner.get(path).text for name, path in paths.items()}


@pytest.fixture
def learner(browsers: Callable[[], Learner]) -> Learner:
    """A browser that uses the API too: one person on every surface."""
    made = browsers()
    made.get("/katas")
    return made


def test_none_shows_that_it_is_graded_and_no_more(learner: Learner, graders: Graders) -> None:
    shown = surfaces("none", learner, graders)
    for name, text in shown.items():
        for secret in (*TITLES, FINDING, "changes_requested", "findings are open", "1 of 2"):
            assert secret not in text, f"{name} shows {secret!r}"
    assert '"report":null' in shown["API"].replace(" ", "")
    assert "event: graded" in shown["API's stream"]


def test_verdict_shows_verdict_and_score_and_no_finding(learner: Learner, graders: Graders) -> None:
    shown = surfaces("verdict", learner, graders)
    for name, text in shown.items():
        for secret in (*TITLES, FINDING, "A note on what was handed in"):
            assert secret not in text, f"{name} shows {secret!r}"
    assert "changes_requested" in shown["API"]
    assert "changes_requested" in shown["API's stream"]
    assert "1 of 2" in shown["page"]


def test_verdict_keeps_the_seed_and_what_goes_with_findings(
    learner: Learner, graders: Graders
) -> None:
    attempt = learner.begin()
    submission_id = learner.submit(attempt)
    graders.change("attempt", attempt["id"], disclosure="verdict")
    graders.grade(submission_id, "c1")
    report = learner.submission(submission_id)["report"]
    assert report["score"] == {"kept": 1, "keep_total": 1, "closed": 1, "find_total": 2}
    assert report["verdict"] == "changes_requested"
    assert (report["seed"], report["review"], report["checks"]) == (0, None, [])
    assert (report["notes"], report["tampering"]) == ([], [])


def test_full_shows_the_review(learner: Learner, graders: Graders) -> None:
    shown = surfaces("full", learner, graders)
    for name in ("API", "page", "page's stream"):
        assert FINDING in shown[name], f"{name} hides the finding"
    assert TITLES[0] in shown["API's stream"]


def test_checks_are_hidden_while_it_runs_too(
    learner: Learner, graders: Graders, kata: Kata
) -> None:
    attempt = learner.begin()
    submission_id = learner.submit(attempt)
    graders.change("attempt", attempt["id"], disclosure="none")
    job = graders.begin(submission_id)
    graders.recorder.checks(job, results(kata))
    assert TITLES[0] not in learner.get(f"/submissions/{submission_id}").text
