"""Examples are sent before learners send them."""

from dataclasses import replace

import pytest

from grader.authoring.texts import leaks
from grader.authoring.tried import tried
from grader.kata import Kata, bundled_katas, load_kata
from grader.sandbox.base import Driver
from grader.trial import Example, TrialSetup

KATA = load_kata(bundled_katas() / "contracts" / "patch-that-forgets")


def with_examples(*examples: Example, **environment: str) -> Kata:
    return replace(KATA, trial=TrialSetup(environment=environment, examples=examples))


@pytest.mark.sandbox
class TestInASandbox:
    def test_examples_that_succeed_say_nothing(self, sandbox: Driver) -> None:
        assert list(tried(KATA, sandbox)) == []

    def test_one_that_is_refused_is_named_on_both(self, sandbox: Driver) -> None:
        lost = with_examples(Example(title="Look", path="/members/7"), DESK_TOKEN="desk")
        assert list(tried(lost, sandbox)) == [
            "starter: 'Look' was answered 404",
            "reference: 'Look' was answered 404",
        ]

    def test_a_service_that_does_not_start_in_a_trial_is_named(self, sandbox: Driver) -> None:
        bare = replace(KATA, starter={**KATA.starter, "app/main.py": "raise SystemExit(1)"})
        assert any("did not start" in said for said in tried(bare, sandbox))


def test_what_the_suite_knows_is_not_given_to_try_with() -> None:
    value = KATA.manifest.environment["DESK_TOKEN"]
    shown = with_examples(Example(title="Look", path="/", headers={"X-Desk-Token": value}))
    assert "the value of DESK_TOKEN stands in try/" in list(leaks(shown))
    assert list(leaks(KATA)) == []
