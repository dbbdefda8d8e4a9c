"""The connection to the database, and what requests share."""

import os
import secrets
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlmodel import Session, create_engine

from app.models import Member

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)

# Without the variable, nobody is the desk.
DESK_TOKEN = os.environ.get("DESK_TOKEN") or secrets.token_urlsafe()


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def at_desk(x_desk_token: Annotated[str, Header()] = "") -> bool:
    """Whether the desk is asking. Its program sends `X-Desk-Token`, the app does not."""
    return secrets.compare_digest(x_desk_token.encode(), DESK_TOKEN.encode())


def desk_only(desk: Annotated[bool, Depends(at_desk)]) -> None:
    if not desk:
        raise HTTPException(403, "This is done at the desk.")


Db = Annotated[Session, Depends(get_session)]
AtDesk = Annotated[bool, Depends(at_desk)]


def member_of_path(member_id: int, session: Db) -> Member:
    member = session.get(Member, member_id)
    if member is None:
        raise HTTPException(404, "There is no such member.")
    return member


TheMember = Annotated[Member, Depends(member_of_path)]
