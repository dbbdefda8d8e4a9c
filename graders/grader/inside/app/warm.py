"""Imports and exercises what every kata needs, before a submission comes (304 -> 209 ms)."""

import asyncio
import gc
import importlib
from typing import Any

MODULES = (
    "asyncio sqlite3 json threading importlib.util concurrent.futures fastapi fastapi.routing"
    " fastapi.openapi.utils fastapi.openapi.docs fastapi.security fastapi.sse pydantic sqlalchemy"
    " sqlalchemy.dialects.sqlite sqlalchemy.dialects.sqlite.pysqlite sqlalchemy.pool sqlmodel"
    " jwt pydantic_settings"
    " uvicorn uvicorn.protocols.http.h11_impl uvicorn.lifespan.on uvicorn.loops.asyncio"
    " kintsugi_outside grader.inside.app.probes grader.inside.app.child grader.inside.app.copier"
)


def warm() -> None:
    """Import everything, run a throw-away app, and freeze what is there."""
    for name in MODULES.split():
        importlib.import_module(name)
    asyncio.run(_exercise())
    gc.collect()
    gc.freeze()


async def _exercise() -> None:
    from fastapi import FastAPI
    from sqlalchemy.orm import registry
    from sqlalchemy.pool import StaticPool
    from sqlmodel import Field, Session, SQLModel, create_engine, select

    class Base(SQLModel, registry=registry()):
        pass

    class Row(Base, table=True):
        id: int | None = Field(default=None, primary_key=True)
        name: str

    class Body(SQLModel):
        name: str = Field(min_length=1)

    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    Base.metadata.create_all(engine)
    app = FastAPI()

    def write(number: int, body: Body, limit: int = 1) -> dict[str, int]:
        with Session(engine) as session:
            row = Row(name=body.name)
            session.add(row)
            session.commit()
            session.refresh(row)
            session.exec(select(Row).limit(limit)).all()
            session.delete(row)
            session.commit()
        return {"number": number}

    app.post("/rows/{number}", status_code=201)(write)
    for method, path, body in (
        ("POST", "/rows/1", b'{"name": "x"}'),
        ("POST", "/rows/1", b'{"name": ""}'),
        ("GET", "/openapi.json", b""),
    ):
        await _ask(app, method, path, body)
    engine.dispose()


async def _ask(app: Any, method: str, path: str, body: bytes) -> None:
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return pending.pop() if pending else {"type": "http.disconnect"}

    async def send(_: dict[str, Any]) -> None:
        return None

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"content-type", b"application/json")],
        "server": ("app", 80),
        "client": None,
    }
    await app(scope, receive, send)
