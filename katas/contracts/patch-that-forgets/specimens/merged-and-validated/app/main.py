"""The members' register of a gym, for the desk and for the app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Body, Depends, FastAPI, HTTPException
from pydantic import ValidationError
from sqlmodel import Session, SQLModel, col, select

from app.db import AtDesk, Db, desk_only, engine
from app.models import CHANGEABLE, PREFERENCES, Member, MemberCreate, MemberRecord, TopUp


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


Sent = Annotated[dict[str, Any], Body()]

app = FastAPI(title="Gym members", lifespan=lifespan)


def existing(session: Session, member_id: int) -> Member:
    member = session.get(Member, member_id)
    if member is None:
        raise HTTPException(404, "There is no such member.")
    return member


def require_free(session: Session, email: str, member_id: int | None = None) -> None:
    """An address has one owner.

    Raises:
        HTTPException: 409, another member has it.
    """
    owner = session.exec(select(Member).where(Member.email == email)).first()
    if owner is not None and owner.id != member_id:
        raise HTTPException(409, "This e-mail address belongs to another member.")


def saved(session: Session, member: Member) -> Member:
    session.add(member)
    session.commit()
    session.refresh(member)
    return member


@app.post("/members", status_code=201)
def add_member(body: MemberCreate, session: Db) -> Member:
    """Sign up. Everybody starts as a member, with a little credit."""
    require_free(session, body.email)
    return saved(session, Member(**body.model_dump()))


@app.get("/members/{member_id}")
def read_member(member_id: int, session: Db) -> Member:
    return existing(session, member_id)


def change(session: Session, member: Member, sent: Sent, allowed: set[str]) -> Member:
    """Validate the record as it would be, then copy what was sent."""
    if unknown := sent.keys() - allowed:
        raise HTTPException(422, f"Not to be changed here: {', '.join(sorted(unknown))}.")
    current = member.model_dump(include=set(MemberRecord.model_fields))
    try:
        merged = MemberRecord.model_validate({**current, **sent})
    except ValidationError as error:
        raise HTTPException(422, error.errors(include_context=False, include_input=False)) from None
    require_free(session, merged.email, member.id)
    for field in sent:
        setattr(member, field, getattr(merged, field))
    return saved(session, member)


@app.patch("/members/{member_id}")
def update_member(member_id: int, sent: Sent, session: Db, desk: AtDesk) -> Member:
    """Correct a record. The desk also decides who is staff."""
    member = existing(session, member_id)
    return change(session, member, sent, CHANGEABLE if desk else CHANGEABLE - {"role"})


@app.patch("/members/{member_id}/preferences")
def update_preferences(member_id: int, sent: Sent, session: Db) -> Member:
    """Choose a trainer, a locker, the newsletter."""
    return change(session, existing(session, member_id), sent, PREFERENCES)


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
