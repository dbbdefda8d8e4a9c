"""Doors and members of a co-working hub."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from fastapi import FastAPI, HTTPException
from sqlmodel import Session, SQLModel, col, select

from app.db import Db, engine
from app.models import (
    ZONES,
    Door,
    DoorIn,
    Entry,
    Link,
    Member,
    MemberIn,
    MemberPatch,
    TokenIn,
    TokenOut,
    Zone,
)
from app.security import (
    SESSION,
    Caller,
    Me,
    issue_confirmation,
    issue_session,
    member_to_confirm,
)

Row = TypeVar("Row", bound=SQLModel)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Hub doors", lifespan=lifespan)


def existing(session: Session, model: type[Row], id: int) -> Row:
    row = session.get(model, id)
    if row is None:
        raise HTTPException(404, f"There is no such {model.__name__.lower()}.")
    return row


def stored(session: Session, row: Row) -> Row:
    session.add(row)
    session.commit()
    session.refresh(row)
    return row


# For the tools of the front desk; the gateway lets nobody else through


@app.post("/members", status_code=201)
def add_member(body: MemberIn, session: Db) -> Member:
    return stored(session, Member(**body.model_dump()))


@app.patch("/members/{member_id}")
def change_member(member_id: int, body: MemberPatch, session: Db) -> Member:
    """Change the plan, suspend a member or lift a suspension."""
    member = existing(session, Member, member_id)
    for name, value in body.model_dump(exclude_none=True).items():
        setattr(member, name, value)
    return stored(session, member)


@app.delete("/members/{member_id}", status_code=204)
def remove_member(member_id: int, session: Db) -> None:
    """A member leaves. The entries stay, for the last bill."""
    session.delete(existing(session, Member, member_id))
    session.commit()


@app.post("/members/{member_id}/confirmation", status_code=201)
def confirmation_link(member_id: int, session: Db) -> Link:
    """What the front desk mails to a member, to confirm the address."""
    member = existing(session, Member, member_id)
    return Link(token=issue_confirmation(member))


@app.post("/doors", status_code=201)
def add_door(body: DoorIn, session: Db) -> Door:
    return stored(session, Door(**body.model_dump()))


@app.get("/entries")
def list_entries(session: Db, door_id: int | None = None) -> Sequence[Entry]:
    query = select(Entry).order_by(col(Entry.id))
    if door_id is not None:
        query = query.where(Entry.door_id == door_id)
    return session.exec(query).all()


# For the login service, which has checked who asks


@app.post("/tokens", status_code=201)
def sign_in(body: TokenIn, session: Db) -> TokenOut:
    member = existing(session, Member, body.member_id)
    if member.suspended:
        raise HTTPException(403, "Your membership is suspended.")
    return TokenOut(access_token=issue_session(member), expires_in=int(SESSION.total_seconds()))


def allowed(me: Caller) -> set[Zone]:
    return ZONES[me.plan] if me.plan else set()


# For members: the app, and the page behind a confirmation link


@app.post("/confirmations", status_code=204)
def confirm_email(body: Link, session: Db) -> None:
    member = member_to_confirm(session, body.token)
    if member is None:
        raise HTTPException(400, "This link is not valid.")
    member.email_confirmed = True
    stored(session, member)


@app.get("/me")
def read_me(me: Me) -> Caller:
    return me


@app.get("/doors")
def my_doors(session: Db, me: Me) -> Sequence[Door]:
    """The doors that the app shows: those of one's plan."""
    query = select(Door).where(col(Door.zone).in_(allowed(me))).order_by(col(Door.id))
    return session.exec(query).all()


@app.post("/doors/{door_id}/open")
def open_door(door_id: int, session: Db, me: Me) -> Entry:
    """Called by a lock, with the token that a phone has shown to it."""
    door = existing(session, Door, door_id)
    if door.zone not in allowed(me):
        raise HTTPException(403, "This door is not part of your plan.")
    return stored(session, Entry(door_id=door_id, member_id=me.id))
