"""Tables of the parcel lockers, and what goes over the wire."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints
from sqlmodel import Field, SQLModel

Pin = Annotated[str, StringConstraints(pattern=r"^\d{4,6}$")]


class State(StrEnum):
    """The way of a parcel: a box is kept for it, it lies there, it has been taken out."""

    RESERVED = "reserved"
    DEPOSITED = "deposited"
    COLLECTED = "collected"


class Partner(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    key_digest: str = Field(index=True, unique=True)


class Locker(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    place: str
    boxes: int


class Parcel(SQLModel, table=True):
    """One box of a locker, kept for one parcel until it is collected."""

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id")
    locker_id: int = Field(foreign_key="locker.id", index=True)
    box: int
    pin: str = Field(repr=False)
    state: State = State.RESERVED
    wrong_pins: int = 0
    locked_until: float = 0.0  # seconds since the epoch


class PartnerIn(SQLModel):
    name: str = Field(min_length=1, max_length=60)


class PartnerOut(SQLModel):
    id: int
    name: str
    key: str


class LockerIn(SQLModel):
    place: str = Field(min_length=1, max_length=120)
    boxes: int = Field(ge=1, le=200)


class LockerOut(SQLModel):
    id: int
    place: str
    boxes: int


class ParcelIn(SQLModel):
    pin: Pin = Field(description="Four to six digits, which the receiver types in")


class PinIn(SQLModel):
    pin: Pin


class ParcelOut(SQLModel):
    id: int
    locker_id: int
    box: int
    state: State
