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
    """One session and one transaction for a request, committed before the answer is sent."""
    with Session(engine) as session:
        yield session
        session.commit()


Db = Annotated[Session, Depends(get_session, scope="function")]
