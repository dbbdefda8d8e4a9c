"""A report in the terminal."""

import io
from pathlib import Path

import pytest
from grader_factories import results, tiny_kata
from rich.console import Console

from grader.grade import without_sandbox
from grader.kata import Kata
from grader.report import Evidence, Failure, Place, Report, Tampering, Verdict
from grader.review import compose, score_of
from kintsugi.terminal import print_report

FILES = {"app/main.py": "\n".join(f"line_{n} = {n}" for n in range(1, 30))}


@pytest.fixture
def kata(tmp_path: Path) -> Kata:
    return tiny_kata(tmp_path)


def report(kata: Kata, *failing: str, verdict: Verdict, text: str = "Seen.") -> Report:
    checks = results(kata, *failing, evidence=(Evidence(text=text),))
    places = {"F2": Place(file="app/main.py", line=12, end=14)}
    return Report(
        kata=kata.slug,
        kata_version=kata.version,
        verdict=verdict,
        score=score_of(kata, checks),
        checks=checks,
        review=compose(kata, checks, places, verdict),
        seed=7,
    )


def printed(subject: Report, kata: Kata, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        print_report(subject, kata, FILES, console)
    return capture.get()


def test_parts_come_in_the_reviewers_order(kata: Kata) -> None:
    text = printed(report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED), kata)
    parts = [
        "Core business",
        "kept   ",
        "Verdict",
        "1. Anybody reads",
        "Evidence",
        "Why it matters",
    ]
    parts += ["Recommendation", "Example", "Trade-off", "CWE-639", "Closed", "mended", "Done well"]
    parts += ["Production readiness", "Next step", "seed 7"]
    at = [text.find(part) for part in parts]
    assert -1 not in at
    assert at == sorted(at)


def test_the_line_is_shown_with_its_neighbours(kata: Kata) -> None:
    text = printed(report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED), kata)
    assert "app/main.py:12" in text
    assert all(f"line_{n} = {n}" in text for n in (10, 11, 12, 13, 14))
    assert "line_15" not in text


def test_fits_eighty_columns(kata: Kata) -> None:
    text = printed(report(kata, "k1", "c2", verdict=Verdict.REGRESSED), kata)
    assert max(map(len, text.splitlines())) <= 80


def test_broken_rule_is_said_in_words(kata: Kata) -> None:
    text = printed(report(kata, "k1", verdict=Verdict.REGRESSED), kata)
    assert "broken       Orders keep their number" in text


def test_learners_text_does_not_steer_the_terminal(kata: Kata) -> None:
    hostile = "[bold]x[/bold] \x1b[2J\x07 done"
    subject = report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED, text=hostile)
    text = printed(subject, kata)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]x[/bold]" in text.replace("\\", "")


def test_failure_of_the_platform_gives_an_id(kata: Kata) -> None:
    subject = without_sandbox(kata, "no namespaces")
    text = printed(subject, kata)
    assert "This does not count against you." in " ".join(text.split())
    assert subject.failure is not None
    assert str(subject.failure.code) in text


def test_failure_to_start_shows_the_place(kata: Kata) -> None:
    failure = Failure(
        text="The service did not start.", place=Place(file="app/main.py", line=1, end=1)
    )
    subject = without_sandbox(kata, "").model_copy(update={"failure": failure})
    assert "line_1 = 1" in printed(subject, kata)


def test_tampering_is_told(kata: Kata) -> None:
    told = (Tampering(kind="probes", detail="the page is not an object"),)
    subject = report(kata, verdict=Verdict.APPROVED).model_copy(update={"tampering": told})
    assert "Tampering (probes): the page is not an object" in printed(subject, kata)
