"""Everything that is kept about someone: taken along, and deleted for good."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from grader_factories import results
from kintsugi_factories import API, KATA, PASSWORD, Graders, Learner, Reply
from sqlmodel import SQLModel

from grader.kata import Kata
from kintsugi.attempts.models import Disclosure

Browsers = Callable[[], Learner]
HOSTILE = "<script>alert('x')</script>"
OURS = [
    "account",
    "apitoken",
    "browsersession",
    "passwordreset",
    "attempt",
    "listedflaw",
    "submission",
    "grading",
    "event",
]


def archive(reply: Reply) -> dict[str, bytes]:
    assert reply.status_code == 200, reply.text
    assert int(reply.headers["content-length"]) == len(reply.content)
    with zipfile.ZipFile(io.BytesIO(reply.content)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def with_work(browsers: Browsers, graders: Graders, name: str = "") -> tuple[Learner, str, str]:
    """A browser whose owner has listed a flaw and has one graded submission."""
    browser = browsers()
    browser.get("/katas")
    attempt = browser.begin()
    base = f"/attempts/{attempt['id']}"
    browser.post(f"{base}/review-first", data={"on": "1"})
    flaw = {"text": HOSTILE, "skill": "security", "severity": "high"}
    browser.post(f"{base}/flaws", data={**flaw, "file": "app/main.py", "line": "1"})
    submission = browser.submit(attempt, **{"app/main.py": "mended = 1\n"})
    graders.grade(submission, "c1")
    if name:
        browser.sign_up(name)
        browser.post(f"{API}/account/tokens", json={"name": "laptop"})
    return browser, attempt["id"], submission


def rows(graders: Graders) -> dict[str, int]:
    """How many rows each of our tables has, but for those that name nobody."""
    tables = set(SQLModel.metadata.tables) - {"executor", "spent"}
    return {name: graders.count(name) for name in sorted(tables)}


class TestExport:
    def test_it_holds_facts_drafts_submissions_and_reports(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        browser, attempt, submission = with_work(browsers, graders, "ida")
        reply = browser.get("/account/export")
        files = archive(reply)
        folder = f"attempts/{KATA}-{attempt}"
        account = json.loads(files["account.json"])
        assert (account["email"], account["name"]) == ("ida@example.org", "ida")
        assert [each["name"] for each in account["tokens"]] == ["laptop"]
        assert len(account["browsers"]) == 1
        facts = json.loads(files[f"{folder}/attempt.json"])
        assert facts["listed_flaws"][0]["text"] == HOSTILE
        assert files[f"{folder}/draft/app/main.py"] == b"mended = 1\n"
        handed_in = json.loads(files[f"{folder}/submissions/1/submission.json"])
        assert (handed_in["id"], handed_in["verdict"]) == (submission, "changes_requested")
        assert files[f"{folder}/submissions/1/files/app/main.py"] == b"mended = 1\n"
        assert json.loads(files[f"{folder}/submissions/1/report.json"])["kata"] == KATA
        assert reply.headers["content-disposition"].startswith("attachment;")
        assert reply.headers["cache-control"] == "no-store"

    def test_it_holds_no_secret(self, browsers: Browsers, graders: Graders) -> None:
        browser, _, _ = with_work(browsers, graders, "ida")
        whole = b"".join(archive(browser.get(f"{API}/account/export")).values())
        assert b"argon2" not in whole
        assert b"digest" not in whole.replace(b"kept as digests", b"")

    @pytest.mark.parametrize("disclosure", [Disclosure.NONE, Disclosure.VERDICT])
    def test_what_its_owner_may_not_see_yet_is_not_in_it(
        self, browsers: Browsers, graders: Graders, kata: Kata, disclosure: Disclosure
    ) -> None:
        browser, attempt, _ = with_work(browsers, graders, "ida")
        graders.change("attempt", attempt, disclosure=disclosure.value)
        files = archive(browser.get("/account/export"))
        folder = f"attempts/{KATA}-{attempt}"
        whole = b"".join(files.values()).decode()
        assert not any(check.title in whole for check in results(kata))
        handed_in = json.loads(files[f"{folder}/submissions/1/submission.json"])
        assert ("verdict" in handed_in) == (disclosure is Disclosure.VERDICT)
        facts = json.loads(files[f"{folder}/attempt.json"])
        assert ("closed" in facts) == (disclosure is Disclosure.VERDICT)

    def test_it_holds_nobody_elses(self, browsers: Browsers, graders: Graders) -> None:
        _, hers, _ = with_work(browsers, graders, "ida")
        bo, his, _ = with_work(browsers, graders, "bo")
        names = " ".join(archive(bo.get("/account/export")))
        assert his in names
        assert hers not in names

    def test_a_guest_has_one_too(self, browsers: Browsers, graders: Graders) -> None:
        browser, attempt, _ = with_work(browsers, graders)
        assert any(attempt in name for name in archive(browser.get("/account/export")))

    def test_of_a_visitor_nothing_is_kept(self, browsers: Browsers) -> None:
        browser = browsers()
        browser.get("/katas")
        assert browser.get("/account/export").status_code == 404
        assert "Nothing is kept here about you yet." in browser.get("/account").text

    def test_it_is_made_only_so_often(self, browsers: Browsers, graders: Graders) -> None:
        browser, _, _ = with_work(browsers, graders)
        codes = [browser.get("/account/export").status_code for _ in range(11)]
        assert codes == [200] * 10 + [429]


class TestDeletion:
    def test_no_row_of_it_stays_and_nobody_elses_goes(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        with_work(browsers, graders, "bo")
        alone = rows(graders)
        browser, attempt, submission = with_work(browsers, graders, "ida")
        browser.post("/reset", data={"email": "ida@example.org"})
        before = rows(graders)
        assert all(before[name] > alone[name] for name in OURS), "each table has some of it"
        reply = browser.post("/account/delete", data={"confirm": PASSWORD})
        assert reply.headers["location"] == "/sign-in?done=deleted"
        assert rows(graders) == alone
        for name in (attempt, submission):
            assert not any(name in row for row in everything(graders))

    def test_whatever_refers_to_an_account_goes_with_it(self) -> None:
        tables = SQLModel.metadata.tables
        reached = {"account"}
        while more := {
            name
            for name, table in tables.items()
            if name not in reached
            and any(k.column.table.name in reached for k in table.foreign_keys)
        }:
            reached |= more
        keys = [key for table in tables.values() for key in table.foreign_keys]
        left = [str(k.parent) for k in keys if k.column.table.name in reached and not k.ondelete]
        assert left == []

    def test_the_browser_is_a_new_guest(self, browsers: Browsers, graders: Graders) -> None:
        browser, _, _ = with_work(browsers, graders, "ida")
        old = browser.cookie()
        browser.post("/account/delete", data={"confirm": PASSWORD})
        assert browser.cookie() != old
        assert browser.get(f"{API}/attempts").json()["items"] == []
        assert browser.sign_in().status_code == 422
        assert browser.sign_up().status_code == 303, "the e-mail is free again"

    @pytest.mark.parametrize("confirm", ["", "ida", PASSWORD.upper()])
    def test_only_with_the_password(
        self, browsers: Browsers, graders: Graders, confirm: str
    ) -> None:
        browser, attempt, _ = with_work(browsers, graders, "ida")
        reply = browser.post("/account/delete", data={"confirm": confirm})
        assert reply.status_code == 422
        assert "This is not the password." in reply.text
        assert browser.get(f"/attempts/{attempt}").status_code == 200

    def test_a_guest_types_the_name(self, browsers: Browsers, graders: Graders) -> None:
        browser, _, _ = with_work(browsers, graders)
        name = browser.get(f"{API}/account").json()["name"]
        assert f"Type {name} to confirm" in browser.get("/account/delete").text
        assert browser.post("/account/delete", data={"confirm": "x"}).status_code == 422
        browser.post("/account/delete", data={"confirm": name})
        assert set(rows(graders).values()) == {0}

    def test_by_the_api(self, browsers: Browsers, graders: Graders) -> None:
        browser, _, _ = with_work(browsers, graders, "ida")
        path = f"{API}/account"
        assert browser.delete(path, json={"confirm": "no"}).status_code == 422
        assert browser.delete(path, json={"confirm": PASSWORD}).status_code == 204
        assert browser.get(path).status_code == 401
        assert set(rows(graders).values()) == {0}

    def test_the_password_cannot_be_guessed_here(
        self, browsers: Browsers, graders: Graders
    ) -> None:
        browser, _, _ = with_work(browsers, graders, "ida")
        codes = [
            browser.post("/account/delete", data={"confirm": f"guess {n}"}).status_code
            for n in range(11)
        ]
        assert codes == [422] * 10 + [429]

    def test_a_grading_under_way_ends_quietly(
        self, browsers: Browsers, graders: Graders, kata: Kata
    ) -> None:
        browser = browsers()
        browser.get("/katas")
        job = graders.begin(browser.submit(browser.begin()))
        name = browser.get(f"{API}/account").json()["name"]
        browser.post("/account/delete", data={"confirm": name})
        graders.recorder.started_again(job)
        graders.recorder.checks(job, results(kata))
        graders.recorder.fail(job, None, "an-error")
        assert set(rows(graders).values()) == {0}

    def test_of_a_visitor_there_is_nothing_to_delete(self, browsers: Browsers) -> None:
        browser = browsers()
        browser.get("/katas")
        assert browser.get("/account/delete").headers["location"] == "/account"
        assert browser.post("/account/delete", data={"confirm": ""}).status_code == 404


def everything(graders: Graders) -> Iterator[str]:
    """Every row of every table of ours, as text."""
    with graders.engine.connect() as connection:
        for name in sorted(SQLModel.metadata.tables):
            for row in connection.execute(sa.text(f"SELECT * FROM {name}")):  # noqa: S608 - a table of ours
                yield str(row)
