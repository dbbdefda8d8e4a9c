"""A report in the terminal: the same facts as on the page, in the same order, 80 columns wide."""

import re
from collections.abc import Iterator, Mapping

from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.syntax import Syntax
from rich.text import Text

from grader.kata import Kata
from grader.report import Failure, Finding, Place, Report, Review, Severity, Skill, State, Verdict

WIDTH = 88
CONTEXT = 2  # lines of code above and below a place
INDENT = (0, 0, 0, 2)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SKILLS = {
    Skill.API_DESIGN: "API design",
    Skill.VALIDATION: "Data modelling and validation",
    Skill.AUTH: "Authentication and authorisation",
    Skill.DATABASE: "Database",
    Skill.SECURITY: "Security",
    Skill.ASYNC: "Async and concurrency",
    Skill.ERRORS: "Error handling and logging",
}
VERDICTS = {
    Verdict.APPROVED: "approved",
    Verdict.CHANGES_REQUESTED: "changes requested",
    Verdict.REGRESSED: "a business rule broke",
    Verdict.UNRUNNABLE: "did not start",
    Verdict.LIMIT_EXCEEDED: "over its limits",
}
STROKES = {
    Severity.CRITICAL: "////",
    Severity.HIGH: "///·",
    Severity.MEDIUM: "//··",
    Severity.LOW: "/···",
    Severity.ADVICE: "····",
}


def print_report(report: Report, kata: Kata, files: Mapping[str, str], console: Console) -> None:
    """Print a report.

    Args:
        report: what grading found.
        kata: what was graded.
        files: the learner's files, for the lines round a place.
        console: where to; colours are its own matter.
    """
    width = min(console.width, WIDTH)
    for part in _parts(report, kata, files):
        console.print(part, width=width)


def _parts(report: Report, kata: Kata, files: Mapping[str, str]) -> Iterator[RenderableType]:
    yield Text()
    yield _head(report, kata)
    if report.failure is not None:
        yield Text()
        yield _failure(report.failure, files)
    if report.review is not None:
        yield from _review(report.review, files)
    yield from _last(report)


def _head(report: Report, kata: Kata) -> Text:
    verdict = VERDICTS[report.verdict] if report.verdict else "no verdict"
    score = report.score
    return Text.assemble(
        (kata.manifest.title, "bold"),
        f"  {kata.slug}\n",
        (verdict.capitalize(), "bold"),
        f" · kept {score.kept} of {score.keep_total} · closed {score.closed} of {score.find_total}",
    )


def _failure(failure: Failure, files: Mapping[str, str]) -> RenderableType:
    parts: list[RenderableType] = [_plain(failure.text)]
    if failure.place is not None:
        parts += [_at(failure.place), *_code(failure.place, files)]
    if failure.code is not None:
        parts.append(Text(f"If you report it, quote {failure.code}.", style="dim"))
    return Group(*parts)


def _review(review: Review, files: Mapping[str, str]) -> Iterator[RenderableType]:
    yield from _titled("Core business functionality", Markdown(_clean(review.core.text)))
    words = {True: "kept       ", False: "broken     ", None: "not checked"}
    for rule in review.core.rules:
        style = "bold" if rule.kept is False else ""
        yield Padding(Text(f"{words[rule.kept]}  {_clean(rule.title)}", style=style), INDENT)
    yield from _titled("Verdict", _plain(review.verdict_line))
    open_now = [f for f in review.findings if f.state is not State.CLOSED]
    closed = [f for f in review.findings if f.state is State.CLOSED]
    for number, finding in enumerate(open_now, 1):
        yield Text()
        yield _finding(number, finding, files)
    if closed:
        mended = [Text(f"mended  {f.id}  {_clean(f.title)}", style="yellow") for f in closed]
        yield from _titled("Closed", Padding(Group(*mended), INDENT))
    if review.done_well:
        yield from _titled("Done well", *(Markdown(f"- {_clean(p)}") for p in review.done_well))
    if review.production:
        yield from _titled("Production readiness", Markdown(_clean(review.production)))
    onward = f" Go on with `{review.next.kata}`." if review.next.kata else ""
    yield from _titled("Next step", Markdown(_clean(review.next.text) + onward))


def _finding(number: int, finding: Finding, files: Mapping[str, str]) -> RenderableType:
    kind = "regression, " if finding.state is State.REGRESSION else ""
    about = f"   {STROKES[finding.severity]} {kind}{finding.severity} · {SKILLS[finding.skill]}"
    parts: list[RenderableType] = [
        Text(f"{number}. {_clean(finding.title)}", style="bold"),
        Text(about),
    ]
    if finding.place is not None:
        parts += [_at(finding.place), *_code(finding.place, files)]
    if finding.evidence:
        lines = "\n".join(f"- {_clean(line)}" for line in finding.evidence)
        parts += [_label("Evidence"), _text(lines)]
    for label, text in (
        ("Why it matters", finding.why),
        ("Recommendation", finding.recommendation),
    ):
        if text:
            parts += [_label(label), _text(text)]
    if finding.example:
        example = Syntax(_clean(finding.example), "python", background_color="default")
        parts += [_label("Example"), Padding(example, (0, 0, 0, 5))]
    if finding.trade_off:
        parts += [_label("Trade-off"), _text(finding.trade_off)]
    if finding.references:
        parts.append(Padding(Text(", ".join(finding.references), style="dim"), (0, 0, 0, 3)))
    return Group(*parts)


def _last(report: Report) -> Iterator[RenderableType]:
    yield Text()
    for tampering in report.tampering:
        text = f"Tampering ({_clean(tampering.kind)}): {_clean(tampering.detail)}"
        yield Text(text, style="bold")
    for note in report.notes:
        yield Text(f"Note: {_clean(note)}")
    phases = report.phases
    yield Text(
        f"seed {report.seed} · kata {report.kata_version}"
        f" · prepared in {phases.prepare_ms:.0f} ms, ran {phases.run_ms:.0f} ms",
        style="dim",
    )


def _titled(title: str, *parts: RenderableType) -> Iterator[RenderableType]:
    yield Text()
    yield Line(Text(title, style="bold"), align="left", style="dim")
    yield from parts


def _at(place: Place) -> RenderableType:
    return Padding(Text(f"{_clean(place.file)}:{place.line}"), (0, 0, 0, 3))


def _code(place: Place, files: Mapping[str, str]) -> list[RenderableType]:
    """The lines round a place, the first of it marked; nothing where the file is not there."""
    text = _clean(files.get(place.file, ""))
    last = len(text.splitlines())
    if not 1 <= place.line <= last:
        return []
    code = Syntax(
        text,
        "python",
        line_numbers=True,
        line_range=(max(1, place.line - CONTEXT), min(last, place.line + CONTEXT)),
        highlight_lines={place.line},
        background_color="default",
    )
    return [Padding(code, (0, 0, 0, 3))]


def _label(text: str) -> RenderableType:
    return Padding(Text(text, style="underline"), (0, 0, 0, 3))


def _text(markdown: str) -> RenderableType:
    return Padding(Markdown(_clean(markdown)), (0, 0, 0, 3))


def _plain(text: str) -> Text:
    return Text(_clean(text))


def _clean(text: str) -> str:
    """Without control characters: a learner's text must not steer the reader's terminal."""
    return CONTROL.sub("�", text)
