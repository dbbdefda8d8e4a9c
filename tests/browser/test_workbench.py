"""Round the editor in a browser: the width of the brief, files out and in, nothing that jumps."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from browsing import KATA
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]
STEADY = 0.02  # cumulative layout shift; browsers call 0.1 good
SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: 'layout-shift', buffered: true});
"""


def bench(page: Page) -> None:
    page.goto(f"/katas/{KATA.slug}")
    expect(page.locator(".cm-editor")).to_be_visible()


def test_the_brief_is_made_wider_by_keyboard_and_stays_so(
    page: Page, sound: Callable[[], None]
) -> None:
    bench(page)
    divider = page.get_by_role("separator", name="Width of the brief")
    brief = page.locator("#brief")
    before = brief.bounding_box()
    divider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    after = brief.bounding_box()
    assert before
    assert after
    assert after["width"] > before["width"] + 50
    sound()
    page.reload()
    expect(page.locator(".cm-editor")).to_be_visible()
    again = brief.bounding_box()
    assert again
    assert again["width"] == after["width"]


def test_a_draft_is_taken_along_and_brought_back(
    page: Page, sound: Callable[[], None], tmp_path: Path
) -> None:
    bench(page)
    page.locator(".cm-content").first.click()
    page.keyboard.press("Control+Home")
    with page.expect_response(re.compile("/draft")):
        page.keyboard.type("# mine to keep\n")
    page.get_by_text("Files and keys").click()
    sound()
    with page.expect_download() as taken:
        page.get_by_role("link", name=f"{KATA.slug}.zip").click()
    kept = tmp_path / "kept.zip"
    taken.value.save_as(kept)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="all of it").click()
    expect(page.locator(".cm-content").first).not_to_contain_text("# mine to keep")
    page.get_by_text("Files and keys").click()
    page.get_by_label("bring back").set_input_files(kept)
    page.get_by_role("button", name="Put its files into the draft").click()
    expect(page.locator(".cm-content").first).to_contain_text("# mine to keep")


@pytest.mark.parametrize("address", ["/", "/katas", f"/katas/{KATA.slug}"])
def test_nothing_moves_while_a_page_and_its_fonts_come(page: Page, address: str) -> None:
    page.add_init_script(SHIFTS)
    page.goto(address)
    page.evaluate("document.fonts.ready.then(() => true)")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("shifted") < STEADY
