"""A guest's work outlives sign-up, sign-out and a session that ends in the middle of a word."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from served import Served

from grader.kata import bundled_katas, load_kata

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]
KATA = load_kata(bundled_katas() / "boundaries" / "invoice-window")
PASSWORD = "seven quiet teacups"
VIEWS = [("light", 1280), ("dark", 390)]
SAVED = re.compile("/draft")


def see(page: Page, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})


def type_at_the_top(page: Page, text: str) -> None:
    """As someone who writes into the first file; returns when the server has answered."""
    page.locator(".cm-content").first.click()
    page.keyboard.press("Control+Home")
    with page.expect_response(SAVED):
        page.keyboard.type(text)


def open_kata(page: Page) -> None:
    page.goto(f"/katas/{KATA.slug}")
    expect(page.locator(".cm-editor")).to_be_visible()


def sign_up(page: Page, email: str) -> None:
    page.goto("/sign-up")
    page.get_by_label("Name").fill("Ida Vogel")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("link", name="Ida Vogel")).to_be_visible()


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Ida Vogel")).to_be_visible()


def sign_out(page: Page) -> None:
    page.goto("/account")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_what_a_guest_has_done_is_there_after_signing_in_again(
    page: Page, sound: Callable[[], None], scheme: str, width: int
) -> None:
    see(page, scheme, width)
    email = f"ida-{scheme}-{width}@example.org"
    open_kata(page)
    type_at_the_top(page, "# a note of mine\n")
    page.get_by_role("link", name="Sign in").click()
    sound()
    page.get_by_role("link", name="Make an account").click()
    sound()
    sign_up(page, email)
    sign_out(page)
    sound()
    open_kata(page)
    expect(page.locator(".cm-content").first).not_to_contain_text("# a note of mine")
    page.get_by_role("link", name="Sign in").click()
    sign_in(page, email)
    expect(page).to_have_url(re.compile(f"/katas/{KATA.slug}$"))
    expect(page.locator(".cm-content").first).to_contain_text("# a note of mine")


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_every_page_of_the_account_is_sound(
    page: Page, sound: Callable[[], None], server: Served, scheme: str, width: int
) -> None:
    see(page, scheme, width)
    email = f"bo-{scheme}-{width}@example.org"
    page.goto("/account")
    sound()
    open_kata(page)
    type_at_the_top(page, "# mine\n")
    page.goto("/account")
    sound()
    page.goto("/account/delete")
    sound()
    sign_up(page, email)
    page.goto("/account")
    page.get_by_label("What it is for").fill("laptop")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_text(re.compile("^kt_"))).to_be_visible()
    sound()
    page.goto("/account/delete")
    sound()
    sign_out(page)
    page.goto("/reset")
    sound()
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    sound()


def test_faults_take_the_focus_and_are_read_with_their_field(page: Page) -> None:
    page.goto("/sign-up")
    page.get_by_label("Name").fill("Ida")
    page.get_by_label("E-mail").fill("faults@example.org")
    page.get_by_label("Password").fill("password123")
    page.get_by_role("button", name="Make the account").click()
    password = page.get_by_label("Password")
    expect(password).to_be_focused()
    expect(password).to_have_accessible_description(
        re.compile("At least 10 characters.*one of the first", re.DOTALL)
    )
    expect(page.get_by_label("Name")).to_have_value("Ida")


def test_a_session_that_ends_while_typing_loses_nothing(page: Page, browser: Browser) -> None:
    email = "typing@example.org"
    sign_up(page, email)
    open_kata(page)
    type_at_the_top(page, "# before\n")
    end_others(browser, page, email)
    type_at_the_top(page, "# after\n")
    said = page.locator(".draft")
    expect(said).to_contain_text("not saved, you are signed out")
    expect(page.locator(".cm-content").first).to_contain_text("# after")
    with page.context.expect_page() as opened:
        said.get_by_role("link", name="Sign in again in another tab").click()
    sign_in(opened.value, email)
    opened.value.close()
    with page.expect_response(SAVED) as saved:
        page.evaluate("dispatchEvent(new Event('focus'))")
    assert saved.value.status == 200
    expect(said).to_contain_text("saved")
    page.reload()
    expect(page.locator(".cm-content").first).to_contain_text("# after")


def test_what_was_typed_outlives_its_tab(page: Page, browser: Browser) -> None:
    email = "here@example.org"
    sign_up(page, email)
    open_kata(page)
    end_others(browser, page, email)
    type_at_the_top(page, "# not to be lost\n")
    expect(page.locator(".draft")).to_contain_text("you are signed out")
    other = page.context.new_page()
    page.close()
    other.goto(f"/katas/{KATA.slug}")  # as a guest from here on
    other.get_by_role("link", name="Sign in").click()
    sign_in(other, email)
    content = other.locator(".cm-content").first
    expect(content).not_to_contain_text("# not to be lost")
    with other.expect_response(SAVED) as saved:
        other.get_by_role("button", name="load it").click()
    assert saved.value.status == 200
    expect(content).to_contain_text("# not to be lost")
    other.reload()
    expect(content).to_contain_text("# not to be lost")
    expect(other.get_by_role("button", name="load it")).to_have_count(0)


def test_works_without_javascript(browser: Browser, base_url: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = context.new_page()
    page.goto(f"/katas/{KATA.slug}")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("Name").fill("Ida Vogel")
    page.get_by_label("E-mail").fill("plain@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page).to_have_url(re.compile(f"/katas/{KATA.slug}$"))
    page.get_by_role("link", name="Ida Vogel").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    context.close()


def end_others(browser: Browser, page: Page, email: str) -> None:
    """From another machine every other browser is signed out."""
    elsewhere = browser.new_context(base_url=page.url.partition("/katas")[0])
    other = elsewhere.new_page()
    other.goto("/sign-in")
    sign_in(other, email)
    other.goto("/account")
    other.get_by_role("button", name="Sign out all others").click()
    expect(other.get_by_text("Every other browser is signed out.", exact=True)).to_be_visible()
    elsewhere.close()
