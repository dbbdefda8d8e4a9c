"""The main job in a real browser: choose, submit, see each check arrive, read, mend, approve."""

import re
from collections.abc import Callable

import pytest
from browsing import KATA, REVIEW_MS, submit, write
from playwright.sync_api import Browser, Page, expect

from grader.report import CheckKind

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]
VIEWS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_from_the_first_page_to_an_approval(
    page: Page, sound: Callable[[], None], scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/")
    sound()
    page.get_by_role("navigation").get_by_role("link", name="Katas").click()
    expect(page.get_by_role("link", name=KATA.manifest.title)).to_be_visible()
    sound()
    page.get_by_role("link", name=KATA.manifest.title).click()
    expect(page.locator(".cm-editor")).to_be_visible()
    sound()
    submit(page)
    expect(page.get_by_role("heading", name="Core business functionality")).to_be_visible(
        timeout=REVIEW_MS
    )
    expect(page).to_have_url(re.compile("/submissions/"))
    arrived = set(page.evaluate("arrived"))
    assert {f"check-{c.id}" for c in KATA.manifest.checks} <= arrived, "each check was seen to come"
    for finding in KATA.manifest.findings:
        expect(page.get_by_text(finding.title).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"app/\w+\.py:\d+")).first).to_be_visible()
    expect(page.get_by_text("Not yet").first).to_be_visible()
    sound()
    page.goto(f"/katas/{KATA.slug}")
    expect(page.locator(".cm-editor")).to_be_visible()
    write(page, {path: KATA.reference[path] for path in KATA.manifest.editable})
    submit(page)
    expect(page.get_by_text("Approved").first).to_be_visible(timeout=REVIEW_MS)
    sound()


def test_reload_in_the_middle_shows_the_truth(page: Page) -> None:
    page.goto(f"/katas/{KATA.slug}")
    expect(page.locator(".cm-editor")).to_be_visible()
    submit(page)
    expect(page).to_have_url(re.compile("/submissions/"))
    page.reload()
    heading = page.get_by_role("heading", name="Core business functionality")
    expect(heading).to_be_visible(timeout=REVIEW_MS)
    page.reload()
    expect(heading).to_be_visible()


def test_own_attempts_lead_back_to_the_review(page: Page, sound: Callable[[], None]) -> None:
    page.goto(f"/katas/{KATA.slug}")
    expect(page.locator(".cm-editor")).to_be_visible()
    submit(page)
    expect(page.get_by_role("heading", name="Core business functionality")).to_be_visible(
        timeout=REVIEW_MS
    )
    page.get_by_role("link", name="Attempts").click()
    sound()
    page.get_by_role("main").get_by_role("link", name=KATA.manifest.title).first.click()
    sound()


def test_works_without_javascript(browser: Browser, base_url: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = context.new_page()
    page.goto(f"/katas/{KATA.slug}")
    page.get_by_role("button", name=re.compile("Submit for review")).click()
    expect(page).to_have_url(re.compile("/submissions/"))
    expect(page.get_by_role("heading", name="Core business functionality")).to_be_visible(
        timeout=REVIEW_MS
    )
    context.close()


def test_keyboard_leaves_the_editor(page: Page) -> None:
    page.goto(f"/katas/{KATA.slug}")
    page.locator(".cm-content").first.click()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert not page.evaluate("!!document.activeElement.closest('.cm-editor')")


def test_draft_survives_a_reload(page: Page) -> None:
    page.goto(f"/katas/{KATA.slug}")
    page.locator(".cm-content").first.click()
    page.keyboard.press("Control+Home")
    with page.expect_response(re.compile("/draft")) as saved:
        page.keyboard.type("# a note of mine\n")
    assert saved.value.status == 200
    page.reload()
    expect(page.locator(".cm-content").first).to_contain_text("# a note of mine")


def test_draft_saved_in_two_windows_is_not_lost(page: Page) -> None:
    page.goto(f"/katas/{KATA.slug}")
    other = page.context.new_page()
    other.goto(f"/katas/{KATA.slug}")
    for window, text in ((page, "# first\n"), (other, "# second\n")):
        window.locator(".cm-content").first.click()
        window.keyboard.press("Control+Home")
        with window.expect_response(re.compile("/draft")):
            window.keyboard.type(text)
    expect(other.get_by_text(re.compile("another window"))).to_be_visible()
    expect(other.get_by_role("button", name=re.compile("keep mine", re.IGNORECASE))).to_be_visible()


def test_service_that_does_not_start_says_why_and_where(page: Page) -> None:
    page.goto(f"/katas/{KATA.slug}")
    expect(page.locator(".cm-editor")).to_be_visible()
    write(page, {"app/main.py": "import os\ndef broken(:\n    pass\n"})
    submit(page)
    expect(page.get_by_text("did not start").first).to_be_visible(timeout=REVIEW_MS)
    expect(page.get_by_text("app/main.py:2").first).to_be_visible()


def test_every_find_check_has_a_finding() -> None:
    assert {c.finding for c in KATA.checks(CheckKind.FIND)} == {
        f.id for f in KATA.manifest.findings
    }


def test_unknown_page_is_a_page(page: Page) -> None:
    answer = page.goto("/katas/no-such-kata")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading").first).to_be_visible()
