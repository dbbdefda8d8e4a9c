"""Tables and sessions. The reporting team owns this file; it is not yours to change."""

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import JSON, Field, Session, SQLModel, create_engine

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)

REGIONS = {"coast": "Coast and islands", "hills": "Hill country", "plain": "River plain"}


class Alert(SQLModel, table=True):
    """A warning for one region. `ends_at` is empty while nobody knows how long it will last."""

    id: int | None = Field(default=None, primary_key=True)
    source: str
    region: str = Field(index=True)
    kind: str
    severity: str
    headline: str
    starts_at: datetime
    ends_at: datetime | None = None
    measures: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    withdrawn: bool = False


class Subscription(SQLModel, table=True):
    """Where a partner wants to be told of a region's alerts; `secret` signs what we send."""

    id: int | None = Field(default=None, primary_key=True)
    partner: str = Field(index=True)
    region: str
    callback: str
    secret: str


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session
