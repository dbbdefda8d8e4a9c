"""The authors' commands: what they print, and with which exit code they end."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from grader_factories import kata_folder
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


def test_coverage_names_what_no_kata_teaches() -> None:
    ran = kintsugi("katas", "coverage", "--json")
    found = document(ran)
    assert {"item", "title", "required", "katas"} == set(found["items"][0])
    first = next(item for item in found["items"] if item["item"] == "R1")
    assert "library-desk" in first["katas"]
    lacking = [i for i in found["items"] if i["required"] and not i["katas"]]
    assert ran.exit_code == int(bool(lacking))
    shown = kintsugi("katas", "coverage")
    assert all(f"No kata teaches {item['item']} " in shown.stdout for item in lacking)


def test_new_kata_verifies_red_with_one_row_for_each_missing_thing(tmp_path: Path) -> None:
    made = kintsugi("katas", "new", "tea-house", "--track", "data", "--katas", tmp_path)
    assert made.exit_code == 0, made.stderr
    ran = kintsugi("katas", "verify", "tea-house", "--katas", tmp_path, "--json")
    (proof,) = document(ran)["katas"]
    assert (ran.exit_code, proof["ok"], proof["runs"]) == (1, False, 0)
    assert f"{len(proof['rows'])} things to write" in made.stdout
    assert kintsugi("katas", "new", "tea-house", "--katas", tmp_path).exit_code == 2


@pytest.mark.parametrize(
    ("file", "reason"),
    [("kata.toml", "is missing"), ("notes/F1.md", "is missing"), ("starter", "is missing")],
)
def test_broken_folder_is_named_with_file_and_reason(
    tmp_path: Path, file: str, reason: str
) -> None:
    folder = kata_folder(tmp_path)
    gone = folder / file
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    ran = kintsugi("katas", "verify", "tiny", "--katas", tmp_path, "--json")
    (proof,) = document(ran)["katas"]
    row = {"row": "folder", "name": str(gone), "ok": False, "reason": reason}
    assert (proof["slug"], proof["rows"]) == ("tiny", [row])
    assert ran.exit_code == 1
