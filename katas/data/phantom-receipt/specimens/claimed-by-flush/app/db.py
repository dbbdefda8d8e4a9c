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
    """One session, one transaction for a request, so that no route forgets to commit.

    An exception, a refusal for one, takes everything back.
    """
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


# With scope="function" the commit comes before the response, and a failed one becomes a 5xx.
Db = Annotated[Session, Depends(get_session, scope="function")]
