"""What every test may ask for, and why one is left out where the machine lacks something."""

import functools
import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import dockerd
import pytest

from grader.sandbox import choose
from grader.sandbox.base import Driver, UnavailableError
from grader.sandbox.docker import Docker

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright keeps an event loop running in this thread."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, reason in LACKS.items():
        if item.get_closest_marker(marker) and (why := reason()):
            pytest.skip(f"{marker}: {why}")


@pytest.fixture(scope="session")
def sandbox() -> Driver:
    """The driver that works on this machine, tried once."""
    made = _driver()
    if isinstance(made, str):
        pytest.skip(f"sandbox: {made}")
    return made


@pytest.fixture(scope="session")
def dockers() -> Generator[Docker]:
    """The Docker driver; for tests with the marker `docker`."""
    driver = Docker()
    yield driver
    driver.close()


def pytest_unconfigure() -> None:
    """End the driver and the Docker daemon, whoever asked for them first."""
    if _driver.cache_info().currsize and not isinstance(made := _driver(), str):
        made.close()
    dockerd.stop()


@functools.cache
def _driver() -> Driver | str:
    """A driver, or why there is none."""
    try:
        return choose("auto")
    except UnavailableError as error:
        return f"{error} {error.mend}"


def _lacks_sandbox() -> str:
    made = _driver()
    return made if isinstance(made, str) else ""


@functools.cache
def _lacks_browser() -> str:
    playwrights = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "~/.cache/ms-playwright"))
    if any(map(shutil.which, BROWSERS)) or any(playwrights.expanduser().glob("chromium*")):
        return ""
    return "Chromium is not installed. On Debian: apt-get install chromium"


LACKS: dict[str, Callable[[], str]] = {
    "sandbox": _lacks_sandbox,
    "browser": _lacks_browser,
    "docker": dockerd.lacks,
}
