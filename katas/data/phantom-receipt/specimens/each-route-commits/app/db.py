"""The shop's database, and a session for each request."""

import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from sqlmodel import Session, create_engine

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


def get_session() -> Iterator[Session]:
    """One session for a request. What a route has not committed itself never happened.

    Code behind the yield runs after the response is sent: too late for a commit.
    """
    with Session(engine, expire_on_commit=False) as session:
        yield session


Db = Annotated[Session, Depends(get_session)]
