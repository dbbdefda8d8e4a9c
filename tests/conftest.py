"""What every test may ask for, and why one is left out where the machine lacks something."""

import functools
import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import dockerd
import postgres
import pytest
from xdist.scheduler import LoadScopeScheduling  # pyright: ignore[reportMissingTypeStubs] - it has none

from grader.sandbox import choose
from grader.sandbox.base import Driver, UnavailableError
from grader.sandbox.docker import Docker

DOCKER = "docker"  # in the name of every test that asks for the daemon
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class SideBySide(LoadScopeScheduling):
    """Tests in several processes: those of Docker in one, with one daemon, and begun first."""

    def _split_scope(self, nodeid: str) -> str:
        return DOCKER if DOCKER in nodeid else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SideBySide:
    # xdist's own groups (`--dist loadgroup`) have no effect with pytest 9.2.
    return SideBySide(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright keeps an event loop running in its thread."""
    for item in items:
        if item.get_closest_marker("docker") and DOCKER not in item.nodeid:
            raise pytest.UsageError(f"{item.nodeid}: a test that needs Docker says so in its name")
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
    """End the driver, the Docker daemon and PostgreSQL, whoever asked for them first."""
    if _driver.cache_info().currsize and not isinstance(made := _driver(), str):
        made.close()
    dockerd.stop()
    postgres.stop()


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
    "postgres": postgres.lacks,
}
