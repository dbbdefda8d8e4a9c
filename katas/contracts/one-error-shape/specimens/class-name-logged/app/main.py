"""HTTP for the parcel lockers. Partners sign in with their key as a bearer token."""

import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import Session, SQLModel, create_engine

from app import errors, service
from app.errors import Code, Refusal, documented
from app.models import (
    Locker,
    LockerIn,
    LockerOut,
    Parcel,
    ParcelIn,
    ParcelOut,
    Partner,
    PartnerIn,
    PartnerOut,
    PinIn,
)

logging.basicConfig(level=logging.INFO)
engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield
    engine.dispose()


app = FastAPI(title="Parcel lockers", lifespan=lifespan)
errors.install(app)
bearer = HTTPBearer(auto_error=False)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(get_session)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def current_partner(session: Db, given: Credentials) -> Partner:
    partner = service.partner_with(session, given.credentials) if given else None
    if partner is None:
        challenge = {"WWW-Authenticate": "Bearer"}
        raise Refusal(Code.KEY_UNKNOWN, "Please send a valid key.", challenge)
    return partner


Me = Annotated[Partner, Depends(current_partner)]


def own_parcel(parcel_id: int, session: Db, me: Me) -> Parcel:
    return service.find(session, me, parcel_id)


Mine = Annotated[Parcel, Depends(own_parcel)]


@app.post("/partners", status_code=201, response_model=PartnerOut, responses=documented())
def sign_up(body: PartnerIn, session: Db) -> PartnerOut:
    """Called by the office; the gateway lets nobody else through."""
    partner, key = service.sign_up(session, body.name)
    return PartnerOut(**partner.model_dump(), key=key)


@app.post("/lockers", status_code=201, response_model=LockerOut, responses=documented())
def set_up_locker(body: LockerIn, session: Db) -> Locker:
    """Called by the office; the gateway lets nobody else through."""
    return service.set_up(session, body)


@app.post(
    "/lockers/{locker_id}/parcels",
    status_code=201,
    response_model=ParcelOut,
    responses=documented(Code.KEY_UNKNOWN, Code.LOCKER_UNKNOWN, Code.LOCKER_FULL),
)
def reserve_box(locker_id: int, body: ParcelIn, session: Db, me: Me) -> Parcel:
    return service.reserve(session, me, locker_id, body.pin)


@app.get(
    "/parcels/{parcel_id}",
    response_model=ParcelOut,
    responses=documented(Code.KEY_UNKNOWN, Code.PARCEL_UNKNOWN),
)
def read_parcel(parcel: Mine) -> Parcel:
    return parcel


@app.post(
    "/parcels/{parcel_id}/deposit",
    response_model=ParcelOut,
    responses=documented(Code.KEY_UNKNOWN, Code.PARCEL_UNKNOWN, Code.PARCEL_STATE),
)
def deposit_parcel(parcel: Mine, session: Db) -> Parcel:
    """The courier has put the parcel into its box and closed the door."""
    return service.deposit(session, parcel)


@app.post(
    "/parcels/{parcel_id}/collect",
    response_model=ParcelOut,
    responses=documented(
        Code.KEY_UNKNOWN, Code.PIN_WRONG, Code.PARCEL_UNKNOWN, Code.PARCEL_STATE, Code.BOX_LOCKED
    ),
)
def collect_parcel(parcel_id: int, body: PinIn, session: Db, me: Me) -> Parcel:
    """The receiver typed in a PIN; the door opens if we answer 200."""
    return service.collect(session, service.find(session, me, parcel_id), body.pin)
