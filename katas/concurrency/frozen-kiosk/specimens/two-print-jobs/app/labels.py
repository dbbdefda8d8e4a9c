"""Parcels of this hall, their prices, and their labels."""

import os
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field
from sqlmodel import Field as Column
from sqlmodel import Session, SQLModel, col, create_engine, select, update

from app import outside

Zone = Literal["city", "land"]
State = Literal["accepted", "labelled", "collected"]

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


class Parcel(SQLModel, table=True):
    id: int | None = Column(default=None, primary_key=True)
    zone: str
    weight_g: int
    price_cents: int
    state: str = "accepted"
    label: bytes | None = None


class ParcelIn(BaseModel):
    zone: Zone
    weight_g: int = Field(ge=1, le=10_000)


class ParcelOut(BaseModel):
    id: int
    zone: Zone
    weight_g: int
    price_cents: int
    state: State


class Receipt(BaseModel):
    parcel: int
    price_cents: int
    signature: str


class Rate(NamedTuple):
    zone: str
    up_to_g: int
    cents: int


def read_tariff() -> list[Rate]:
    """The tariff on the share. Head office replaces the file whenever a price changes."""
    lines = outside.read_share("tariff.csv").split()[1:]
    return [
        Rate(zone, int(up_to), int(cents)) for zone, up_to, cents in (x.split(",") for x in lines)
    ]


def price_of(parcel: ParcelIn, tariff: list[Rate]) -> int:
    """The lowest rate of the zone that covers the weight."""
    covering = (r for r in tariff if r.zone == parcel.zone and r.up_to_g >= parcel.weight_g)
    return min(covering, key=lambda rate: rate.up_to_g).cents


def add(body: ParcelIn, price_cents: int) -> Parcel:
    return _store(Parcel(**body.model_dump(), price_cents=price_cents))


def find(parcel_id: int) -> Parcel | None:
    with Session(engine) as session:
        return session.get(Parcel, parcel_id)


def find_all(state: State | None) -> list[Parcel]:
    query = select(Parcel).order_by(col(Parcel.id))
    if state is not None:
        query = query.where(Parcel.state == state)
    with Session(engine) as session:
        return list(session.exec(query))


def keep_label(parcel_id: int, label: bytes) -> bytes:
    """The label that the parcel has now: the first one that was made for it."""
    if _change(parcel_id, "accepted", label=label, state="labelled"):
        return label
    parcel = find(parcel_id)
    assert parcel is not None and parcel.label is not None
    return parcel.label


def hand_over(parcel_id: int) -> bool:
    """Whether it was this call that handed the parcel over."""
    return _change(parcel_id, "labelled", state="collected")


def _change(parcel_id: int, before: State, **values: object) -> bool:
    """Change a parcel, if it is still in that state: of two at the same moment, one does it."""
    query = update(Parcel).where(col(Parcel.id) == parcel_id, col(Parcel.state) == before)
    with Session(engine) as session:
        changed = session.exec(query.values(**values)).rowcount == 1
        session.commit()
        return changed


def _store(parcel: Parcel) -> Parcel:
    with Session(engine, expire_on_commit=False) as session:
        session.add(parcel)
        session.commit()
        session.refresh(parcel)
        return parcel
