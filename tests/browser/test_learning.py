"""Learning by oneself in a real browser: hints, giving up, the reference, progress, the way on."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from grader.kata import bundled_katas, load_kata

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]
KATA = load_kata(bundled_katas() / "contracts" / "library-desk")
VIEWS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
REVIEW_MS = 30_000


def begins(text: str) -> re.Pattern[str]:
    """A hint's first words, as its page shows them."""
    return re.compile(re.escape(text[:25]))


@pytest.fixture
def everywhere(page: Page, legible: Callable[[], None]) -> Callable[[], None]:
    """The page at hand, in both schemes and both widths."""

    def check() -> None:
        for scheme, width in VIEWS:
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.set_viewport_size({"width": width, "height": 900})
            legible()

    return check


def test_hints_open_step_by_step_by_keyboard(page: Page, sound: Callable[[], None]) -> None:
    page.goto(f"/katas/{KATA.slug}")
    page.get_by_role("button", name=re.compile("Open hint 1 of 3")).focus()
    for number, hint in enumerate(KATA.hints, start=1):
        page.keyboard.press("Enter")
        shown = page.locator("#hints li").nth(number - 1)
        expect(shown).to_contain_text(begins(hint))
        expect(shown).to_be_focused()
        expect(page.locator("#hints li")).to_have_count(number)
        sound()
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=re.compile("Open hint"))).to_have_count(0)
    page.reload()
    expect(page.locator("#hints li")).to_have_count(len(KATA.hints))


def test_hints_open_without_javascript(browser: Browser, base_url: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = context.new_page()
    page.goto(f"/katas/{KATA.slug}")
    page.get_by_role("button", name=re.compile("Open hint 1 of 3")).click()
    expect(page).to_have_url(re.compile("#hints$"))
    expect(page.locator("#hints")).to_contain_text(begins(KATA.hints[0]))
    expect(page.locator("#hints")).not_to_contain_text(begins(KATA.hints[1]))
    context.close()


def test_from_giving_up_to_what_is_next(page: Page, everywhere: Callable[[], None]) -> None:
    page.goto("/progress")
    everywhere()
    page.get_by_role("link", name=f"Begin with {KATA.slug}").click()
    page.get_by_role("button", name=re.compile("Open hint 1 of 3")).click()
    expect(page.locator("#hints li")).to_have_count(1)
    page.get_by_role("button", name=re.compile("Submit for review")).click()
    expect(page.get_by_text("1 hint opened before this one")).to_be_visible(timeout=REVIEW_MS)
    page.goto(f"/katas/{KATA.slug}")
    page.get_by_role("link", name="Give up and see the reference").click()
    expect(page.get_by_role("heading", name="The reference is still closed")).to_be_visible()
    everywhere()
    page.get_by_role("checkbox", name=re.compile("Show me the author's repair")).press("Space")
    page.get_by_role("button", name="Give up and open it").press("Enter")
    expect(page.get_by_role("heading", name="One way to mend it")).to_be_visible()
    expect(page.get_by_role("table", name=re.compile("to the reference")).first).to_be_visible()
    expect(page.get_by_text("Trade-off").first).to_be_visible()
    everywhere()
    page.get_by_role("link", name="your attempt").click()
    expect(page.get_by_text("has been open since")).to_be_visible()
    everywhere()
    page.get_by_role("navigation").get_by_role("link", name="Progress").click()
    expect(page.get_by_role("heading", name="Skills")).to_be_visible()
    expect(page.get_by_text("with the reference open").first).to_be_visible()
    page.locator(".proof summary").first.press("Enter")
    expect(page.locator(".proof li").first).to_be_visible()
    everywhere()


def test_catalogue_narrows_while_one_types(page: Page, sound: Callable[[], None]) -> None:
    page.goto("/katas")
    title = page.get_by_role("link", name=re.compile(re.escape(KATA.manifest.title)))
    expect(title).to_be_visible()
    page.get_by_role("searchbox", name="search").press_sequentially("theatre seat")
    expect(title).to_have_count(0)
    expect(page).to_have_url(re.compile(r"q=theatre[+%20]+seat"))
    expect(page.get_by_role("searchbox", name="search")).to_be_focused()
    sound()
    page.get_by_role("searchbox", name="search").fill("no such story")
    expect(page.get_by_role("heading", name="No kata is like that")).to_be_visible()
    sound()


def test_catalogue_narrows_without_javascript(browser: Browser, base_url: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = context.new_page()
    page.goto("/katas")
    page.get_by_role("searchbox", name="search").fill("borrow")
    page.get_by_role("radio", name="to 30").check(force=True)
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("minutes=30"))
    expect(
        page.get_by_role("link", name=re.compile(re.escape(KATA.manifest.title)))
    ).to_be_visible()
    expect(page.get_by_role("searchbox", name="search")).to_have_value("borrow")
    context.close()


def test_home_leads_on_who_has_begun(page: Page, everywhere: Callable[[], None]) -> None:
    page.goto("/")
    everywhere()
    page.get_by_role("link", name=f"Start with {KATA.slug}").click()
    page.get_by_role("button", name=re.compile("Open hint 1 of 3")).click()
    expect(page.locator("#hints li")).to_have_count(1)
    page.goto("/")
    expect(page.get_by_role("link", name=f"Go on with {KATA.slug}")).to_be_visible()
    everywhere()
    page.goto("/katas")
    expect(page.get_by_role("link", name=f"Go on with {KATA.slug}")).to_be_visible()
    everywhere()
