"""Every bundled kata has requests to begin with, and partners for its trials."""

import ast

import pytest

from grader.kata import Kata, bundled_katas, load_catalogue


@pytest.mark.parametrize(
    "kata", load_catalogue([bundled_katas()]).katas.values(), ids=lambda kata: str(kata.slug)
)
class TestTrials:
    def test_kata_has_three_to_five_examples_with_titles_of_their_own(self, kata: Kata) -> None:
        titles = [example.title for example in kata.trial.examples]
        assert len(set(titles)) == len(titles)
        assert 3 <= len(titles) <= 5

    def test_every_partner_that_the_service_calls_is_played(self, kata: Kata) -> None:
        called = {
            node.args[0].value
            for node in ast.walk(ast.parse(kata.starter.get("app/outside.py", "")))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("call", "acall")
            and isinstance(node.args[0], ast.Constant)
        }
        played = {
            node.name
            for node in ast.parse(kata.partners).body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        }
        assert played == called

    def test_a_trial_has_none_of_the_suites_variables(self, kata: Kata) -> None:
        suites = {value for value in kata.manifest.environment.values() if len(value) > 8}
        assert suites.isdisjoint(kata.trial.environment.values())
