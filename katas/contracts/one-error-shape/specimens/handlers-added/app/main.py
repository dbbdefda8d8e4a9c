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
from app.errors import refusal
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
    State,
)

logging.basicConfig(level=logging.INFO)
engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
    hide_parameters=True,  # there are PINs among them, and errors are logged
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield
    engine.dispose()


app = FastAPI(title="Parcel lockers", lifespan=lifespan, responses=errors.PROBLEM_RESPONSES)
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
        raise refusal(401, "KEY_UNKNOWN", "Please send a valid key.", challenge)
    return partner


Me = Annotated[Partner, Depends(current_partner)]


@app.post("/partners", status_code=201, response_model=PartnerOut)
def sign_up(body: PartnerIn, session: Db) -> PartnerOut:
    """Called by the office; the gateway lets nobody else through."""
    partner, key = service.sign_up(session, body.name)
    return PartnerOut(**partner.model_dump(), key=key)


@app.post("/lockers", status_code=201, response_model=LockerOut)
def set_up_locker(body: LockerIn, session: Db) -> Locker:
    """Called by the office; the gateway lets nobody else through."""
    return service.set_up(session, body)


@app.post("/lockers/{locker_id}/parcels", status_code=201, response_model=ParcelOut)
def reserve_box(locker_id: int, body: ParcelIn, session: Db, me: Me) -> Parcel:
    return service.reserve(session, me, locker_id, body.pin)


@app.get("/parcels/{parcel_id}", response_model=ParcelOut)
def read_parcel(parcel_id: int, session: Db, me: Me) -> Parcel:
    return service.find(session, me, parcel_id)


@app.post("/parcels/{parcel_id}/deposit", response_model=ParcelOut)
def deposit_parcel(parcel_id: int, session: Db, me: Me) -> Parcel:
    """The courier has put the parcel into its box and closed the door."""
    parcel = service.find(session, me, parcel_id)
    if parcel.state != State.RESERVED:
        raise refusal(409, "PARCEL_STATE", "The parcel has been deposited already.")
    return service.deposit(session, parcel)


@app.post("/parcels/{parcel_id}/collect", response_model=ParcelOut)
def collect_parcel(parcel_id: int, body: PinIn, session: Db, me: Me) -> Parcel:
    """The receiver typed in a PIN; the door opens if we answer 200."""
    parcel = service.find(session, me, parcel_id)
    return service.collect(session, parcel, body.pin)
