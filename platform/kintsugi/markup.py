"""Text and code as markup: everything that a template shows and that is not plain text.

Whatever comes in may have been written by anybody. Markdown is rendered without raw HTML and then
sanitised; code goes through Pygments, which escapes; nothing else is marked as safe.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from pygments.lexer import Lexer

# its lexers are made at import time, where no type checker sees them
from pygments.lexers import get_lexer_by_name  # pyright: ignore[reportUnknownVariableType]
from pygments.token import Comment, Keyword, Name, Number, Operator, String
from pygments.util import ClassNotFound

from grader.report import Finding, Place, Report

CONTEXT_LINES = 5
LONGEST_PLACE = 16
PIGMENTS = (  # the few colours of code.css
    (Keyword, "k"),
    (Operator.Word, "ow"),
    (String, "s"),
    (Number, "mi"),
    (Name.Decorator, "dec"),
    (Comment, "c1"),
)
TAGS = {
    *("p", "br", "hr", "ul", "ol", "li", "blockquote", "h2", "h3", "h4"),
    *("strong", "em", "code", "pre", "span", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href"}, "span": {"class"}, "pre": {"class", "tabindex"}, "ol": {"start"}}


def highlighted_lines(code: str, language: str = "python") -> tuple[Markup, ...]:
    """Code as token spans, one safe string a line; spans never cross lines.

    `language` is a name that Pygments knows or a file's name; anything else stays plain.
    """
    return _highlighted_lines(code, language)


@lru_cache(maxsize=512)
def _highlighted_lines(code: str, language: str) -> tuple[Markup, ...]:
    lines = [""]
    for kind, text in _lexer(language).get_tokens(code):
        css = next((css for pigment, css in PIGMENTS if kind in pigment), "")
        first, *rest = (_span(css, part) for part in text.split("\n"))
        lines[-1] += first
        lines += rest
    # Pygments has escaped the code
    return tuple(Markup(line) for line in lines)  # noqa: S704


def highlight(code: str, language: str = "python") -> Markup:
    """Code as token spans, without a wrapper."""
    return Markup("\n").join(highlighted_lines(code.rstrip("\n"), language))


def _span(css: str, text: str) -> str:
    safe = escape(text)
    return f'<span class="{css}">{safe}</span>' if css and text.strip() else str(safe)


def _lexer(language: str) -> Lexer:
    alias = language.rpartition(".")[2]  # Pygments knows most endings as names
    try:
        return get_lexer_by_name(alias, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return get_lexer_by_name("text", stripnl=False, ensurenl=False)


def _fence(code: str, language: str, _attributes: str) -> str:
    coloured = highlight(code, language or "text")
    return f'<pre class="example" tabindex="0"><code>{coloured}</code></pre>'


_markdown = MarkdownIt("commonmark", {"html": False, "highlight": _fence}).enable("table")


def markdown(text: str) -> Markup:
    """Markdown as blocks of safe HTML. Its first heading is a page's second: `#` becomes `<h2>`."""
    html = _markdown.render(text.strip()).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    # nh3 has just sanitised it
    return Markup(nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, link_rel="noopener"))  # noqa: S704


def untitled(text: str) -> str:
    """Markdown without the heading that it begins with: the page has said it already."""
    first, _, rest = text.lstrip().partition("\n")
    return rest if first.startswith("# ") else text


def inline_markdown(text: str) -> Markup:
    """One line of Markdown without a paragraph round it: titles, verdict lines."""
    html = _markdown.renderInline(" ".join(text.split()))
    # nh3 has just sanitised it
    return Markup(nh3.clean(html, tags={"strong", "em", "code"}))  # noqa: S704


@dataclass(frozen=True)
class Row:
    """One line of a file. `remarks` are the open findings whose place ends here."""

    number: int
    html: Markup
    flagged: bool = False
    remarks: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class CodeFile:
    """A learner's file, ready to be shown, with the review's remarks in it."""

    path: str
    rows: tuple[Row, ...]

    @property
    def flagged(self) -> int:
        """How many remarks point into this file."""
        return sum(len(row.remarks) for row in self.rows)


@dataclass(frozen=True)
class Excerpt:
    """Lines round a place. The remark belongs between `above` and `below`."""

    path: str
    above: tuple[Row, ...]
    below: tuple[Row, ...]


def code_rows(files: Mapping[str, str], report: Report | None) -> tuple[CodeFile, ...]:
    """The files line by line; a finding that is not closed stands at its place's last line."""
    return tuple(_code_file(path, text, _findings_in(path, report)) for path, text in files.items())


def _findings_in(path: str, report: Report | None) -> list[tuple[Place, Finding]]:
    findings = report.review.findings if report and report.review else ()
    return [(f.place, f) for f in findings if f.place and f.place.file == path]


def _code_file(path: str, text: str, remarks: list[tuple[Place, Finding]]) -> CodeFile:
    lines = highlighted_lines(unix(text), path)
    rows = (
        Row(
            number,
            html,
            flagged=any(place.line <= number <= place.end for place, _ in remarks),
            remarks=tuple(f for place, f in remarks if _last(place, len(lines)) == number),
        )
        for number, html in enumerate(lines, start=1)
    )
    return CodeFile(path, tuple(rows))


def _last(place: Place, lines: int) -> int:
    return min(max(place.line, place.end), lines)


def excerpt(
    files: Mapping[str, str], place: Place | None, context: int = CONTEXT_LINES
) -> Excerpt | None:
    """The learner's code at a place, or None where there is nothing to open.

    A place of many lines (a whole function) needs little before it, and may be cut at its end.
    """
    if place is None or place.file not in files:
        return None
    lines = highlighted_lines(unix(files[place.file]), place.file)
    if not 1 <= place.line <= len(lines):
        return None
    before = context if place.end - place.line < context else 1
    last = min(_last(place, len(lines)), place.line + LONGEST_PLACE - 1)
    first, end = max(1, place.line - before), min(len(lines), last + context)
    while first < place.line and not lines[first - 1].strip():
        first += 1
    while end > last and not lines[end - 1].strip():
        end -= 1
    above = tuple(Row(n, lines[n - 1], flagged=n >= place.line) for n in range(first, last + 1))
    below = tuple(Row(n, lines[n - 1]) for n in range(last + 1, end + 1))
    return Excerpt(place.file, above, below)


def unix(text: str) -> str:
    """The text with plain line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
