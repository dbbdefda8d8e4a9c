"""What the pages say, with values as the services give them."""

import dataclasses
import json
import re
import timeit
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from kintsugi_factories import a_report

from grader.kata import Kata, bundled_katas, load_catalogue
from grader.report import (
    Exchange,
    Failure,
    Finding,
    Place,
    Reading,
    Report,
    Severity,
    Size,
    Skill,
    State,
    Tampering,
    Verdict,
    parse_report,
)
from grader.review import compose
from grader.trial import Call, TrialExchange, TrialReport, TrialRoute
from kintsugi import pages
from kintsugi.attempts.models import TrialState
from kintsugi.attempts.onward import Onward
from kintsugi.attempts.trial_views import TrialView
from kintsugi.catalogue.models import Filters
from kintsugi.pages import AssetsMissingError, asset, fragment, page

SUBMISSION = "attempts/submission.html"
HOSTILE = '</textarea><script>alert("1")</script>\n'


@dataclass
class Account:
    handle: str = "amber-17"
    is_guest: bool = True


@dataclass
class Attempt:
    id: str = "a5"
    revision: int = 3
    closes_at: datetime | None = None
    disclosure: str = "full"
    review_first: bool = False
    mended: bool = False
    gave_up_at: datetime | None = None


@dataclass
class Submission:
    id: str = "s7"
    number: int = 3
    state: str = "graded"
    position: int | None = None
    created_at: datetime = datetime(2026, 11, 24, 14, 33, tzinfo=UTC)
    files: dict[str, str] = field(default_factory=dict[str, str])
    error_id: str | None = None
    verdict: str | None = None


@dataclass
class Entry:
    kata: Kata
    state: str = "new"
    closed: int = 0
    total: int = 2
    first: Kata | None = None


@dataclass
class Track:
    slug: str
    title: str
    entries: list[Entry]


class Elements(HTMLParser):
    """Every element with its attributes, and the text of scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] == "script" and data.strip():
            self.scripts.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def a_request(path: str = "/", **headers: str) -> Request:
    request = Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "server": ("test", 80),
            "scheme": "http",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
    )
    request.state.csp_nonce = "n0nce"
    request.state.account = Account()
    request.state.request_id = "r-1"
    return request


def render(name: str, context: dict[str, Any], **more: Any) -> str:
    return bytes(page(a_request(), name, context, **more).body).decode()


def graded(kata: Kata, report: Report | None, **changes: Any) -> dict[str, Any]:
    """The context of a submission's page."""
    disclosure = changes.pop("disclosure", "full")
    checks, earlier = changes.pop("checks", []), changes.pop("earlier", None)
    files = {path: kata.starter[path] for path in kata.manifest.editable}
    return {
        "kata": kata,
        "attempt": Attempt(disclosure=disclosure),
        "submission": dataclasses.replace(Submission(files=files), **changes),
        "checks": checks,
        "grading_off": None,
        "checks_total": len(kata.manifest.checks),
        "report": report,
        "disclosure": disclosure,
        "next_kata": kata,
        "next_why": "",
        "earlier": earlier,
        "first": None,
        "hints_before": 0,
    }


TRIED = ("headers", "body")  # the fields of a trial that are text areas


def at_work(kata: Kata, **changes: Any) -> dict[str, Any]:
    """The context of a kata's page."""
    files = {path: kata.starter[path] for path in kata.manifest.editable}
    return {
        "kata": kata,
        "entry": Entry(kata),
        "attempt": Attempt(),
        "files": files,
        "locked": {"app/__init__.py": "# not yours\n"},
        "submission": None,
        "submissions": [],
        "checks_total": len(kata.manifest.checks),
        "hints": None,
        "rules": (),
        "leads_to": None,
        "trial": None,
        "methods": ("GET", "POST"),
        "typed": {"method": "GET", "path": "/", "headers": "", "body": ""},
        "keep": True,
        "fault": "",
        **changes,
    }


def listed(kata: Kata, **changes: Any) -> dict[str, Any]:
    """The context of the catalogue."""
    return {
        "tracks": [Track("contracts", "Contracts", [Entry(kata, "mended", 2)])],
        "filters": Filters().model_dump(mode="json"),
        "begun": False,
        "step": None,
        "shown": 1,
        "total": 1,
        "mended": 1,
        **changes,
    }


def first(*places: str, html: str) -> list[int]:
    """Where each text first stands; every one must be there."""
    at = [html.find(text) for text in places]
    assert -1 not in at, [text for text, found in zip(places, at, strict=True) if found == -1]
    return at


def place(kata: Kata) -> Place:
    return Place(file=kata.manifest.editable[0], line=2, end=2)


def with_findings(report: Report, *findings: Finding) -> Report:
    assert report.review is not None
    review = report.review.model_copy(update={"findings": findings})
    return report.model_copy(update={"review": review})


@pytest.fixture
def every_page(kata: Kata) -> list[tuple[str, str]]:
    report = a_report(kata, "k1", "c1")
    failed = a_report(kata).model_copy(
        update={"verdict": Verdict.UNRUNNABLE, "failure": Failure(text="No.", place=place(kata))}
    )
    tampered = report.model_copy(update={"tampering": (Tampering(kind="exit", detail="It left."),)})
    check = {"id": "c1", "kind": "find", "title": "Found", "outcome": "passed"}
    return [
        ("home", render("home.html", listed(kata, step=Onward(kata, "it asks the least")))),
        ("home, begun", render("home.html", listed(kata, begun=True))),
        ("catalogue", render("catalogue/index.html", listed(kata))),
        ("kata", render("catalogue/kata.html", at_work(kata, submissions=[Submission()]))),
        ("review", render(SUBMISSION, graded(kata, tampered))),
        ("approved", render(SUBMISSION, graded(kata, a_report(kata)))),
        ("unrunnable", render(SUBMISSION, graded(kata, failed))),
        ("queued", render(SUBMISSION, graded(kata, None, state="queued", position=3))),
        ("grading", render(SUBMISSION, graded(kata, None, state="grading", checks=[check]))),
        ("superseded", render(SUBMISSION, graded(kata, None, state="superseded"))),
        ("broken", render(SUBMISSION, graded(kata, None, state="broken", error_id="7f"))),
        ("attempts", render("attempts/index.html", {"attempts": []})),
        (
            "attempt",
            render(
                "attempts/attempt.html",
                {"kata": kata, "attempt": Attempt(), "submissions": [Submission()], "hints": None},
            ),
        ),
        ("error", render("error.html", {"status": 404, "title": "Not found", "detail": ""})),
    ]


def test_no_page_needs_more_than_the_content_security_policy_allows(
    every_page: list[tuple[str, str]],
) -> None:
    for name, html in every_page:
        elements = Elements(html)
        attributes = {attribute for _, found in elements.found for attribute in found}
        assert "style" not in attributes, name
        assert not any(attribute.startswith("on") for attribute in attributes), name
        assert elements.scripts == [], name
        sources = [s.get("src") or "" for s in elements.of("script")]
        assert all(source.startswith("/static/dist/") for source in sources), name
        assert elements.of("style") == [], name


def test_every_page_has_one_first_heading_and_no_id_twice(
    every_page: list[tuple[str, str]],
) -> None:
    for name, html in every_page:
        elements = Elements(html)
        assert len(elements.of("h1")) == 1, name
        ids = [found["id"] or "" for _, found in elements.found if "id" in found]
        assert len(ids) == len(set(ids)), (name, sorted(i for i in ids if ids.count(i) > 1))


def test_part_is_sent_only_where_htmx_asked_for_a_part(kata: Kata) -> None:
    context = graded(kata, a_report(kata))
    part = page(
        a_request(**{"HX-Request": "true", "HX-Request-Type": "partial"}),
        SUBMISSION,
        context,
        block="submission",
    )
    assert "<html" not in bytes(part.body).decode()
    assert part.headers["vary"] == "HX-Request-Type"
    for headers in ({}, {"HX-Request": "true"}, {"HX-Request-Type": "full"}):
        whole = page(a_request(**headers), SUBMISSION, context, block="submission")
        assert "<html" in bytes(whole.body).decode()


def test_only_a_part_takes_the_focus(kata: Kata) -> None:
    context = graded(kata, a_report(kata))
    assert " autofocus" in fragment(SUBMISSION, "final", context)
    assert " autofocus" not in render(SUBMISSION, context)


def test_page_knows_its_visitor_and_its_nonce() -> None:
    html = render("attempts/index.html", {"attempts": []})
    assert "guest · amber-17" in html
    assert Elements(html).of("meta")[3] == {"name": "csp-nonce", "nonce": "n0nce"}


def test_page_can_be_made_for_a_request_that_failed_early() -> None:
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
    answer = page(request, "error.html", {"status": 500, "title": "T", "detail": "D"}, status=500)
    assert answer.status_code == 500
    assert "our fault" in bytes(answer.body).decode()


def test_built_files_have_their_content_in_their_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.fullmatch(r"/static/dist/app-\w{8}\.css", asset("app.css"))
    monkeypatch.setattr(pages, "DIST", Path("/nowhere"))
    pages._assets.cache_clear()  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(AssetsMissingError, match="make setup"):
        asset("app.css")


def test_review_is_read_in_the_reviewers_order(kata: Kata) -> None:
    html = render(SUBMISSION, graded(kata, a_report(kata, "k1", "c1")))
    at = first(
        "Core business functionality",
        'class="mark broken"',
        'class="verdict"',
        "Regressions",
        "Nothing is answered as if it were something",
        "Closed, 1 of 2",
        "A creation is answered 200",
        "Done well",
        "Next step",
        "Your code",
        "About this grading",
        "1 of 3 checks passed",
        html=html[html.index('<div class="review">') :],
    )
    assert at == sorted(at)
    assert "1 of 2 findings" in html
    assert "0 of 1 rule" in html


def test_finding_opens_the_code_at_its_line(kata: Kata) -> None:
    shown = Finding(
        id="F1",
        skill=kata.manifest.findings[0].skill,
        severity=Severity.CRITICAL,
        title="A seat is sold twice",
        state=State.OPEN,
        place=place(kata),
        evidence=("Two `buyers` met.",),
        why="W.",
        recommendation="R.",
        example="x = 1",
        trade_off="T.",
        references=("CWE-362",),
    )
    html = render(SUBMISSION, graded(kata, with_findings(a_report(kata, "c1"), shown)))
    article = html[html.index('<article class="finding"') : html.index("</article>")]
    names = ["Evidence", "Why it matters", "Recommendation", "Example", "Trade-off", "References"]
    at = first(*[f"<span>{name}</span>" for name in names], html=article)
    assert at == sorted(at)
    assert f"{place(kata).file}:2</span>" in article
    assert article.count('class="flagged"') == 1
    assert article.index('class="flagged"') < article.index('class="remark"')
    assert f'href="/katas/{kata.slug}#{place(kata).file}:2"' in article


def test_finding_without_a_place_has_its_words_all_the_same(kata: Kata) -> None:
    shown = Finding(
        id="F1",
        skill=kata.manifest.findings[0].skill,
        severity=Severity.HIGH,
        title="Somewhere",
        state=State.OPEN,
        evidence=("It was seen.",),
    )
    html = render(SUBMISSION, graded(kata, with_findings(a_report(kata, "c1"), shown)))
    assert "It was seen." in html
    assert 'class="unplaced"' in html


def test_approved_review_goes_on_with_the_next_kata(kata: Kata) -> None:
    html = render(SUBMISSION, graded(kata, a_report(kata)))
    assert f"Continue with 1 {kata.slug}" in html
    assert "2 of 2 findings closed" in html
    assert "Back to the editor" in html  # beside the review, not as the next step
    assert html.count('class="button next"') == 1


def test_service_that_did_not_start_shows_where(kata: Kata) -> None:
    failure = Failure(text="The import of <app> failed.", place=place(kata))
    report = a_report(kata).model_copy(update={"verdict": Verdict.UNRUNNABLE, "failure": failure})
    html = render(SUBMISSION, graded(kata, report))
    assert "The import of &lt;app&gt; failed." in html
    assert f"{place(kata).file}:2" in html
    assert "legend" not in html  # nothing was counted


@pytest.mark.parametrize(("place", "said"), [(1, "You are next"), (3, "You are third in line")])
def test_waiting_says_how_long_the_line_is(kata: Kata, place: int, said: str) -> None:
    html = render(SUBMISSION, graded(kata, None, state="queued", position=place))
    assert said in html
    assert 'hx-sse:connect="/submissions/s7/events/page"' in html
    assert 'hx-sse:close="done"' in html


@pytest.mark.parametrize(
    ("kind", "outcome", "said"),
    [
        ("keep", "passed", "kept"),
        ("keep", "failed", "broken"),
        ("find", "passed", "closed"),
        ("find", "failed", "still open"),
        ("guard", "failed", "side effect"),
        ("find", "not_run", "not checked"),
    ],
)
def test_each_check_that_comes_in_has_its_word(
    kata: Kata, kind: str, outcome: str, said: str
) -> None:
    check = {"id": "c1", "kind": kind, "title": "A <title>", "outcome": outcome}
    html = fragment(SUBMISSION, "progress", graded(kata, None, state="grading", checks=[check]))
    assert "check 1 of 3" in html
    assert "A &lt;title&gt;" in html
    assert f'<span class="data">{said}</span>' in html
    assert "1 more check<" in html


def test_advice_comes_after_the_findings_without_a_number(kata: Kata) -> None:
    told = a_report(kata, "c1")
    assert told.review
    size = Size(files=9, lines=4_000, classes=90, functions=300, depth=5)
    advised = compose(kata, told.checks, Reading(size=size), Verdict.CHANGES_REQUESTED)
    advised_report = told.model_copy(update={"review": advised})
    html = render("attempts/submission.html", graded(kata, advised_report))
    at = first("finding-1", "Remaining advice, not graded", "Next step", html=html)
    assert at == sorted(at)
    assert "The repair is larger than the problem" in html
    assert 'href="#finding-2"' not in html


GOLDEN = Path(__file__).parents[1] / "grader/golden"


def a_long_review() -> tuple[Kata, Report]:
    """The starter of last-seat: six open findings, five of them with an order of events."""
    last_seat = load_catalogue([bundled_katas()]).katas["last-seat"]
    report = parse_report((GOLDEN / "last-seat.starter.json").read_bytes())
    verdict = Verdict.CHANGES_REQUESTED
    review = compose(last_seat, report.checks, report.reading, verdict)
    return last_seat, report.model_copy(update={"review": review})


def test_exhibits_stand_with_the_evidence_and_are_told_in_words_too() -> None:
    html = render(SUBMISSION, graded(*a_long_review()))
    assert html.count('class="exhibit timeline"') == 5
    assert "10 requests at the same moment" in html
    assert re.search(
        r"<li>POST /shows/\{show_id\}/holds -&gt; 201, 0 to \d+ ms; price \d+ to", html
    )


def test_a_long_review_is_a_light_page_and_quickly_made() -> None:
    context = graded(*a_long_review())
    render(SUBMISSION, context)  # templates are compiled once
    took = min(timeit.repeat(lambda: render(SUBMISSION, context), number=1, repeat=5))
    assert len(render(SUBMISSION, context).encode()) < 100_000
    assert took < 0.25, "50 ms on an idle machine; tests run on busy ones"


def test_what_an_exhibit_says_is_text(kata: Kata) -> None:
    hostile = Exchange(method="<b>", path="/<script>", answered=200, body="<i>", curl="<u>'\"")
    told = a_report(kata, "c1")
    assert told.review
    first_one = told.review.findings[0].model_copy(update={"exhibits": (hostile,)})
    review = told.review.model_copy(update={"findings": (first_one,)})
    html = render(SUBMISSION, graded(kata, told.model_copy(update={"review": review})))
    assert "&lt;script&gt;" in html
    for tag in ("<b>", "<script>", "<i>", "<u>"):
        assert tag not in html


def test_progress_without_full_disclosure_shows_no_check(kata: Kata) -> None:
    context = graded(kata, None, state="grading", disclosure="verdict")
    html = fragment(SUBMISSION, "progress", context)
    assert "is being graded" in html
    assert "check" not in html


def test_last_message_of_the_stream_replaces_the_progress_by_the_review(kata: Kata) -> None:
    html = fragment(SUBMISSION, "final", graded(kata, a_report(kata)))
    assert Elements(html).of("hx-partial") == [{"hx-target": "#submission", "hx-swap": "innerHTML"}]
    assert "Core business functionality" in html
    assert "hx-sse" not in html


@pytest.mark.parametrize(
    ("state", "refreshed"), [("queued", True), ("grading", True), ("graded", False)]
)
def test_page_refreshes_without_javascript_until_it_is_final(
    kata: Kata, state: str, refreshed: bool
) -> None:
    html = render(SUBMISSION, graded(kata, a_report(kata), state=state))
    assert ('<noscript><meta http-equiv="refresh"' in html) is refreshed


def test_platform_fault_is_said_with_its_number(kata: Kata) -> None:
    html = render(SUBMISSION, graded(kata, None, state="broken", error_id="7f3a-21"))
    assert "This one is our fault" in html
    assert "does not count" in html
    assert "fault 7f3a-21" in html


def test_nothing_is_shown_where_nothing_is_disclosed(kata: Kata) -> None:
    html = render(SUBMISSION, graded(kata, None, disclosure="none"))
    assert "The result is not shown here" in html
    for word in ("Not yet", "Approved", "finding", 'class="seam"'):
        assert word not in html


def test_verdict_alone_shows_the_line_and_the_score(kata: Kata) -> None:
    html = render(SUBMISSION, graded(kata, a_report(kata, "c1"), disclosure="verdict"))
    assert "1 of 2 findings" in html
    assert "Not yet" in html
    for hidden in ("Core business functionality", "Done well", "finding-1", "Your code", "seed"):
        assert hidden not in html


def test_learners_code_is_shown_never_run(kata: Kata) -> None:
    files = dict.fromkeys(kata.manifest.editable, HOSTILE * 3)
    review = render(SUBMISSION, graded(kata, a_report(kata, "c1"), files=files))
    bench = render("catalogue/kata.html", at_work(kata, files=files))
    for html in (review, bench):
        assert "alert(" in html
        assert Elements(html).scripts == []
    assert len(Elements(bench).of("textarea")) == len(files) + 1 + len(TRIED)


def test_draft_is_a_form_that_works_without_javascript(kata: Kata) -> None:
    html = render("catalogue/kata.html", at_work(kata))
    elements = Elements(html)
    forms = {form.get("id"): form for form in elements.of("form")}
    form = forms["work"]
    assert (form["method"], form["action"]) == ("post", "/attempts/a5/submissions")
    assert (form["hx-post"], form["hx-target"]) == (form["action"], "#submission")
    areas = elements.of("textarea")
    assert [a.get("name") for a in areas if "readonly" not in a] == [
        *(f"files[{path}]" for path in kata.manifest.editable),
        *TRIED,
    ]
    assert ["name" in a for a in areas if "readonly" in a] == [False]
    actions = [b.get("formaction") for b in elements.of("button")]
    assert "/attempts/a5/draft" in actions
    assert "/attempts/a5/reset" in [form["action"] for form in elements.of("form")]


def test_file_that_begins_with_an_empty_line_keeps_it(kata: Kata) -> None:
    html = render("catalogue/kata.html", at_work(kata, files={"app/main.py": "\nx = 1\n"}))
    # A browser drops the first line end after the tag; the second is the file's.
    assert re.search(r'name="files\[app/main\.py\]"[^>]*>\n\nx = 1\n</textarea>', html)


def a_trial(call: Call, *exchanges: TrialExchange, **changes: Any) -> TrialView:
    """One request, sent as often as it was answered."""
    report = TrialReport.model_validate(
        {"kata": "k", "kata_version": "1", "end": "answered", "exchanges": exchanges, **changes}
    )
    calls = [call] * max(1, len(exchanges))
    return TrialView("t1", TrialState.DONE, calls, report, None, None)


def tried(kata: Kata, trial: TrialView | None) -> str:
    """The block of a trial, as it is put into the page."""
    return fragment("catalogue/kata.html", "trial", at_work(kata, trial=trial))


class TestTrials:
    def test_whatever_a_service_answers_is_text(self, kata: Kata) -> None:
        hostile = HOSTILE + "\u202e\u0007</code></pre></table>"
        exchange = TrialExchange(
            status=200,
            headers=((hostile, hostile),),
            body=json.dumps({hostile: hostile}),
            log=hostile,
        )
        failed = TrialExchange(status=0, failure=hostile[:300], log=hostile)
        route = TrialRoute(method="GET", path="/" + HOSTILE.strip(), summary=hostile)
        trial = a_trial(
            Call(method="GET", path="/x"), exchange, failed, routes=(route,), starting=hostile
        )
        html = tried(kata, trial)
        assert Elements(html).scripts == []
        assert "<img" not in html
        assert "\u202e" not in html
        assert "\x07" not in html
        assert "\\u202e" in html
        whole = render("catalogue/kata.html", at_work(kata, trial=trial))
        attributes = {name for _, found in Elements(whole).found for name in found}
        assert [name for name in attributes if name.startswith("on")] == []

    def test_json_is_laid_out_and_nothing_of_it_is_changed(self, kata: Kata) -> None:
        body = '{"price":1.10,"a":[],"list":[1,{"b":null}],"a":1e400}'
        html = tried(kata, a_trial(Call(path="/x"), TrialExchange(status=200, body=body)))
        assert "1.10" in html
        assert "1e400" in html
        assert html.count("<tr>") == 11

    def test_an_answer_says_its_status_and_what_it_cost(self, kata: Kata) -> None:
        exchange = TrialExchange(status=201, ms=14.2, statements=4, rows=1)
        html = tried(kata, a_trial(Call(method="POST", path="/books"), exchange))
        assert "201 Created" in html
        assert "14 ms, 4 statements, 1 row" in html
        assert "no body" in html

    def test_a_service_that_did_not_start_shows_where_and_what_it_printed(self, kata: Kata) -> None:
        place = {"file": "app/main.py", "line": 3, "end": 3}
        failure = {"text": "The service did not start. SyntaxError: no", "place": place}
        html = tried(
            kata, a_trial(Call(path="/"), end="unstarted", failure=failure, starting="Traceback")
        )
        assert f'href="/katas/{kata.slug}#app/main.py:3"' in html
        assert "<details" in html
        assert "your service did not start" in html

    def test_what_is_no_text_is_counted_and_what_is_cut_is_marked(self, kata: Kata) -> None:
        binary = TrialExchange(status=200, binary=True, size=1024)
        cut = TrialExchange(status=200, body="x" * 100, cut=True, size=90_000)
        html = tried(kata, a_trial(Call(path="/"), binary, cut))
        assert "1,024 bytes that are no text" in html
        assert "cut: 90,000 bytes in all" in html

    def test_one_that_waits_asks_again_and_says_if_nothing_runs(self, kata: Kata) -> None:
        trial = TrialView("t1", TrialState.QUEUED, [Call(path="/")], None, None, "No worker runs.")
        html = tried(kata, trial)
        assert 'hx-get="/trials/t1"' in html
        assert 'href="/trials/t1"' in html
        assert "Nothing runs at the moment" in html
        assert "No worker runs." in html

    def test_one_that_the_platform_broke_is_nobodys_fault(self, kata: Kata) -> None:
        trial = TrialView("t1", TrialState.BROKEN, [Call(path="/")], None, "7f3a", None)
        html = tried(kata, trial)
        assert "not your code" in html
        assert "fault 7f3a" in html

    def test_buttons_of_a_trial_belong_to_the_drafts_form(self, kata: Kata) -> None:
        exchange = TrialExchange(status=200)
        html = render("catalogue/kata.html", at_work(kata, trial=a_trial(Call(path="/"), exchange)))
        buttons = [b for b in Elements(html).of("button") if b.get("name") in ("do", "fill")]
        assert {b["value"] for b in buttons} >= {"send", "again", "routes"}
        assert {(b["form"], b["formaction"]) for b in buttons} == {("work", "/attempts/a5/trials")}


def test_past_submissions_have_words(kata: Kata) -> None:
    views = [
        Submission(id="s1", verdict="approved"),
        Submission(id="s2", verdict="regressed"),
        Submission(id="s3", state="broken"),
        Submission(id="s4", verdict=None),
        Submission(id="s5", state="queued"),
    ]
    context = {"kata": kata, "attempt": Attempt(), "submissions": views, "hints": None}
    html = render("attempts/attempt.html", context)
    at = first(
        "approved", "a rule is broken", "our fault", "handed in", "waiting",
        html=html[html.index("<tbody>") :],
    )  # fmt: skip
    assert at == sorted(at)
    assert 'datetime="2026-11-24T14:33:00Z"' in html


def test_chosen_filters_stay_chosen(kata: Kata) -> None:
    chosen_before = Filters(track="contracts", skill=Skill.ASYNC, difficulty=3, q="<seat>")
    filters = chosen_before.model_dump(mode="json")
    html = render("catalogue/index.html", listed(kata, filters=filters))
    fields = Elements(html).of("input")
    chosen = {(f["name"], f["value"]) for f in fields if "checked" in f}
    assert chosen == {("state", ""), ("difficulty", "3"), ("minutes", ""), ("skill", "async")}
    assert [f["value"] for f in fields if f["name"] == "q"] == ["<seat>"]
    assert {"type": "hidden", "name": "track", "value": "contracts"} in fields


def test_home_shows_a_flaw_its_review_and_the_repair(kata: Kata) -> None:
    html = render("home.html", listed(kata, step=Onward(kata, "it asks the least")))
    at = first(
        f'<a class="button next" href="/katas/{kata.slug}">',
        'class="flagged"',
        "A client asked for the next number",
        "Put the owner in the WHERE clause",
        '<tr class="removed">',
        '<tr class="added">',
        "1 of 1 findings closed",
        html=html,
    )
    assert at == sorted(at)


def test_catalogue_says_when_nothing_is_left(kata: Kata) -> None:
    html = render("catalogue/index.html", listed(kata, tracks=[], shown=0))
    assert "No kata is like that" in html
    assert "0 of 1 kata" in html


def test_error_is_explained_with_the_number_of_the_request() -> None:
    context = {
        "status": 413,
        "title": "Too large",
        "detail": "At most <2> MiB.",
        "needs_account": False,
        "request_id": "r9",
    }
    html = render("error.html", context, status=413)
    assert "Too large" in html
    assert "At most &lt;2&gt; MiB." in html
    assert "request r9" in html


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("wall_s", 10.0, "wall 10 s"),
        ("memory", 1024.0 * 2**20, "memory 1024 MiB"),
        ("file_size", 32.0 * 2**20, "file size 32 MiB"),
        ("processes", 128.0, "processes 128"),
    ],
)
def test_limits_are_said_in_their_units(name: str, value: float, said: str) -> None:
    assert pages.limit(name, value) == said


@pytest.mark.parametrize(
    ("hours", "said"),
    [(-30, "yesterday"), (-80, "3 days ago"), (-2, "today"), (13, "tomorrow"), (49, "in 2 days")],
)
def test_distance_is_said_by_the_calendar(hours: int, said: str) -> None:
    at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert pages.days(at + timedelta(hours=hours), at) == said
