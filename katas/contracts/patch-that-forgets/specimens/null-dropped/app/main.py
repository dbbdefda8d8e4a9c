"""The members' register of a gym, for the desk and for the app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

from app.db import AtDesk, Db, desk_only, engine
from app.models import Member, MemberIn, MemberPatch, Preferences, TopUp


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


def free_email(session: Session, email: str, member_id: int | None = None) -> str:
    """The address as it is stored, unless another member has it."""
    email = email.lower()
    owner = session.exec(select(Member).where(Member.email == email)).first()
    if owner is not None and owner.id != member_id:
        raise HTTPException(409, "This e-mail address belongs to another member.")
    return email


def saved(session: Session, member: Member) -> Member:
    session.add(member)
    try:
        session.commit()
    except IntegrityError:  # the same address came twice at the same moment
        session.rollback()
        raise HTTPException(409, "This e-mail address belongs to another member.") from None
    session.refresh(member)
    return member


@app.post("/members", status_code=201)
def add_member(body: MemberIn, session: Db) -> Member:
    """Sign up. Everybody starts as a member, with a little credit."""
    body.email = free_email(session, body.email)
    return saved(session, Member(**body.model_dump()))


@app.get("/members/{member_id}")
def read_member(member_id: int, session: Db) -> Member:
    return existing(session, member_id)


@app.patch("/members/{member_id}")
def update_member(member_id: int, body: MemberPatch, session: Db, desk: AtDesk) -> Member:
    """Correct a record. The desk also decides who is staff."""
    member = existing(session, member_id)
    changes = body.model_dump(exclude_none=True)
    if "role" in changes and not desk:
        raise HTTPException(403, "The desk decides who is staff.")
    if changes.get("email"):
        changes["email"] = free_email(session, changes["email"], member_id)
    member.sqlmodel_update(changes)
    return saved(session, member)


@app.patch("/members/{member_id}/preferences")
def update_preferences(member_id: int, body: Preferences, session: Db) -> Member:
    """Choose a trainer, a locker, the newsletter."""
    member = existing(session, member_id)
    member.sqlmodel_update(body.model_dump(exclude_unset=True))
    return saved(session, member)


@app.post("/members/{member_id}/credit", dependencies=[Depends(desk_only)])
def top_up(member_id: int, body: TopUp, session: Db) -> Member:
    """Pay in at the desk."""
    member = existing(session, member_id)
    member.credit_cents = col(Member.credit_cents) + body.cents  # added by the database
    return saved(session, member)


@app.get("/members", dependencies=[Depends(desk_only)])
def find_members(session: Db, name: str = "") -> list[Member]:
    """The desk's search: members whose name contains these letters."""
    query = select(Member).where(col(Member.name).contains(name, autoescape=True))
    return list(session.exec(query.order_by(col(Member.name))))
