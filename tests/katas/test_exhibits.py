"""What real katas' starters show to their learners holds nothing that their suites keep hidden."""

import ast
import re
from collections.abc import Iterator

import pytest

from grader.grade import grade
from grader.kata import Kata, bundled_katas, load_catalogue
from grader.report import Count, Exchange, Exhibit, Report, Timeline
from grader.sandbox.base import Driver

pytestmark = pytest.mark.sandbox
SHOWN = {"library-desk": (Exchange, "hale"), "last-seat": (Timeline, "somebody")}
STANDING = set(  # what every exhibit may say, whatever the kata
    "curl i x h d get post put patch delete http bearer token user value body number boolean null"
    " content type application json detail loc msg input ctx no answer credentials".split()
)
NAME = re.compile(r"[A-Za-z]+")


def words(text: str) -> set[str]:
    return {word.lower() for word in NAME.findall(text)}


def texts(exhibit: Exhibit) -> Iterator[str]:
    """What of an exhibit came from a request or an answer, without statuses.

    What is counted is named by the kata's author.
    """
    match exhibit:
        case Exchange():
            curl = exhibit.curl.replace("http://127.0.0.1:8000", "").replace(": 0", "")
            yield from (exhibit.path, exhibit.sent, exhibit.body, curl)
        case Timeline():
            yield from (re.sub(r" -> \d{3}$", "", moment.label) for moment in exhibit.moments)
        case Count():
            assert not re.search(r"\d", exhibit.what)


def shown_by(report: Report) -> list[Exhibit]:
    assert report.review is not None
    beside = [e for check in report.checks for said in check.evidence for e in said.exhibits]
    return beside + [e for finding in report.review.findings for e in finding.exhibits]


def only_in_the_suite(kata: Kata) -> set[str]:
    """The words of the suite's texts that its learner cannot read anywhere."""
    suite = [
        node.value
        for path in (kata.folder / "suite").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    public = words("".join(kata.starter.values())) | STANDING
    return {word for text in suite for word in words(text) if len(word) > 1} - public


@pytest.mark.parametrize("slug", SHOWN)
def test_no_value_of_the_suite_is_in_an_exhibit(slug: str, sandbox: Driver) -> None:
    kata = load_catalogue([bundled_katas()]).katas[slug]
    shown = shown_by(grade(kata, kata.starter, sandbox, seed=11))
    kind, secret = SHOWN[slug]
    assert any(isinstance(exhibit, kind) for exhibit in shown)
    told = [text for exhibit in shown for text in texts(exhibit)]
    hidden = only_in_the_suite(kata)
    assert secret in hidden
    assert not [text for text in told if re.search(r"\d", text) or words(text) & hidden]
