"""The authors' commands: what they print, and with which exit code they end."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kintsugi.cli import command_line

HOSTILE = Path(__file__).parents[1] / "hostile/kata"


def kintsugi(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command_line(), [*map(str, arguments)])


def document(result: Result) -> Any:
    """The one JSON document on stdout."""
    return json.loads(result.stdout)


@pytest.mark.sandbox
def test_mutate_prints_rates_and_survivors_as_one_document() -> None:
    ran = kintsugi("katas", "mutate", "cloakroom", "--katas", HOSTILE, "--most", "4", "--json")
    (score,) = document(ran)["katas"]
    assert list(score) == ["slug", "mutants", "killed", "equivalent", "rate", "survivors"]
    assert (score["slug"], score["mutants"], score["equivalent"]) == ("cloakroom", 4, 0)
    assert len(score["survivors"]) == 4 - score["killed"]
    assert ran.exit_code == int(score["rate"] < 0.85)


def test_mutate_of_an_unknown_kata_is_a_mistake_of_the_caller() -> None:
    ran = kintsugi("katas", "mutate", "nowhere")
    assert ran.exit_code == 2
    assert "There is no kata 'nowhere'. There are: library-desk" in " ".join(ran.stderr.split())
