"""Trying the draft in a real browser: an example, a change, again; without JavaScript too."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from grader.kata import bundled_katas, load_kata

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]
KATA = load_kata(bundled_katas() / "contracts" / "library-desk")
CRASH = "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef it():\n    1 / 0\n"
VIEWS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
ANSWER_MS = 15_000
PASTE = """text => {
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/plain', text);
  const paste = new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true});
  document.querySelector('.cm-content').dispatchEvent(paste);
}"""


def write(page: Page, text: str) -> None:
    """Replace what is in the first file of the editor, as a person who pastes."""
    page.locator(".cm-content").first.click()
    page.keyboard.press("Control+a")
    page.evaluate(PASTE, text)


def heard(page: Page) -> Locator:
    """The answer to the latest request."""
    return page.locator("#trial > .answer")


def open_kata(page: Page) -> None:
    page.goto(f"/katas/{KATA.slug}")
    expect(page.locator(".cm-editor")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_an_example_a_change_and_the_answer_changes(
    page: Page, sound: Callable[[], None], scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    open_kata(page)
    sound()
    page.get_by_role("button", name="Add a book").click()
    expect(page.get_by_label("Path")).to_have_value("/books")
    expect(page.get_by_label("Path")).to_be_focused()
    page.keyboard.press("Enter")
    expect(heard(page)).to_contain_text("200 OK", timeout=ANSWER_MS)
    expect(heard(page)).to_contain_text("The Weir")
    sound()
    starter = KATA.starter["app/main.py"]
    write(page, starter.replace('@app.post("/books")', '@app.post("/books", status_code=201)'))
    page.get_by_role("button", name="Send it again").click()
    expect(heard(page)).to_contain_text("201 Created", timeout=ANSWER_MS)
    page.get_by_label("A route of your service").select_option("GET /books/{book_id}, Read Book")
    page.get_by_label("Path").fill("/books/1")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(heard(page)).to_contain_text("GET /books/1", timeout=ANSWER_MS)
    expect(heard(page)).to_contain_text("The Weir")
    page.get_by_text("1 earlier call").click()
    sound()


def test_a_trial_saves_the_draft_and_the_editor_goes_on(page: Page) -> None:
    open_kata(page)
    write(page, CRASH)
    page.get_by_label("Method").select_option("GET")
    page.get_by_label("Path").fill("/")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(heard(page)).to_contain_text("500 Internal Server Error", timeout=ANSWER_MS)
    expect(heard(page)).to_contain_text("ZeroDivisionError: division by zero")
    expect(heard(page)).to_contain_text('File "app/main.py", line 8, in it')
    with page.expect_response(re.compile("/draft")):
        page.locator(".cm-content").first.click()
        page.keyboard.press("Control+Home")
        page.keyboard.type("# a note\n")
    expect(page.locator(".draft")).to_contain_text("saved")
    page.reload()
    expect(page.locator(".cm-content").first).to_contain_text("# a note")
    expect(heard(page)).to_contain_text("500 Internal Server Error")


def test_a_service_that_does_not_start_says_where(page: Page, sound: Callable[[], None]) -> None:
    open_kata(page)
    write(page, "x = 1\ndef broken(:\n")
    page.get_by_role("button", name="Ask your service for its routes").click()
    expect(page.locator("#trial .failure")).to_contain_text("SyntaxError", timeout=ANSWER_MS)
    expect(page.get_by_role("status").filter(has_text="did not start")).to_be_attached()
    sound()
    page.get_by_role("link", name="app/main.py:2").click()
    expect(page.locator(".cm-editor.cm-focused")).to_be_visible()


def test_a_wrong_path_is_said_and_nothing_is_lost(page: Page) -> None:
    open_kata(page)
    page.get_by_label("Path").fill("books")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#trial").get_by_role("alert")).to_have_text(
        "A path begins with a slash: /books."
    )
    expect(page.get_by_label("Path")).to_have_value("books")


def test_works_without_javascript(browser: Browser, base_url: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = context.new_page()
    page.goto(f"/katas/{KATA.slug}")
    area = page.locator('textarea[data-path="app/main.py"]')
    area.fill(CRASH)
    page.get_by_role("button", name="Add a member").click()
    expect(page.get_by_label("Path")).to_have_value("/members")
    expect(area).to_have_value(CRASH)
    page.get_by_label("Path").fill("/")
    page.get_by_label("Method").select_option("GET")
    page.get_by_label("Body, JSON").fill("")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page).to_have_url(re.compile(f"/katas/{KATA.slug}#try"), timeout=ANSWER_MS)
    expect(heard(page)).to_contain_text("500 Internal Server Error")
    expect(area).to_have_value(CRASH)
    context.close()
