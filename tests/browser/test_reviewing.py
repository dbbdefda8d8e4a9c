"""Around the review in a real browser: one's own review first, then what changed since."""

import re
from collections.abc import Callable

import pytest
from browsing import KATA, REVIEW_MS, review_is_there, submit, write
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]
VIEWS = [("light", 1280), ("dark", 390)]
FINDING = KATA.manifest.findings[0]


def list_flaw(page: Page, text: str, line: str) -> None:
    page.get_by_label("What is wrong").fill(text)
    page.get_by_label("Skill").select_option(FINDING.skill.value)
    page.get_by_label("How bad").select_option(FINDING.severity.value)
    page.get_by_label("Line", exact=True).fill(line)
    page.get_by_role("button", name="List it").click()


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_flaws_are_listed_before_anything_is_told(
    page: Page, sound: Callable[[], None], scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/katas/{KATA.slug}")
    page.get_by_role("button", name="List flaws first").click()
    sound()
    list_flaw(page, "Anybody may read it", "0")
    expect(page.get_by_label("Line", exact=True)).to_be_focused()
    expect(page.get_by_label("What is wrong")).to_have_value("Anybody may read it")
    sound()
    list_flaw(page, "Anybody may read it", "3")
    expect(page.get_by_role("heading", name="1 flaw listed")).to_be_visible()
    page.get_by_role("link", name="On to the repair").click()
    expect(page.locator(".cm-editor")).to_be_visible()
    submit(page)
    review_is_there(page)
    own = page.get_by_role("region", name="Your own review")
    expect(own).to_contain_text("Anybody may read it")
    expect(own).to_contain_text("missed")
    sound()


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_second_review_says_what_was_closed_and_shows_the_changes(
    page: Page, sound: Callable[[], None], scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/katas/{KATA.slug}")
    expect(page.locator(".cm-editor")).to_be_visible()
    submit(page)
    review_is_there(page)
    page.goto(f"/katas/{KATA.slug}")
    expect(page.locator(".cm-editor")).to_be_visible()
    write(page, {path: KATA.reference[path] for path in KATA.manifest.editable})
    submit(page)
    since = page.get_by_role("region", name="Against the last time")
    expect(since).to_contain_text("closed since", timeout=REVIEW_MS)
    sound()
    since.get_by_role("link", name="Your changes").click()
    expect(page.get_by_role("heading", name="What you changed")).to_be_visible()
    expect(page.get_by_role("table").first).to_be_visible()
    sound()
    page.get_by_role("link", name="Back to the review").click()
    review_is_there(page)


def test_review_first_works_without_javascript(browser: Browser, base_url: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = context.new_page()
    page.goto(f"/katas/{KATA.slug}")
    page.get_by_role("button", name="List flaws first").click()
    list_flaw(page, "Anybody may read it", "x")
    expect(page.get_by_text(re.compile("Name a line from 1 to"))).to_be_visible()
    list_flaw(page, "Anybody may read it", "3")
    page.get_by_role("button", name=re.compile("Take back")).click()
    expect(page.get_by_role("heading", name="Nothing listed yet")).to_be_visible()
    context.close()


def test_review_can_be_kept_as_a_document(page: Page) -> None:
    page.goto(f"/katas/{KATA.slug}")
    expect(page.locator(".cm-editor")).to_be_visible()
    submit(page)
    review_is_there(page)
    with page.expect_download() as kept:
        page.get_by_role("link", name="The review as a file").click()
    assert kept.value.suggested_filename.endswith(".md")
