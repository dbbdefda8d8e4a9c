"""Text and code as markup: what people wrote is shown, never run."""

import re
from html import unescape
from pathlib import Path

import pytest

import kintsugi
from grader.report import (
    Core,
    Finding,
    NextStep,
    Place,
    Report,
    Review,
    Score,
    Severity,
    Skill,
    State,
)
from kintsugi.markup import (
    LONGEST_PLACE,
    PIGMENTS,
    code_rows,
    excerpt,
    highlight,
    highlighted_lines,
    inline_markdown,
    markdown,
    untitled,
)
from kintsugi.seams import seam

SERVICE = "".join(f"line_{n} = {n}\n" for n in range(1, 41))


def plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def place(line: int, end: int | None = None, file: str = "app/main.py") -> Place:
    return Place(file=file, line=line, end=end or line)


def finding(name: str, where: Place | None, state: State = State.OPEN) -> Finding:
    return Finding(
        id=name,
        skill=Skill.ASYNC,
        severity=Severity.HIGH,
        title=name,
        state=state,
        place=where,
    )


def reviewed(*findings: Finding) -> Report:
    return Report(
        kata="k",
        kata_version="1",
        verdict=None,
        score=Score(kept=0, keep_total=0, closed=0, find_total=len(findings)),
        checks=(),
        review=Review(
            core=Core(text=""), verdict_line="", findings=findings, next=NextStep(text="")
        ),
        seed=1,
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "before <img src=x onerror=alert(1)> after",
        "[click](javascript:alert(1))",
        "[click](data:text/html,<script>alert(1)</script>)",
        "```python\n</code></pre><script>alert(1)</script>\n```",
        '```"onmouseover="alert(1)\nx\n```',
        "| a |\n|---|\n| <script>alert(1)</script> |",
    ],
)
def test_markdown_from_anybody_runs_nothing(text: str) -> None:
    html = markdown(text)
    assert "<script" not in html
    assert "<img" not in html
    assert not re.search(r'href="(javascript|data):', html)
    assert not re.search(r"<[^>]*\son\w+=", html)


def test_markdown_keeps_what_a_review_is_written_in() -> None:
    html = markdown("A `live` column, **now**.\n\n- one\n- two\n\n```python\nreturn 1\n```\n")
    assert "<code>live</code>" in html
    assert "<strong>now</strong>" in html
    assert html.count("<li>") == 2
    assert '<span class="k">return</span>' in html


def test_first_heading_of_markdown_is_a_pages_second() -> None:
    assert markdown("# Rules") == "<h2>Rules</h2>\n"


def test_title_of_a_brief_is_not_said_twice() -> None:
    assert untitled("# The desk\n\nA library.").strip() == "A library."
    assert untitled("A library.\n# Not first") == "A library.\n# Not first"


def test_inline_markdown_makes_no_paragraph_and_no_link() -> None:
    html = inline_markdown("A `seat`\nis [sold](https://example.org) <b>twice</b>")
    assert html == "A <code>seat</code> is sold &lt;b&gt;twice&lt;/b&gt;"


def test_each_line_of_highlighted_code_stands_alone() -> None:
    code = 'def f():\n    """One\n\n    two < three."""\n    return "<script>"\n'
    lines = highlighted_lines(code)
    assert [plain(line) for line in lines] == code.split("\n")
    assert all(line.count("<span") == line.count("</span>") for line in lines)
    assert "<script>" not in "".join(lines)


def test_every_pigment_has_its_colour_in_the_stylesheet() -> None:
    css = Path(kintsugi.__file__).parents[1] / "frontend/css/parts/code.css"
    styled = set(re.findall(r"& \.(\w+)[,\s]", css.read_text(encoding="utf-8")))
    assert {name for _, name in PIGMENTS} <= styled


def test_unknown_language_is_plain_text() -> None:
    assert highlight("if <b>", "no-such-language") == "if &lt;b&gt;"
    assert highlight("if <b>", "app/data.nosuchending") == "if &lt;b&gt;"


def test_excerpt_opens_at_the_flagged_line_with_its_surroundings() -> None:
    code = excerpt({"app/main.py": SERVICE}, place(20))
    assert code is not None
    assert [row.number for row in code.above] == [15, 16, 17, 18, 19, 20]
    assert [row.number for row in code.above if row.flagged] == [20]
    assert [row.number for row in code.below] == [21, 22, 23, 24, 25]


def test_excerpt_of_a_whole_function_has_little_before_it_and_is_cut() -> None:
    code = excerpt({"app/main.py": SERVICE}, place(10, 38))
    assert code is not None
    assert code.above[0].number == 9
    assert sum(row.flagged for row in code.above) == LONGEST_PLACE
    assert code.below[0].number == 10 + LONGEST_PLACE


def test_excerpt_does_not_begin_or_end_with_empty_lines() -> None:
    code = excerpt({"app/main.py": "a = 1\n\n\n\nb = 2\n\n\n\n"}, place(5), context=3)
    assert code is not None
    assert [row.number for row in code.above] == [5]
    assert code.below == ()


@pytest.mark.parametrize(
    "nowhere", [None, place(1, file="app/other.py"), place(99), place(0), place(-3)]
)
def test_place_that_is_not_in_the_files_opens_nothing(nowhere: Place | None) -> None:
    assert excerpt({"app/main.py": SERVICE}, nowhere) is None


def test_remarks_stand_under_the_last_line_of_their_place() -> None:
    open_one = finding("open", place(3, 5))
    files = {"app/main.py": SERVICE, "app/models.py": "x = 1\n"}
    main, models = code_rows(
        files, reviewed(open_one, finding("closed", None, State.CLOSED), finding("no place", None))
    )
    assert [row.number for row in main.rows if row.flagged] == [3, 4, 5]
    assert {row.number: row.remarks for row in main.rows if row.remarks} == {5: (open_one,)}
    assert (main.flagged, models.flagged) == (1, 0)


def test_remark_whose_place_ends_behind_the_file_is_not_lost() -> None:
    (main,) = code_rows({"app/main.py": "a = 1\nb = 2"}, reviewed(finding("open", place(1, 9))))
    assert [f.id for f in main.rows[-1].remarks] == ["open"]


def test_files_without_a_report_are_only_code() -> None:
    (main,) = code_rows({"app/main.py": "a = 1"}, None)
    assert [plain(row.html) for row in main.rows] == ["a = 1"]


def test_seam_does_not_move_when_a_finding_closes() -> None:
    before, after = (
        seam("last-seat", [False, False, False]),
        seam("last-seat", [True, False, False]),
    )
    assert [s.points for s in before] == [s.points for s in after]
    assert [s.closed for s in after] == [True, False, False]
    assert seam("last-seat", [True, False]) == seam("last-seat", [True, False])
    assert seam("another", [False]) != seam("last-seat", [False])


def test_approved_seam_runs_whole() -> None:
    (whole,) = seam("last-seat", [True] * 6)
    points = whole.points.split()
    assert (points[0].split(",")[0], points[-1].split(",")[0]) == ("0.0", "600.0")
    assert seam("last-seat", []) == []
