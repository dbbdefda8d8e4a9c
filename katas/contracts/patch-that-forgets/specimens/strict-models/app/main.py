"""The members' register of a gym, for the desk and for the app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select, update

from app.db import AtDesk, Db, TheMember, desk_only, engine
from app.models import Correction, Member, MemberOut, Preferences, SignUp, TopUp


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Gym members", lifespan=lifespan)


@app.exception_handler(IntegrityError)
def email_taken(request: Request, error: IntegrityError) -> JSONResponse:
    """The one constraint that a checked request can still violate is that of the e-mail."""
    return JSONResponse({"detail": "This e-mail address belongs to another member."}, 409)


def stored(session: Session, member: Member, values: dict[str, object]) -> Member:
    for field, value in values.items():
        setattr(member, field, value)
    session.add(member)
    session.commit()
    session.refresh(member)
    return member


@app.post("/members", status_code=201, response_model=MemberOut)
def add_member(body: SignUp, session: Db) -> Member:
    """Sign up. Everybody starts as a member, with a little credit."""
    return stored(session, Member(), body.sent())


@app.get("/members/{member_id}", response_model=MemberOut)
def read_member(member: TheMember) -> Member:
    return member


@app.patch("/members/{member_id}", response_model=MemberOut)
def update_member(member: TheMember, body: Correction, session: Db, desk: AtDesk) -> Member:
    """Correct a record. The desk also decides who is staff."""
    changes = body.sent()
    if "role" in changes and not desk:
        raise HTTPException(403, "The desk decides who is staff.")
    return stored(session, member, changes)


@app.patch("/members/{member_id}/preferences", response_model=MemberOut)
def update_preferences(member: TheMember, body: Preferences, session: Db) -> Member:
    """Choose a trainer, a locker, the newsletter."""
    return stored(session, member, body.sent())


@app.post(
    "/members/{member_id}/credit", response_model=MemberOut, dependencies=[Depends(desk_only)]
)
def top_up(member: TheMember, body: TopUp, session: Db) -> Member:
    """Pay in at the desk."""
    more = update(Member).where(col(Member.id) == member.id)
    session.exec(more.values(credit_cents=Member.credit_cents + body.cents))
    session.commit()
    session.refresh(member)
    return member


@app.get("/members", response_model=list[MemberOut], dependencies=[Depends(desk_only)])
def find_members(session: Db, name: str = "") -> list[Member]:
    """The desk's search: members whose name contains these letters."""
    query = select(Member).where(col(Member.name).contains(name, autoescape=True))
    return list(session.exec(query.order_by(col(Member.name))))
