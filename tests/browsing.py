"""What a person does in the browser, for the tests that play one."""

import re

from playwright.sync_api import Page, expect

from grader.kata import bundled_katas, load_kata

KATA = load_kata(bundled_katas() / "boundaries" / "invoice-window")
REVIEW_MS = 30_000
PASTE = """text => {
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/plain', text);
  const paste = new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true});
  document.querySelector('.cm-content').dispatchEvent(paste);
}"""
WATCH = """
window.arrived = [];
new MutationObserver(() => {
  for (const check of document.querySelectorAll('#submission li.check[id]')) {
    if (!window.arrived.includes(check.id)) window.arrived.push(check.id);
  }
}).observe(document.body, {subtree: true, childList: true, attributes: true});
"""


def write(page: Page, files: dict[str, str]) -> None:
    """Replace what is in the editor, as a person who pastes."""
    for path, text in files.items():
        page.get_by_role("tab", name=path, exact=True).click()
        page.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.evaluate(PASTE, text)


def submit(page: Page) -> None:
    page.evaluate(WATCH)
    page.get_by_role("button", name=re.compile("Submit for review")).click()


def review_is_there(page: Page) -> None:
    heading = page.get_by_role("heading", name="Core business functionality")
    expect(heading).to_be_visible(timeout=REVIEW_MS)
