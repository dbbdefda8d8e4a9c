"""A real application over a real database file; only the sandboxes are left out."""

import os
import shutil
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from fastapi import FastAPI
from kintsugi_factories import API, KATA, Graders, Learner
from starlette.testclient import TestClient

from grader.kata import Kata
from kintsugi import logs, schema
from kintsugi.app import create_app
from kintsugi.catalogue.service import Shelf
from kintsugi.queue import Queue
from kintsugi.settings import Settings

collect_ignore_glob = ["katas/*"]  # data, not tests of ours
KATAS = Path(__file__).parent / "katas"
collect_ignore = ["katas"]  # hidden suites: they run in sandboxes


@pytest.fixture(scope="session", autouse=True)
def quiet() -> None:
    """Log lines as in development; without them every request would print one."""
    logs.configure(Settings(log_level="error"))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing from the environment of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("KINTSUGI_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    return Shelf([KATAS])


@pytest.fixture(scope="session")
def kata(shelf: Shelf) -> Kata:
    return shelf.katas[KATA]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with every table, to be copied: migrating takes longer than most tests."""
    settings = Settings(data=tmp_path_factory.mktemp("migrated"))
    schema.upgrade(settings)
    Queue(settings).close()
    return settings.data / "kintsugi.db"


@pytest.fixture
def settings(tmp_path: Path, migrated: Path) -> Settings:
    shutil.copy(migrated, tmp_path / "kintsugi.db")
    return Settings(data=tmp_path, katas=(KATAS,))


@pytest.fixture
def app(settings: Settings, shelf: Shelf) -> FastAPI:
    return create_app(settings, shelf)


@pytest.fixture
def client(app: FastAPI) -> Generator[TestClient]:
    """The running application, and a browser without cookies."""
    with TestClient(app, follow_redirects=False) as running:
        yield running


@pytest.fixture
def browsers(app: FastAPI, client: TestClient) -> Callable[[], Learner]:
    """Makes browsers: each has cookies of its own and says that it comes from our pages."""

    def make() -> Learner:
        own = TestClient(app, follow_redirects=False)
        own.portal = client.portal  # in the loop of the running application
        return Learner(own, headers={"Sec-Fetch-Site": "same-origin"})

    return make


@pytest.fixture
def guests(app: FastAPI, client: TestClient) -> Callable[[], Learner]:
    """Makes guests of the API."""

    def make() -> Learner:
        own = TestClient(app, follow_redirects=False)
        own.portal = client.portal
        return Learner(own, own.post(f"{API}/guests").json()["token"])

    return make


@pytest.fixture
def ida(guests: Callable[[], Learner]) -> Learner:
    return guests()


@pytest.fixture
def bo(guests: Callable[[], Learner]) -> Learner:
    return guests()


@pytest.fixture
def graders(settings: Settings, kata: Kata) -> Generator[Graders]:
    made = Graders(settings, kata)
    yield made
    made.engine.dispose()
