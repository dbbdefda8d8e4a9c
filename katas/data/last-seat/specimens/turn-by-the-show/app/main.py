"""HTTP for the box office. A gateway in front of us signs people in and sets X-User."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request, status
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlmodel import Session, SQLModel, create_engine

from app import booking, outside
from app.models import (
    Booking,
    BookingOut,
    CheapTicket,
    CheapTicketOut,
    SeatIn,
    SeatOut,
    Show,
    ShowIn,
    ShowOut,
)

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False, "timeout": 30},
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield
    engine.dispose()


app = FastAPI(title="Harbour Theatre box office", lifespan=lifespan)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Database = Annotated[Session, Depends(get_session)]
User = Annotated[str, Header(alias="X-User", min_length=1, max_length=64)]


@app.exception_handler(booking.NotFound)
def not_found(request: Request, error: booking.NotFound) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status.HTTP_404_NOT_FOUND)


@app.exception_handler(booking.Refused)
def refused(request: Request, error: booking.Refused) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status.HTTP_409_CONFLICT)


@app.post("/shows", status_code=201, response_model=ShowOut)
def add_show(body: ShowIn, session: Database) -> Show:
    show = Show(title=body.title, cheap_left=body.cheap)
    session.add(show)
    session.commit()
    session.refresh(show)
    return show


@app.get("/shows/{show_id}", response_model=ShowOut)
def read_show(show_id: int, session: Database) -> Show:
    return booking.get_show(session, show_id)


@app.get("/shows/{show_id}/seats", response_model=list[SeatOut])
def read_seats(show_id: int, session: Database) -> list[Booking]:
    """The seats that are held or paid; every other seat is for sale."""
    return booking.seat_plan(session, show_id)


@app.post("/shows/{show_id}/holds", status_code=201, response_model=BookingOut)
async def hold_seat(show_id: int, body: SeatIn, session: Database, user: User) -> Booking:
    """Hold a seat for ten minutes."""
    await run_in_threadpool(booking.may_hold, session, show_id, body.seat, user)
    price = await outside.price_async(show_id, body.seat)
    return await run_in_threadpool(booking.hold, session, show_id, body.seat, user, price)


@app.post("/shows/{show_id}/till", status_code=201, response_model=BookingOut)
async def sell_at_till(show_id: int, body: SeatIn, session: Database, user: User) -> Booking:
    """Sell a seat at the counter; X-User is the till."""
    await run_in_threadpool(booking.may_sell, session, show_id, body.seat)
    price = await outside.price_async(show_id, body.seat)
    return await run_in_threadpool(booking.sell, session, show_id, body.seat, user, price)


@app.post("/shows/{show_id}/cheap", status_code=201, response_model=CheapTicketOut)
async def sell_cheap(show_id: int, session: Database, user: User) -> CheapTicket:
    """Buy a cheap ticket: a standing place in the gallery."""
    await run_in_threadpool(booking.may_buy_cheap, session, show_id, user)
    price = await outside.price_async(show_id, booking.CHEAP)
    return await run_in_threadpool(booking.sell_cheap, session, show_id, user, price)


@app.get("/bookings/{booking_id}", response_model=BookingOut)
def read_booking(booking_id: int, session: Database, user: User) -> Booking:
    return booking.get_booking(session, booking_id, user)


@app.post("/bookings/{booking_id}/pay", response_model=BookingOut)
def pay(booking_id: int, session: Database, user: User) -> Booking:
    """Pay for a seat while the hold lasts."""
    return booking.pay(session, booking_id, user)


@app.delete("/bookings/{booking_id}", status_code=204)
def cancel(booking_id: int, session: Database, user: User) -> None:
    """Give a seat back; it is for sale again."""
    booking.cancel(session, booking_id, user)
