"""The members' register of a gym, for the desk and for the app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from app.db import AtDesk, Db, desk_only, engine
from app.models import Correction, Member, Preferences, SignUp, TopUp


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Gym members", lifespan=lifespan)


def existing(session: Session, member_id: int) -> Member:
    member = session.get(Member, member_id)
    if member is None:
        raise HTTPException(404, "There is no such member.")
    return member


def taken() -> HTTPException:
    return HTTPException(409, "This e-mail address belongs to another member.")


def saved(session: Session, member: Member) -> Member:
    session.add(member)
    session.commit()
    session.refresh(member)
    return member


def changed(session: Session, member_id: int, values: dict[str, Any]) -> Member:
    """Write the sent columns. The unique index decides about e-mail addresses."""
    if values:
        try:
            session.execute(update(Member).where(col(Member.id) == member_id).values(**values))
            session.commit()
        except IntegrityError:
            raise taken() from None
    return existing(session, member_id)


@app.post("/members", status_code=201)
def add_member(body: SignUp, session: Db) -> Member:
    """Sign up. Everybody starts as a member, with a little credit."""
    try:
        return saved(session, Member(**body.model_dump()))
    except IntegrityError:
        raise taken() from None


@app.get("/members/{member_id}")
def read_member(member_id: int, session: Db) -> Member:
    return existing(session, member_id)


@app.patch("/members/{member_id}")
def update_member(member_id: int, body: Correction, session: Db, desk: AtDesk) -> Member:
    """Correct a record. The desk also decides who is staff."""
    existing(session, member_id)
    if body.role is not None and not desk:
        raise HTTPException(403, "Who is staff is decided at the desk.")
    return changed(session, member_id, body.model_dump(exclude_unset=True))


@app.patch("/members/{member_id}/preferences")
def update_preferences(member_id: int, body: Preferences, session: Db) -> Member:
    """Choose a trainer, a locker, the newsletter."""
    existing(session, member_id)
    return changed(session, member_id, body.model_dump(exclude_unset=True))


@app.post("/members/{member_id}/credit", dependencies=[Depends(desk_only)])
def top_up(member_id: int, body: TopUp, session: Db) -> Member:
    """Pay in at the desk."""
    member = existing(session, member_id)
    member.credit_cents += body.cents
    return saved(session, member)


@app.get("/members", dependencies=[Depends(desk_only)])
def find_members(session: Db, name: str = "") -> list[Member]:
    """The desk's search: members whose name contains these letters."""
    query = select(Member).where(col(Member.name).contains(name, autoescape=True))
    return list(session.exec(query.order_by(col(Member.name))))
