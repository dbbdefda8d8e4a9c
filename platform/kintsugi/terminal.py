"""A report in the terminal: the same facts as on the page, in the same order, 80 columns wide.

Everything is said in words and signs, so that nothing is lost without colours. What is not ours
(code, evidence, file names) reaches the console as text, never as console markup, and without
characters that would steer the terminal.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from grader.report import (
    Failure,
    Finding,
    Place,
    Report,
    Review,
    Rule,
    Severity,
    State,
)
from grader.review.since import Move, Since
from kintsugi.terminal_exhibits import exhibit

WIDTH = 88
CONTEXT = 2  # lines of code above and below a place
INDENT = 3
CODE_COLOURS = "ansi_dark"  # the terminal's own sixteen: readable on dark and on light
THEME = Theme({"markdown.code": "cyan"})
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
STROKES = {
    Severity.CRITICAL: "////",
    Severity.HIGH: "///·",
    Severity.MEDIUM: "//··",
    Severity.LOW: "/···",
    Severity.ADVICE: "····",
}
KEPT = {True: "kept", False: "broken", None: "not checked"}


def print_report(
    report: Report,
    title: str,
    files: Mapping[str, str],
    console: Console,
    since: Since | None = None,
) -> None:
    """Print a report.

    Args:
        report: what grading found.
        title: of the kata.
        files: what was graded, for the lines round a place.
        console: where to; colours are its own matter.
        since: what has changed since an earlier report, if there is one.
    """
    width = min(console.width, WIDTH)
    with console.use_theme(THEME):
        for part in _parts(report, title, files, since):
            console.print(part, width=width)


def _parts(
    report: Report, title: str, files: Mapping[str, str], since: Since | None
) -> Iterator[RenderableType]:
    yield Text()
    yield _head(report, title)
    if report.failure is not None:
        yield Text()
        yield _failure(report.failure, files)
    if report.review is not None:
        yield from _review(report.review, files, since)
    yield from _last(report)


def _head(report: Report, title: str) -> Text:
    verdict = report.verdict.words if report.verdict else "no verdict"
    score = report.score
    return Text.assemble(
        (_clean(title), "bold"),
        f"  {_clean(report.kata)}\n",
        (verdict.capitalize(), "bold"),
        f" · kept {score.kept} of {score.keep_total} · closed {score.closed} of {score.find_total}",
    )


def _failure(failure: Failure, files: Mapping[str, str]) -> RenderableType:
    parts: list[RenderableType] = [Text(_clean(failure.text))]
    if failure.place is not None:
        parts += _placed(failure.place, files)
    if failure.code is not None:
        parts.append(Text(f"If you report it, quote {_clean(failure.code)}.", style="dim"))
    return Group(*parts)


# The review


def _review(
    review: Review, files: Mapping[str, str], since: Since | None
) -> Iterator[RenderableType]:
    yield from _titled("Core business functionality", _markdown(review.core.text))
    if review.core.rules:
        yield Text()
        yield _rows(map(_rule, review.core.rules))
    yield from _titled("Verdict", Text(_clean(review.verdict_line), style="bold"))
    if since is not None:
        yield from _titled("Against the last time", *_since(since))
    for number, finding in enumerate(review.pending, 1):
        yield Text()
        yield _finding(f"{number}. ", finding, files)
    yield from _rest(review, files)


def _rest(review: Review, files: Mapping[str, str]) -> Iterator[RenderableType]:
    """What follows the open findings."""
    if review.closed:
        closed = ((Text("mended", style="yellow"), Text(_clean(f.title))) for f in review.closed)
        yield from _titled("Closed", _rows(closed))
    if review.advice:
        advice = (_finding("", finding, files) for finding in review.advice)
        yield from _titled("Remaining advice, not graded", *advice)
    if review.done_well:
        yield from _titled("Done well", _bullets(remark.text for remark in review.done_well))
    if review.production:
        yield from _titled("Production readiness", _markdown(review.production))
    onward = f" Go on with `{review.next.kata}`." if review.next.kata else ""
    yield from _titled("Next step", _markdown(review.next.text + onward))


def _since(since: Since) -> Iterator[RenderableType]:
    yield Text(_clean(since.sentence))
    told = [("broken", title) for title in since.broken]
    told += [("restored", title) for title in since.restored]
    told += [("closed", move.title) for move in since.closed]
    told += [("open again", move.title) for move in since.reopened]
    told += [("still open", move.title + _to(move)) for move in since.still_open]
    if told:
        yield Text()
        yield _rows((Text(word), Text(_clean(title))) for word, title in told)


def _to(move: Move) -> str:
    return f" (now at {move.now.file}:{move.now.line})" if move.moved and move.now else ""


def _rule(rule: Rule) -> tuple[Text, Text]:
    style = "bold" if rule.kept is False else ""
    return Text(KEPT[rule.kept], style=style), Text(_clean(rule.title), style=style)


def _finding(number: str, finding: Finding, files: Mapping[str, str]) -> RenderableType:
    kind = "regression, " if finding.state is State.REGRESSION else ""
    about = f"{STROKES[finding.severity]} {kind}{finding.severity} · {finding.skill.words}"
    parts: list[RenderableType] = [
        Text(f"{number}{_clean(finding.title)}", style="bold"),
        _indented(Text(about)),
    ]
    if finding.place is not None:
        parts += _placed(finding.place, files)
    return Group(*parts, *chain.from_iterable(_remark(finding)))


def _remark(finding: Finding) -> Iterator[tuple[RenderableType, ...]]:
    """The parts of a finding that have words, each under its label."""
    if finding.evidence:
        yield _part("Evidence", _bullets(finding.evidence))
    for item in finding.exhibits:
        yield (Text(), *(_indented(_plain(line)) for line in exhibit(item)))
    if finding.why:
        yield _part("Why it matters", _markdown(finding.why))
    if finding.recommendation:
        yield _part("Recommendation", _markdown(finding.recommendation, style="bold"))
    if finding.example:
        yield _part("Example", _python(finding.example))
    if finding.trade_off:
        yield _part("Trade-off", _markdown(finding.trade_off))
    if finding.references:
        yield (Text(), _indented(Text(_clean("; ".join(finding.references)), style="dim")))


def _last(report: Report) -> Iterator[RenderableType]:
    yield Text()
    for tampering in report.tampering:
        text = f"Tampering ({_clean(tampering.kind)}): {_clean(tampering.detail)}"
        yield Text(text, style="bold")
    for note in report.notes:
        yield Text(f"Note: {_clean(note)}")
    phases = report.phases
    yield Text(
        f"seed {report.seed} · kata {_clean(report.kata_version)}"
        f" · ms: prepare {phases.prepare_ms:.0f}, start {phases.start_ms:.0f},"
        f" run {phases.run_ms:.0f}, review {phases.review_ms:.0f}",
        style="dim",
    )


# How things are laid out


def _titled(title: str, *parts: RenderableType) -> Iterator[RenderableType]:
    yield Text()
    yield Line(Text(title, style="bold"), align="left", style="dim")
    yield from parts


def _part(label: str, content: RenderableType) -> tuple[RenderableType, ...]:
    return Text(), _indented(Text(label, style="underline")), _indented(content)


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, INDENT))


def _plain(line: Text) -> Text:
    return Text(_clean(line.plain), style=line.style)


def _rows(rows: Iterable[tuple[Text, Text]]) -> Padding:
    """A word and a title a row; long titles stay in their column."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for word, title in rows:
        table.add_row(word, title)
    return _indented(table)


def _bullets(texts: Iterable[str]) -> Table:
    """Each text one item of a list, though it may have several lines or paragraphs."""
    table = Table.grid(padding=(0, 1, 0, 0))
    for text in texts:
        table.add_row(Text("-"), _markdown(text))
    return table


def _markdown(text: str, style: str = "") -> Markdown:
    markdown = Markdown(_clean(text), style=style, hyperlinks=False, code_theme=CODE_COLOURS)
    for token in chain.from_iterable(block.children or () for block in markdown.parsed):
        if token.type == "code_inline":  # a name in code is told from a word without colours, too
            token.content = f"`{token.content}`"
    return markdown


def _placed(place: Place, files: Mapping[str, str]) -> Iterator[RenderableType]:
    """The place, and the lines round it with the first of it marked; no lines where it is not."""
    yield _indented(Text(f"{_clean(place.file)}:{place.line}"))
    code = _clean(files.get(place.file, ""))
    last = len(code.rstrip("\n").split("\n"))
    if code and 1 <= place.line <= last:
        around = max(1, place.line - CONTEXT), min(last, place.line + CONTEXT)
        yield _indented(_python(code, around, place.line))


def _python(code: str, lines: tuple[int, int] | None = None, marked: int = 0) -> Syntax:
    return Syntax(
        code,
        "python",
        theme=CODE_COLOURS,
        background_color="default",
        line_numbers=lines is not None,
        line_range=lines,
        highlight_lines={marked},
        word_wrap=True,
    )


def _clean(text: str) -> str:
    """Without characters that steer a terminal or turn the direction of a line."""
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    return STEERING.sub("\ufffd", unix)
