"""`kintsugi grade --since`: beside an earlier report."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kintsugi.cli import command_line

HOSTILE = Path(__file__).parents[1] / "hostile/kata"
FOLDER = HOSTILE / "data/cloakroom/starter"


HEAD = ["grade", "cloakroom", str(FOLDER), "--katas", str(HOSTILE)]


def grade(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command_line(), [*HEAD, *map(str, arguments)])


def graded(*arguments: str | Path) -> str:
    """What a process of its own prints: it takes its sandboxes with it when it ends."""
    command = [sys.executable, "-m", "kintsugi.cli", *HEAD, *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    return ran.stdout


def said(result: Result) -> str:
    return " ".join(result.stderr.split())


@pytest.mark.parametrize(
    "text",
    ["my diary", "[]", "{}", '{"kata": "cloakroom"}', "[" * 100_000, "\x00\ud800"],
    ids=["text", "list", "empty", "other document", "deep", "no UTF-8"],
)
def test_file_that_is_not_a_report_is_said_before_anything_runs(tmp_path: Path, text: str) -> None:
    file = tmp_path / "last.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    ran = grade("--since", file)
    assert ran.exit_code == 2
    assert "is not a report. Make one with: kintsugi grade cloakroom FOLDER --json" in said(ran)


def test_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    ran = grade("--since", tmp_path / "none.json")
    assert ran.exit_code == 2
    assert "cannot be read: No such file" in said(ran)


@pytest.mark.sandbox
def test_second_report_says_what_has_changed_and_can_be_the_first_of_the_next(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    first.write_text(graded("--json"))
    second.write_text(graded("--json", "--since", first))
    found = json.loads(second.read_text())["since"]
    assert (found["closed"], [move["id"] for move in found["still_open"]]) == ([], ["F2", "F1"])
    assert found["sentence"].startswith("Since the last time: nothing has changed")
    assert "Against the last time" in graded("--since", second)
    first.write_text(json.dumps({**json.loads(first.read_text()), "kata": "library-desk"}))
    assert "of the kata 'library-desk', not of 'cloakroom'" in said(grade("--since", first))
