"""What the routes depend on: a session, and who is asking."""

import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlmodel import Session, create_engine, select

from app.models import User

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(get_session)]


def current_user(session: Db, x_user: Annotated[str | None, Header()] = None) -> User:
    """Who is asking. The gateway checks the sign-in and sets `X-User`."""
    user = session.exec(select(User).where(User.name == x_user)).first()
    if user is None:
        raise HTTPException(401, "Please sign in.")
    return user


Me = Annotated[User, Depends(current_user)]
