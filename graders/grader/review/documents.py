"""A report as one Markdown document: what a learner keeps, mails or pastes into a pull request.

The same facts in the same order as on the page. Evidence has been escaped where it was composed;
what else may be the submission's own (paths, lines of code) is escaped or fenced here.
"""

from collections.abc import Iterator, Mapping

from grader.report import (
    Count,
    Exchange,
    Exhibit,
    Failure,
    Finding,
    Place,
    Report,
    Review,
    Rule,
    State,
    Timeline,
)
from grader.review.markdown import escape, fenced

KEPT = {True: "kept", False: "**broken**", None: "not checked"}
SHOWN = 8  # lines of code of a place


def document(report: Report, title: str, files: Mapping[str, str]) -> str:
    """The report in Markdown.

    Args:
        report: what grading found.
        title: of the kata.
        files: what was graded, for the lines of a place.
    """
    return "\n\n".join(_parts(report, title, files)) + "\n"


def _parts(report: Report, title: str, files: Mapping[str, str]) -> Iterator[str]:
    yield f"# Review: {escape(title)}"
    verdict = report.verdict.words if report.verdict else "no verdict"
    score = report.score
    yield (
        f"{verdict.capitalize()} · kept {score.kept} of {score.keep_total}"
        f" · closed {score.closed} of {score.find_total}"
    )
    if report.failure is not None:
        yield from _failure(report.failure, files)
    if report.review is not None:
        yield from _review(report.review, files)
    yield f"---\n\n`{report.kata}` {report.kata_version}, seed {report.seed}"


def _failure(failure: Failure, files: Mapping[str, str]) -> Iterator[str]:
    yield escape(failure.text)
    if failure.place is not None:
        yield from _placed(failure.place, files)
    if failure.code is not None:
        yield f"If you report it, quote `{failure.code}`."


def _review(review: Review, files: Mapping[str, str]) -> Iterator[str]:
    yield "## Core business functionality"
    yield review.core.text
    if review.core.rules:
        yield "\n".join(map(_rule, review.core.rules))
    yield "## Verdict"
    yield escape(review.verdict_line)
    for number, finding in enumerate(review.pending, 1):
        yield f"## {number}. {finding.title}"
        yield from _finding(finding, files)
    yield from _rest(review, files)


def _rest(review: Review, files: Mapping[str, str]) -> Iterator[str]:
    if review.closed:
        yield "## Closed"
        yield "\n".join(f"- {f.title}" for f in review.closed)
    if review.advice:
        yield "## Remaining advice, not graded"
        for finding in review.advice:
            yield f"### {finding.title}"
            yield from _finding(finding, files)
    if review.done_well:
        yield "## Done well"
        yield "\n".join(f"- {_hanging(remark.text)}" for remark in review.done_well)
    if review.production:
        yield "## Production readiness"
        yield review.production
    yield "## Next step"
    yield review.next.text + (f" Go on with `{review.next.kata}`." if review.next.kata else "")


def _rule(rule: Rule) -> str:
    return f"- {KEPT[rule.kept]}: {rule.title}"


def _finding(finding: Finding, files: Mapping[str, str]) -> Iterator[str]:
    kind = "regression, " if finding.state is State.REGRESSION else ""
    yield f"*{kind}{finding.severity}* · {finding.skill.words}"
    if finding.place is not None:
        yield from _placed(finding.place, files)
    if finding.evidence:
        yield "**Evidence**"
        yield "\n".join(f"- {_hanging(line)}" for line in finding.evidence)
    yield from (text for exhibit in finding.exhibits for text in _exhibit(exhibit))
    yield from (text for text in _advice(finding) if text)


def _exhibit(exhibit: Exhibit) -> Iterator[str]:
    """What of an exhibit can be said in text."""
    if isinstance(exhibit, Count):
        yield f"{exhibit.seen} {escape(exhibit.what)}, {exhibit.allowed} at most."
    if isinstance(exhibit, Timeline):
        yield "At the same moment:"
        yield "\n".join(f"- {escape(line)}" for line in exhibit.words)
        if exhibit.more:
            yield f"And {exhibit.more} more."
    if isinstance(exhibit, Exchange) and exhibit.curl:
        yield fenced(exhibit.curl, "sh")


def _advice(finding: Finding) -> Iterator[str]:
    """What the reviewer says of it; an empty text where there is nothing to say."""
    yield _labelled("Why it matters", finding.why)
    yield _labelled("Recommendation", finding.recommendation)
    yield fenced(finding.example, "python") if finding.example else ""
    yield _labelled("Trade-off", finding.trade_off)
    yield "; ".join(finding.references)


def _labelled(label: str, text: str) -> str:
    return f"**{label}.** {text}" if text else ""


def _placed(place: Place, files: Mapping[str, str]) -> Iterator[str]:
    """Where it is, and how it begins."""
    yield f"{escape(place.file)}, line {place.line}"
    lines = files.get(place.file, "").splitlines()
    own = lines[place.line - 1 : min(place.end, place.line + SHOWN - 1)]
    if own:
        yield fenced("\n".join(own), "python")


def _hanging(text: str) -> str:
    """An item of a list whose paragraphs stay inside it."""
    return text.replace("\n", "\n  ")
