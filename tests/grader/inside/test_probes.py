"""What the probes count in a real app process."""

import json

import pytest
from app_side import Side

pytestmark = pytest.mark.sandbox
HEAD = """
import asyncio

import kintsugi_outside
from fastapi import FastAPI
from grader.inside.app.probes import Probes
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import create_engine

app = FastAPI()
probes = Probes()
probes.install()
SQL = text("select value from json_each('[1, 2, 3, 4, 5, 6, 7]')")
"""
SYNC = """
def ask():
    with create_engine("sqlite://").connect() as connection:
        for _ in range(2):
            connection.execute(SQL).all()
        connection.execute(SQL).first()


ask()
kintsugi_outside.request_id.set("mine")
ask()
print("seen", probes.as_json().decode())
"""
ASYNC = """
async def ask():
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        await connection.execute(SQL)


kintsugi_outside.request_id.set("mine")
asyncio.run(ask())
print("seen", probes.as_json().decode())
"""


@pytest.mark.parametrize(("code", "statements", "rows"), [(SYNC, 3, 15), (ASYNC, 1, 7)])
def test_statements_and_rows_are_counted_for_their_request(
    side: Side, code: str, statements: int, rows: int
) -> None:
    app = side(HEAD + code)
    assert app.start()["ok"] is True
    line = next(line for line in app.log().splitlines() if line.startswith("seen "))
    seen = json.loads(line.removeprefix("seen "))
    assert {rid: len(many) for rid, many in seen["sql"].items()} == {"mine": statements}
    assert seen["rows"] == {"mine": rows}
