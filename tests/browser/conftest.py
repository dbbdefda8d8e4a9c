"""A real server, Debian's Chromium, and what every page must hold."""

import shutil
from collections.abc import Callable, Generator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.sync_api import ConsoleMessage, Page
from served import Served, served

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REFUSED = "status of 422"  # Chromium says it of every form that has something to change
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium where there is one, Playwright's own elsewhere."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    own = {"executable_path": program} if program else {}
    return {**browser_type_launch_args, "args": ARGUMENTS, **own}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    with served(tmp_path_factory.mktemp("browser") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def base_url(server: Served) -> str:
    return server.url


@pytest.fixture
def legible(page: Page) -> Callable[[], None]:
    """Call it on every page that a test comes to: axe finds nothing, nothing scrolls sideways."""

    def check() -> None:
        axe: Any = Axe()  # it has no types
        found = axe.run(page, options={"runOnly": RULES})
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    return check


@pytest.fixture
def sound(page: Page, legible: Callable[[], None]) -> Generator[Callable[[], None]]:
    """The same; and at the end no script has complained."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and REFUSED not in message.text:
            complaints.append(f"{message.text} ({message.location.get('url')})")

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield legible
    assert complaints == []
