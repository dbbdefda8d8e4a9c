"""What the sandboxes' libraries do, each fact observed in a small app; `test_facts` reads it.

This runs in the runtime's own interpreter, where nothing of the platform can be imported. It
prints one JSON object: the name of each fact, and what was seen. Flaws here are on purpose.
"""

import asyncio
import importlib
import json
import logging
import socket
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from typing import Annotated, Any

import httpx
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer
from pydantic import BaseModel, SecretStr, StringConstraints, ValidationError
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Field, Session, SQLModel, create_engine, func, select
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

jwt: Any = importlib.import_module("jwt")  # not among the platform's own packages

Fact = Callable[[], Any]
KEY = "a key of more than thirty-two bytes, as HS256 wants it"
PATIENCE_S = 10.0
FACTS: dict[str, Fact] = {}


def fact(function: Fact) -> Fact:
    FACTS[function.__name__] = function
    return function


class Named(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    price: int = Field(default=0, gt=0)


class Child(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    parent_id: int = Field(foreign_key="named.id")


class Counter(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    value: int = 0


class Moment(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    at: datetime


@contextmanager
def database() -> Generator[Engine]:
    """An empty database in a file of its own, as a kata's service has it."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(
            f"sqlite:///{folder}/app.db", connect_args={"check_same_thread": False}
        )
        SQLModel.metadata.create_all(engine)
        yield engine
        engine.dispose()


def ask(app: FastAPI, *requests: tuple[str, str, Any]) -> list[httpx.Response]:
    """Send requests one after the other; a failing app answers 500, as behind a server."""
    return asyncio.run(_ask(app, requests))


async def _ask(app: FastAPI, requests: tuple[tuple[str, str, Any], ...]) -> list[httpx.Response]:
    async with client(app) as http:
        return [await http.request(method, path, json=body) for method, path, body in requests]


def ask_together(app: FastAPI, paths: list[str]) -> list[int]:
    """Send POST requests at once; gives the statuses in order of size."""

    async def run() -> list[int]:
        async with client(app) as http:
            replies = await asyncio.gather(*(http.post(path) for path in paths))
            return sorted(reply.status_code for reply in replies)

    return asyncio.run(run())


def client(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://app", timeout=PATIENCE_S)


@contextmanager
def served(app: FastAPI, **settings: Any) -> Generator[str]:
    """The app behind uvicorn on a Unix socket, as in a sandbox; gives the socket's path."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/app.sock"
        settings = {"log_config": None, "http": "h11", "lifespan": "off", **settings}
        server = uvicorn.Server(uvicorn.Config(app, uds=path, **settings))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            _wait_for(lambda: server.started)
            yield path
        finally:
            server.should_exit = True
            thread.join()


def _wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.005)


@contextmanager
def logged(name: str, form: str = "%(message)s") -> Generator[StringIO]:
    """What a logger writes meanwhile."""
    text = StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter(form))
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield text
    finally:
        logger.removeHandler(handler)


def refusal(function: Callable[[], object]) -> str:
    """The name of the error that a call raises; `accepted` without one."""
    try:
        function()
    except Exception as error:  # noqa: BLE001 - which error it is, is the fact
        return type(error).__name__
    return "accepted"


# Serving


@fact
def peer_over_a_unix_socket() -> Any:
    app = FastAPI()

    @app.get("/peer")
    def peer(request: Request) -> bool:
        return request.client is None

    with served(app) as path, httpx.Client(transport=httpx.HTTPTransport(uds=path)) as http:
        plain = http.get("http://app/peer")
        forwarded = http.get("http://app/peer", headers={"X-Forwarded-For": "192.0.2.7"})
    return {"plain": plain.json(), "forwarded": forwarded.json()}


@fact
def access_log_of_uvicorn() -> Any:
    app = FastAPI()
    with (
        logged("uvicorn.access") as text,
        served(app, access_log=True) as path,
        httpx.Client(transport=httpx.HTTPTransport(uds=path)) as http,
    ):
        http.get("http://app/report?api_key=in-clear")
    return "api_key=in-clear" in text.getvalue()


@fact
def newline_in_a_logged_value() -> Any:
    with logged("facts.lines", "%(levelname)s %(message)s") as text:
        logging.getLogger("facts.lines").info("order %s", "7\nERROR all is lost")
    return text.getvalue().splitlines()


# Dependencies with yield


def till(engine: Engine, scope: Any) -> FastAPI:
    """A service whose dependency commits after the route has returned."""
    app = FastAPI()

    def session() -> Iterator[Session]:
        with Session(engine, autoflush=False) as session:
            yield session
            session.commit()

    @app.post("/sales/{name}", status_code=201)
    def sell(name: str, session: Annotated[Session, Depends(session, scope=scope)]) -> None:
        session.add(Named(name=name, price=1))

    return app


def sold_twice(scope: Any, mapped: bool = False) -> dict[str, Any]:
    with database() as engine:
        app = till(engine, scope)
        if mapped:

            @app.exception_handler(IntegrityError)
            def conflict(_request: Request, _error: Exception) -> Response:
                return JSONResponse({}, status_code=409)

        replies = ask(app, ("POST", "/sales/r1", None), ("POST", "/sales/r1", None))
        with Session(engine) as session:
            rows = session.exec(select(func.count()).select_from(Named)).one()
    return {"statuses": [reply.status_code for reply in replies], "rows": rows}


@fact
def commit_after_yield() -> Any:
    return sold_twice(None)


@fact
def commit_after_yield_with_function_scope() -> Any:
    return sold_twice("function")


@fact
def commit_after_yield_with_function_scope_and_handler() -> Any:
    return sold_twice("function", mapped=True)


@fact
def connection_after_a_failing_exit() -> Any:
    request = b"POST /sales/r1 HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\n\r\n"
    with (
        database() as engine,
        served(till(engine, None)) as path,
        socket.socket(socket.AF_UNIX) as sender,
    ):
        sender.settimeout(PATIENCE_S)
        sender.connect(path)
        statuses: list[str] = []
        for _ in range(2):
            sender.sendall(request)
            answer = b""
            while not answer.endswith(b"\r\n\r\nnull"):
                answer += sender.recv(4096) or b"\r\n\r\nnull"
            statuses.append(answer[9:12].decode())
        return {"statuses": statuses, "then": "open" if sender.recv(1) else "closed"}


# What comes in and goes out


@fact
def table_model_as_body() -> Any:
    app = FastAPI()

    @app.post("/named")
    def add(body: Named) -> dict[str, Any]:
        return {"id": body.id, "price": getattr(body, "price", None)}

    bodies: list[Any] = [{"name": "a", "price": -5}, {"name": "a", "id": 99, "price": 1}, {"id": 1}]
    return [reply.status_code for reply in ask(app, *(("POST", "/named", b) for b in bodies))]


@fact
def table_model_as_answer() -> Any:
    class Public(BaseModel):
        name: str

    app = FastAPI()

    @app.get("/bare")
    def bare():
        return Named(id=1, name="a", price=7)

    @app.get("/declared", response_model=Public)
    def declared() -> Named:
        return Named(id=1, name="a", price=7)

    @app.get("/past-it", response_model=Public)
    def past_it() -> Response:
        return JSONResponse(Named(id=1, name="a", price=7).model_dump())

    paths = ("bare", "declared", "past-it")
    replies = ask(app, *(("GET", f"/{path}", None) for path in paths))
    return {path: sorted(r.json()) for path, r in zip(paths, replies, strict=True)}


@fact
def refused_body_in_the_answer() -> Any:
    class Login(BaseModel):
        name: str
        password: SecretStr

    app = FastAPI()

    @app.post("/login")
    def login(body: Login) -> str:
        return body.name

    body = {"user": "ann", "password": "open sesame"}
    (reply,) = ask(app, ("POST", "/login", body))
    return {"status": reply.status_code, "password shown": "open sesame" in reply.text}


@fact
def missing_credentials() -> Any:
    schemes = {
        "key": APIKeyHeader(name="X-Key"),
        "bearer": HTTPBearer(),
        "oauth2": OAuth2PasswordBearer(tokenUrl="token"),
    }
    app = FastAPI()
    for name, scheme in schemes.items():
        app.get(f"/{name}", dependencies=[Depends(scheme)])(lambda: None)
    replies = ask(app, *(("GET", f"/{name}", None) for name in schemes))
    return {
        name: [reply.status_code, "www-authenticate" in reply.headers]
        for name, reply in zip(schemes, replies, strict=True)
    }


# Errors


def handling(error: type[Exception]) -> list[int]:
    """Which of a raised 404, an unknown path and a wrong method a handler sees (it says 418)."""
    app = FastAPI()

    def seen(_request: Request, _error: Exception) -> Response:
        return Response(status_code=418)

    app.add_exception_handler(error, seen)

    @app.get("/raised")
    def raised() -> None:
        raise HTTPException(404)

    asked = (("GET", "/raised", None), ("GET", "/nowhere", None), ("POST", "/raised", None))
    return [reply.status_code for reply in ask(app, *asked)]


@fact
def handler_of_fastapis_exception() -> Any:
    return handling(HTTPException)


@fact
def handler_of_starlettes_exception() -> Any:
    return handling(StarletteHTTPException)


@fact
def http_exception_in_a_middleware() -> Any:
    app = FastAPI()

    @app.middleware("http")
    async def refuse(_request: Request, _call_next: RequestResponseEndpoint) -> Response:
        raise HTTPException(403)

    (reply,) = ask(app, ("GET", "/", None))
    return reply.status_code


# Concurrency


def meanwhile(blocking_in_the_loop: bool) -> bool:
    """Whether `/health` is answered while another route waits for it."""
    app = FastAPI()
    asked = threading.Event()

    def wait() -> bool:
        asked.clear()
        return asked.wait(0.2 if blocking_in_the_loop else PATIENCE_S)

    async def wait_in_the_loop() -> bool:
        return wait()

    app.get("/slow")(wait_in_the_loop if blocking_in_the_loop else wait)

    @app.get("/health")
    async def health() -> None:
        asked.set()

    async def run() -> bool:
        async with client(app) as http:
            slow = asyncio.create_task(http.get("/slow"))
            while not slow.done():
                await http.get("/health")
                await asyncio.sleep(0)
            return bool((await slow).json())

    return asyncio.run(run())


@fact
def health_beside_a_blocking_route() -> Any:
    return {"async def": meanwhile(True), "def": meanwhile(False)}


@fact
def max_concurrency_of_a_dependency() -> Any:
    app = FastAPI()
    inside = most = 0

    async def place() -> AsyncIterator[None]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        yield
        inside -= 1

    @app.post("/", dependencies=[Depends(place, max_concurrency=2)])
    async def work() -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    return {"statuses": ask_together(app, ["/"] * 6), "at once": most}


@fact
def read_then_write_counter() -> Any:
    crowd = 4
    together = threading.Barrier(crowd, timeout=PATIENCE_S)
    with database() as engine:
        with Session(engine) as session:
            session.add(Counter(id=1))
            session.commit()
        app = FastAPI()

        @app.post("/count")
        def count() -> None:
            with Session(engine) as session:
                counter = session.get_one(Counter, 1)
                seen = counter.value
                together.wait()
                counter.value = seen + 1
                session.commit()

        statuses = ask_together(app, ["/count"] * crowd)
        with Session(engine) as session:
            return {"statuses": statuses, "counter": session.get_one(Counter, 1).value}


@fact
def check_then_insert() -> Any:
    crowd = 4
    together = threading.Barrier(crowd, timeout=PATIENCE_S)
    with database() as engine:
        app = FastAPI()

        @app.post("/names")
        def add() -> None:
            with Session(engine) as session:
                if session.exec(select(Named).where(Named.name == "ann")).first():
                    raise HTTPException(409)
                together.wait()
                session.add(Named(name="ann", price=1))
                session.commit()

        @app.post("/later")
        def later() -> None:
            with Session(engine) as session:
                if session.exec(select(Named).where(Named.name == "ann")).first():
                    raise HTTPException(409)

        return ask_together(app, ["/names"] * crowd) + ask_together(app, ["/later"])


# Tables


def orphan(enforced: bool) -> str:
    with database() as engine:
        if enforced:

            @event.listens_for(engine, "connect")
            def enforce(connection: Any, _record: ConnectionPoolEntry) -> None:
                connection.execute("PRAGMA foreign_keys = ON")

            engine.dispose()
        with Session(engine) as session:
            session.add(Child(parent_id=404))
            return refusal(session.commit)


@fact
def orphans() -> Any:
    return {"as it comes": orphan(False), "with the pragma": orphan(True)}


@fact
def datetimes() -> Any:
    with database() as engine, Session(engine) as session:
        session.add(Moment(id=1, at=datetime(2026, 1, 1, tzinfo=UTC)))
        session.commit()
        session.expire_all()
        read = session.get_one(Moment, 1).at
        session.add(Moment(id=2, at=datetime(2026, 1, 1)))  # noqa: DTZ001
        return {"naive": refusal(session.commit), "read is aware": read.tzinfo is not None}


@fact
def patterns() -> Any:
    class Written(SQLModel):
        regex: str = Field(default="a", regex="^[a-z]$")
        constrained: Annotated[str, StringConstraints(pattern="^[a-z]$")] = "a"

    def keyword() -> None:
        field: Any = Field
        field(pattern="^[a-z]$")

    def accepted(**values: str) -> bool:
        try:
            Written.model_validate(values)
        except ValidationError:
            return False
        return True

    return {
        "Field(regex=)": "ignored" if accepted(regex="7") else "checked",
        "Field(pattern=)": refusal(keyword),
        "StringConstraints": "ignored" if accepted(constrained="7") else "checked",
    }


# Tokens


def token(key: str = KEY, algorithm: str = "HS256", **claims: Any) -> str:
    return str(jwt.encode(claims, key, algorithm=algorithm))


def read(text: str, key: str | None = KEY, **how: Any) -> str:
    return refusal(lambda: jwt.decode(text, key, **{"algorithms": ["HS256"], **how}))


@fact
def algorithms_of_tokens() -> Any:
    unsigned = str(jwt.encode({"sub": "1"}, None, algorithm="none"))
    return {
        "none named": refusal(lambda: jwt.decode(token(sub="1"), KEY)),
        "unsigned": read(unsigned),
        "unsigned, `none` allowed": read(unsigned, algorithms=["HS256", "none"]),
        "unsigned, `none` allowed, no key": read(unsigned, None, algorithms=["none"]),
        "signed by another key": read(token(KEY[::-1], sub="1")),
        "signed by another key, unverified": read(
            token(KEY[::-1], sub="1"), options={"verify_signature": False}
        ),
    }


@fact
def claims_of_tokens() -> Any:
    plain = token(sub="1")
    foreign = token(sub="1", iss="newsletter")
    addressed = token(sub="1", aud="doors")
    return {
        "no exp": read(plain),
        "no exp, required": read(plain, options={"require": ["exp"]}),
        "expired": read(token(sub="1", exp=1)),
        "iss, none asked for": read(foreign),
        "iss, another asked for": read(foreign, issuer="doors"),
        "no iss, one asked for": read(plain, issuer="doors"),
        "aud, none asked for": read(addressed),
        "aud, another asked for": read(addressed, audience="news"),
        "no aud, one asked for": read(plain, audience="doors"),
        "sub is a number": read(token(sub=1)),
        "not a token": read("a.b"),
    }


@fact
def keys_of_tokens() -> Any:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        short = read(token("changeme", sub="1"), "changeme")
    return {
        "short": short,
        "short, warned of": sorted({warning.category.__name__ for warning in caught}),
        "empty": refusal(lambda: token("", sub="1")),
    }


# Commits


@fact
def failing_commit() -> Any:
    """A listener that raises, as the probes have it (rolled back first) and without that."""
    found: dict[str, Any] = {}
    for how in ("rolled back first", "raised alone"):
        with database() as engine:
            armed = [True]

            @event.listens_for(engine, "commit")
            def fail(connection: Any, how: str = how, armed: list[bool] = armed) -> None:
                if armed and armed.pop():
                    if how == "rolled back first":
                        connection.connection.rollback()
                    raise RuntimeError

            for name in ("first", "second"):
                with Session(engine) as session:
                    session.add(Named(name=name, price=1))
                    refusal(session.commit)
            with Session(engine) as session:
                found[how] = list(session.exec(select(Named.name).order_by(Named.name)))
    return found


def main() -> None:
    logging.getLogger("uvicorn.error").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn.error").propagate = False
    wanted = sys.argv[1:] or list(FACTS)
    seen: dict[str, Any] = {}
    for name in wanted:
        try:
            seen[name] = FACTS[name]()
        except Exception as error:  # noqa: BLE001 - one fact that breaks must not hide the others
            seen[name] = f"{type(error).__name__}: {error}"
    print(json.dumps(seen))  # noqa: T201


if __name__ == "__main__":
    main()
