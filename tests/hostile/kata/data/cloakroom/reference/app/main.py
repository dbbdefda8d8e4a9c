"""The cloakroom: coats are handed in, looked up and sent home."""

import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException
from sqlmodel import Field, Session, SQLModel, create_engine

from .outside import courier

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


class NewCoat(SQLModel):
    words: str


class Coat(NewCoat, table=True):
    id: int | None = Field(default=None, primary_key=True)
    owner: str
    parcel: int | None = None


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Cloakroom", lifespan=lifespan)


def open_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Database = Annotated[Session, Depends(open_session)]
User = Annotated[str, Header(alias="X-User")]


def find(session: Session, coat_id: int, user: str) -> Coat:
    coat = session.get(Coat, coat_id)
    if coat is None or coat.owner != user:
        raise HTTPException(404)
    return coat


@app.post("/coats", status_code=201)
def hand_in(body: NewCoat, session: Database, user: User) -> Coat:
    coat = Coat(words=body.words, owner=user)
    session.add(coat)
    session.commit()
    session.refresh(coat)
    return coat


@app.get("/coats/{coat_id}")
def look_up(coat_id: int, session: Database, user: User) -> Coat:
    return find(session, coat_id, user)


@app.post("/coats/{coat_id}/parcels", status_code=201)
def send_home(coat_id: int, session: Database, user: User) -> Coat:
    coat = find(session, coat_id, user)
    if coat.parcel is not None:
        raise HTTPException(409, "This coat is on its way already.")
    coat.parcel = courier(coat_id)
    session.add(coat)
    session.commit()
    session.refresh(coat)
    return coat
