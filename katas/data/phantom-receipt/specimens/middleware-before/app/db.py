"""The shop's database, and a session for each request."""

import os
from typing import Annotated

from fastapi import Depends, Request
from sqlmodel import Session, create_engine

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


def get_session(request: Request) -> Session:
    """The request's session; the middleware commits it."""
    return request.state.session


Db = Annotated[Session, Depends(get_session)]
