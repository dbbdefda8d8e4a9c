"""The members' register of a gym, for the desk and for the app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, HTTPException
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
def add_member(body: SignUp, session: Db) -> Member:
    """Sign up. Everybody starts as a member, with a little credit."""
    require_free(session, body.email)
    return saved(session, Member(**body.model_dump()))


@app.get("/members/{member_id}")
def read_member(member_id: int, session: Db) -> Member:
    return existing(session, member_id)


@app.patch("/members/{member_id}")
def update_member(member_id: int, body: Correction, session: Db, desk: AtDesk) -> Member:
    """Correct a record. The desk also decides who is staff."""
    member = existing(session, member_id)
    if body.role is not None and not desk:
        raise HTTPException(403, "Who is staff is decided at the desk.")
    if body.email is not None:
        require_free(session, body.email, member_id)
    member.sqlmodel_update(body.model_dump(exclude_unset=True))
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
    member.credit_cents += body.cents
    return saved(session, member)


@app.get("/members", dependencies=[Depends(desk_only)])
def find_members(session: Db, name: str = "") -> list[Member]:
    """The desk's search: members whose name contains these letters."""
    query = select(Member).where(col(Member.name).contains(name, autoescape=True))
    return list(session.exec(query.order_by(col(Member.name))))
