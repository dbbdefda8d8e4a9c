"""The database."""

import os
from collections.abc import Iterator

from sqlmodel import Session, create_engine

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False, "timeout": 20},
)


def get_session() -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session


def writing() -> Iterator[Session]:
    """A session that alone writes: it checks a rule, asks a partner, and stores, in one go.

    What isn't committed is undone.
    """
    with Session(engine, expire_on_commit=False) as session:
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")
        yield session
