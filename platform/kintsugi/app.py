"""`create_app(settings)`: the one place where everything is put together."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from importlib import metadata
from pathlib import Path
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from kintsugi.accounts import account_pages
from kintsugi.accounts import api as accounts_api
from kintsugi.accounts import pages as accounts_pages
from kintsugi.accounts.belongings import Belongings
from kintsugi.attempts import api as attempts_api
from kintsugi.attempts import (
    draft_pages,
    first_api,
    first_pages,
    help_pages,
    trial_api,
    trial_pages,
)
from kintsugi.attempts import katas as katas_pages
from kintsugi.attempts import pages as attempts_pages
from kintsugi.attempts.arrivals import Arrivals
from kintsugi.attempts.belongings import KeptAttempts
from kintsugi.attempts.events import EventHub
from kintsugi.attempts.submitting import JobQueue
from kintsugi.catalogue import api as catalogue_api
from kintsugi.catalogue.service import Shelf
from kintsugi.database import Database, Reading
from kintsugi.errors import KintsugiError, Problem, UnavailableError, problems
from kintsugi.heartbeat import readiness
from kintsugi.mail import Mailer
from kintsugi.problems import answer, answer_scope
from kintsugi.progress import api as progress_api
from kintsugi.progress import pages as progress_pages
from kintsugi.security import Guard, Sessions
from kintsugi.settings import Settings

STATIC = Path(__file__).parent / "static"
FOR_GOOD = "public, max-age=31536000, immutable"
DESCRIPTION = """Mend flawed FastAPI services: take a kata, hand in your repair, read the review.

`POST /api/v1/guests` gives a bearer token. Errors are `application/problem+json`."""

# What rooms keep for an account, in the order in which it is exported.
BELONGINGS: tuple[Belongings, ...] = (KeptAttempts(),)

log = structlog.stdlib.get_logger(__name__)
probes = APIRouter(include_in_schema=False)


@probes.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "alive"}


@probes.get("/readyz")
async def readyz(session: Reading) -> dict[str, str]:
    """Submissions are taken and graded."""
    found = await readiness(session)
    if not found.ready:
        raise UnavailableError(found.detail)
    return {"status": "ready"}


async def figures(session: Reading) -> Response:
    from kintsugi import metrics  # few ask for them, and every start would wait for the import

    return Response(await metrics.figures(session), media_type=metrics.MEDIA_TYPE)


class Assets(StaticFiles):
    """Built files: their names change with their content."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = FOR_GOOD
        return response


class OpeningQueue:
    """The queue's library takes a second to import: it opens while pages are already served."""

    def __init__(self, settings: Settings) -> None:
        self._opening = asyncio.create_task(asyncio.to_thread(_open_queue, settings))

    async def __call__(self) -> JobQueue:
        """The queue, once it is open.

        Raises:
            UnavailableError: it could not be opened.
        """
        try:
            return await asyncio.shield(self._opening)
        except (OSError, RuntimeError) as error:
            log.exception("the queue could not be opened")
            raise UnavailableError("Submissions cannot be taken at the moment.") from error

    async def close(self) -> None:
        (await self._opening).close()


def _open_queue(settings: Settings) -> Any:
    from kintsugi.queue import Queue

    return Queue(settings)


def create_app(settings: Settings, shelf: Shelf | None = None) -> FastAPI:
    """The application over a database that has been migrated (`kintsugi.schema.upgrade`).

    Args:
        settings: everything that differs between installations.
        shelf: the katas, if they have been read already.
    """
    app = FastAPI(
        title="Kintsugi",
        version=_version(),
        description=DESCRIPTION,
        docs_url=None,  # its scripts come from elsewhere, which our pages never load from
        redoc_url=None,
        lifespan=_lifespan,
        responses=problems(500),
    )
    app.state.settings = settings
    app.state.sessions = Sessions(settings.signing_key)
    app.state.mailer = Mailer(settings)
    app.state.belongings = BELONGINGS
    app.state.shelf = shelf or Shelf(settings.kata_roots)
    _add_routes(app, settings)
    for kind in (KintsugiError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, answer)
    if settings.public_host:
        hosts = [settings.public_host.rpartition(":")[0] or settings.public_host, "127.0.0.1"]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    secure = bool(settings.public_url and settings.public_url.startswith("https:"))
    app.add_middleware(Guard, sessions=app.state.sessions, secure=secure, answer_error=answer_scope)
    _describe_problems(app)
    return app


def _add_routes(app: FastAPI, settings: Settings) -> None:
    app.include_router(probes)
    if settings.metrics:
        app.get("/metrics", include_in_schema=False)(figures)
    for pages in (
        *(
            katas_pages,
            attempts_pages,
            draft_pages,
            first_pages,
            trial_pages,
            help_pages,
            progress_pages,
        ),
        *(accounts_pages, account_pages),
    ):
        app.include_router(pages.router)
    for api in (
        *(accounts_api, catalogue_api, attempts_api, first_api, trial_api),
        progress_api,
    ):
        app.include_router(api.router, prefix="/api/v1")
    app.mount("/static", Assets(directory=STATIC, check_dir=False), name="static")


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    settings: Settings = app.state.settings
    database = app.state.database = Database(settings)
    hub = app.state.hub = EventHub(database)
    queue = app.state.queue = OpeningQueue(settings)
    arrivals = app.state.arrivals = Arrivals(database)
    readers = [asyncio.create_task(each.run()) for each in (hub, arrivals)]
    yield
    hub.close()
    arrivals.close()
    for reader in readers:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
    await queue.close()
    await database.close()


def _describe_problems(app: FastAPI) -> None:
    """Every route refers to one `Problem`; FastAPI's own form of 422 is not what we send."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schemas = made()["components"]["schemas"]
            schemas["Problem"] = Problem.model_json_schema()
            schemas.pop("HTTPValidationError", None)
            schemas.pop("ValidationError", None)
        return made()

    app.openapi = openapi


def _version() -> str:
    try:
        return metadata.version("kintsugi")
    except metadata.PackageNotFoundError:
        return "0"
