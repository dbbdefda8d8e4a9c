"""What every test may ask for, and why one is left out where the machine lacks something."""

import functools
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.sandbox import choose
from grader.sandbox.base import Driver, UnavailableError

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


def pytest_unconfigure() -> None:
    """End the driver, whoever asked for it first."""
    if _driver.cache_info().currsize and not isinstance(made := _driver(), str):
        made.close()


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


@functools.cache
def _lacks_docker() -> str:
    program = shutil.which("docker")
    if program is None:
        return "Docker is not installed."
    asked = subprocess.run([program, "info"], capture_output=True, text=True, check=False)
    return "" if asked.returncode == 0 else asked.stderr.strip().splitlines()[-1]


LACKS: dict[str, Callable[[], str]] = {
    "sandbox": _lacks_sandbox,
    "browser": _lacks_browser,
    "docker": _lacks_docker,
}
