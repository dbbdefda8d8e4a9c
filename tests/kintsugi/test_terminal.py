"""A report in the terminal."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from grader_factories import NOTE, a_run, not_run, results, tiny_kata
from rich.console import Console

from grader.grade import without_sandbox
from grader.kata import Kata
from grader.report import (
    Count,
    Evidence,
    Exchange,
    Failure,
    Moment,
    Phases,
    Place,
    Reading,
    Report,
    Tampering,
    Timeline,
    Verdict,
)
from grader.review import compose
from grader.review.since import since
from kintsugi.terminal import print_report

FILES = {"app/main.py": "\n".join(f"line_{n} = {n}" for n in range(1, 30))}


@pytest.fixture
def kata(tmp_path: Path) -> Kata:
    return tiny_kata(tmp_path)


def report(kata: Kata, *failing: str, verdict: Verdict, text: str = "Seen.") -> Report:
    checks = results(kata, *failing, evidence=(Evidence(text=text),))
    places = {"F2": Place(file="app/main.py", line=12, end=14)}
    return a_run(kata, checks, verdict, Reading(places=places))


def printed(
    subject: Report,
    kata: Kata,
    *,
    width: int = 80,
    files: Mapping[str, str] = FILES,
    colours: bool = False,
) -> str:
    system = "standard" if colours else None
    console = Console(file=io.StringIO(), width=width, force_terminal=colours, color_system=system)
    with console.capture() as capture:
        print_report(subject, kata.manifest.title, kata.submission(files)[0], console)
    return capture.get()


def words(text: str) -> str:
    """The text without the breaks of its lines."""
    return " ".join(text.split())


def test_parts_come_in_the_reviewers_order(kata: Kata) -> None:
    text = printed(report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED), kata)
    parts = [
        "Core business",
        "kept  Orders",
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


def test_what_has_changed_since_the_last_time_follows_the_verdict(kata: Kata) -> None:
    before = report(kata, "c1", "c2", verdict=Verdict.CHANGES_REQUESTED)
    now = report(kata, "k1", "c2", verdict=Verdict.REGRESSED)
    console = Console(file=io.StringIO(), width=80)
    with console.capture() as capture:
        print_report(now, kata.manifest.title, FILES, console, since(before, now))
    text = capture.get()
    told = "Since the last time: one finding closed, one rule broken."
    at = [text.find(part) for part in ("Verdict", told, "broken      Orders", "1. Broken rule")]
    assert -1 not in at
    assert at == sorted(at)
    assert "still open  Anybody reads an order" in text


def test_the_line_is_shown_with_its_neighbours(kata: Kata) -> None:
    text = printed(report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED), kata)
    assert "app/main.py:12" in text
    lines = [line.split() for line in text.splitlines() if "line_" in line]
    assert lines == [
        ["10", "line_10", "=", "10"],
        ["11", "line_11", "=", "11"],
        ["❱", "12", "line_12", "=", "12"],
        ["13", "line_13", "=", "13"],
        ["14", "line_14", "=", "14"],
    ]


def test_fits_eighty_columns(kata: Kata) -> None:
    sentence = "A sentence that is a good deal longer than one line of a terminal. " * 3
    subject = report(kata, "k1", "c2", verdict=Verdict.REGRESSED, text=sentence)
    long_lines = {"app/main.py": f"name = '{'x' * 200}'\n" * 20}
    text = printed(subject, kata, files=long_lines)
    assert max(map(len, text.splitlines())) <= 80
    assert sentence.strip() in words(text), "nothing is cut off"
    assert text.count("x") >= 5 * 200, "nor are long lines of code"


def test_broken_rule_is_said_in_words(kata: Kata) -> None:
    text = printed(report(kata, "k1", verdict=Verdict.REGRESSED), kata)
    assert "broken  Orders keep their number" in text
    assert "///· regression, high · API design" in text


def test_rule_that_nothing_looked_at_is_said_in_words(kata: Kata) -> None:
    checks = not_run(kata)
    review = compose(kata, checks, Reading(), Verdict.UNRUNNABLE)
    subject = report(kata, verdict=Verdict.UNRUNNABLE).model_copy(update={"review": review})
    assert "not checked  Orders keep their number" in printed(subject, kata)


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x1b]0;title\x07", "\x9b1m", "\u202egnp.exe"])
def test_learners_text_does_not_steer_the_terminal(kata: Kata, hostile: str) -> None:
    places = {"F2": Place(file=f"app/{hostile}.py", line=1, end=1)}
    checks = results(kata, "c2", evidence=(Evidence(text=hostile, facts={"name": hostile}),))
    subject = report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED).model_copy(
        update={
            "review": compose(kata, checks, Reading(places=places), Verdict.CHANGES_REQUESTED),
            "failure": Failure(text=hostile, place=Place(file="app/main.py", line=1, end=1)),
            "tampering": (Tampering(kind=hostile, detail=hostile),),
            "notes": (hostile,),
        }
    )
    text = printed(subject, kata, files={"app/main.py": f"x = '{hostile}'\n"})
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(text)


def test_learners_text_is_no_console_markup(kata: Kata) -> None:
    hostile = "[bold]x[/bold] [/nothing] :smile:"
    subject = report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED, text=hostile).model_copy(
        update={
            "failure": Failure(text=hostile),
            "tampering": (Tampering(kind="probes", detail=hostile),),
            "notes": (hostile,),
        }
    )
    text = printed(subject, kata, files={"app/main.py": f"# {hostile}\n" * 20})
    assert text.count(hostile) == 3 + 1 + 5


def test_place_is_shown_in_what_was_graded(kata: Kata) -> None:
    locked = Failure(text="Locked.", place=Place(file="app/other.py", line=1, end=1))
    subject = report(kata, verdict=Verdict.APPROVED).model_copy(update={"failure": locked})
    text = printed(subject, kata, files={"app/other.py": "mine = 'was ignored'\n"})
    assert "app/other.py:1" in text
    assert "was ignored" not in text


def test_place_beyond_the_end_of_the_file_has_no_code(kata: Kata) -> None:
    subject = report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED)
    text = printed(subject, kata, files={"app/main.py": "x = 1\n"})
    assert "app/main.py:12" in text
    assert "x = 1" not in text


def test_code_with_windows_line_ends(kata: Kata) -> None:
    subject = report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED)
    windows = {path: text.replace("\n", "\r\n") for path, text in FILES.items()}
    assert printed(subject, kata, files=windows) == printed(subject, kata)


def test_recommendation_stands_out(kata: Kata) -> None:
    subject = report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED)
    assert "\x1b[1mMend F2.\x1b[0m" in printed(subject, kata, colours=True)


def test_no_color_is_obeyed(kata: Kata, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    subject = report(kata, "k1", "c2", verdict=Verdict.REGRESSED)
    text = printed(subject, kata, colours=True)
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", text)


def test_name_in_code_is_told_from_a_word_without_colours(tmp_path: Path) -> None:
    note = NOTE.replace("Mend NAME", "Return `order` or `None`")
    kata = tiny_kata(tmp_path, {"notes/F2.md": note})
    text = printed(report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED), kata)
    assert "Return `order` or `None`." in text


def test_evidence_of_several_paragraphs_stays_one_item(tmp_path: Path) -> None:
    told = "## hidden\nThe order is hidden\nfrom lists alone.\n\n1. So it is."
    kata = tiny_kata(tmp_path, {"notes/near-misses.md": told})
    text = printed(report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED), kata)
    assert "   - The order is hidden from lists alone." in text
    assert text.count("\n   - ") == 2, "the near miss and what was seen"


def test_approved_says_how_to_go_on(kata: Kata) -> None:
    text = printed(report(kata, verdict=Verdict.APPROVED), kata)
    assert "Approved · kept 1 of 1 · closed 2 of 2" in text
    assert "mended  Anybody reads an order" in text
    assert "Go on with `other`." in words(text)


def test_wide_terminals_get_readable_lines(kata: Kata) -> None:
    text = printed(report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED), kata, width=200)
    assert max(map(len, text.splitlines())) <= 88


def test_failure_of_the_platform_gives_an_id(kata: Kata) -> None:
    subject = without_sandbox(kata, "no namespaces")
    text = printed(subject, kata)
    assert "This does not count against you." in words(text)
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


def test_last_line_says_how_to_repeat_the_run_and_how_long_it_took(kata: Kata) -> None:
    took = Phases(prepare_ms=10.4, start_ms=300, run_ms=1200, review_ms=2)
    subject = report(kata, verdict=Verdict.APPROVED).model_copy(update={"phases": took})
    last = printed(subject, kata).rstrip().splitlines()[-1]
    times = "ms: prepare 10, start 300, run 1200, review 2"
    assert last == f"seed 7 · kata {kata.version} · {times}"


def test_exhibits_are_lines_of_plain_signs(kata: Kata) -> None:
    exhibits = (
        Count(what="statements", seen=7, allowed=2),
        Exchange(
            method="POST",
            path="/orders/{id}",
            sent='{"name": "..."}',
            answered=200,
            expected=(201, 204),
            curl="curl -i 'http://127.0.0.1:8000/orders/<id>'",
        ),
        Timeline(
            moments=(
                Moment(lane=0, of="request", label="POST /x -> 201", begin_ms=0, end_ms=100),
                Moment(lane=0, of="call", label="price", begin_ms=50, end_ms=100),
                Moment(lane=1, of="request", label="POST /x -> 409", begin_ms=0, end_ms=50),
            ),
            more=3,
        ),
    )
    checks = results(kata, "c2", evidence=(Evidence(text="Seen.", exhibits=exhibits),))
    told = report(kata, "c2", verdict=Verdict.CHANGES_REQUESTED)
    review = compose(kata, checks, Reading(), Verdict.CHANGES_REQUESTED)
    text = printed(told.model_copy(update={"review": review}), kata)
    assert "7 statements, 2 at most" in text
    assert 'POST /orders/{id} {"name": "..."}' in text
    assert "expected 201 or 204" in text
    assert f"|{'-' * 24}{'=' * 24}| 201" in text
    assert f"|{'-' * 24}{' ' * 24}| 409" in text
    assert "and 3 more" in text
