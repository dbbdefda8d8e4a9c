"""Tables, and what goes in and out over HTTP."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import StringConstraints
from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel, UniqueConstraint

State = Literal["held", "paid", "cancelled"]
SeatName = Annotated[str, StringConstraints(pattern=r"^[A-Z][1-9]\d?$")]


class Show(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    title: str
    cheap_left: int


class Booking(SQLModel, table=True):
    """A numbered seat of one show, held for a customer or paid.

    A seat is in one held or paid row at most. A hold that has run out keeps its row until
    somebody asks for the seat; then it is cancelled.
    """

    __table_args__ = (
        Index(
            "one_booking_per_seat",
            "show_id",
            "seat",
            unique=True,
            sqlite_where=text("state IN ('held', 'paid')"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    show_id: int = Field(foreign_key="show.id", index=True)
    seat: str
    customer: str
    price: int
    state: str = "held"
    held_until: datetime | None = None


class CheapTicket(SQLModel, table=True):
    """A standing place in the gallery: paid at once, without a number."""

    __table_args__ = (UniqueConstraint("show_id", "customer"),)

    id: int | None = Field(default=None, primary_key=True)
    show_id: int = Field(foreign_key="show.id")
    customer: str
    price: int


class ShowIn(SQLModel):
    title: str = Field(min_length=1, max_length=120)
    cheap: int = Field(default=0, ge=0, le=500, description="Cheap tickets of this show")


class ShowOut(SQLModel):
    id: int
    title: str
    cheap_left: int


class SeatIn(SQLModel):
    seat: SeatName = Field(description="Row and number, such as A7")


class SeatOut(SQLModel):
    seat: str
    state: State


class BookingOut(SQLModel):
    id: int
    show_id: int
    seat: str
    customer: str
    price: int = Field(description="In cents, as quoted when the seat was held")
    state: State
    held_until: datetime | None


class CheapTicketOut(SQLModel):
    id: int
    show_id: int
    customer: str
    price: int
