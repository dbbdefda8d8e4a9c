"""HTTP for the box office. A gateway in front of us signs people in and sets X-User."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request, status
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from app import booking
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

url = os.environ.get("DATABASE_URL", "sqlite:///./app.db")
engine = create_async_engine(url.replace("sqlite://", "sqlite+aiosqlite://", 1))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(title="Harbour Theatre box office", lifespan=lifespan)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


Database = Annotated[AsyncSession, Depends(get_session)]
User = Annotated[str, Header(alias="X-User", min_length=1, max_length=64)]


@app.exception_handler(booking.NotFound)
async def not_found(request: Request, error: booking.NotFound) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status.HTTP_404_NOT_FOUND)


@app.exception_handler(booking.Refused)
async def refused(request: Request, error: booking.Refused) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status.HTTP_409_CONFLICT)


@app.post("/shows", status_code=201, response_model=ShowOut)
async def add_show(body: ShowIn, session: Database) -> Show:
    show = Show(title=body.title, cheap_left=body.cheap)
    session.add(show)
    await session.commit()
    return show


@app.get("/shows/{show_id}", response_model=ShowOut)
async def read_show(show_id: int, session: Database) -> Show:
    return await booking.get_show(session, show_id)


@app.get("/shows/{show_id}/seats", response_model=list[SeatOut])
async def read_seats(show_id: int, session: Database) -> list[Booking]:
    """The seats that are held or paid; every other seat is for sale."""
    return await booking.seat_plan(session, show_id)


@app.post("/shows/{show_id}/holds", status_code=201, response_model=BookingOut)
async def hold_seat(show_id: int, body: SeatIn, session: Database, user: User) -> Booking:
    """Hold a seat for ten minutes."""
    return await booking.hold_seat(session, show_id, body.seat, user)


@app.post("/shows/{show_id}/till", status_code=201, response_model=BookingOut)
async def sell_at_till(show_id: int, body: SeatIn, session: Database, user: User) -> Booking:
    """Sell a seat at the counter; X-User is the till."""
    return await booking.sell_at_till(session, show_id, body.seat, user)


@app.post("/shows/{show_id}/cheap", status_code=201, response_model=CheapTicketOut)
async def sell_cheap(show_id: int, session: Database, user: User) -> CheapTicket:
    """Buy a cheap ticket: a standing place in the gallery."""
    return await booking.sell_cheap(session, show_id, user)


@app.get("/bookings/{booking_id}", response_model=BookingOut)
async def read_booking(booking_id: int, session: Database, user: User) -> Booking:
    return await booking.get_booking(session, booking_id, user)


@app.post("/bookings/{booking_id}/pay", response_model=BookingOut)
async def pay(booking_id: int, session: Database, user: User) -> Booking:
    """Pay for a seat while the hold lasts."""
    return await booking.pay(session, booking_id, user)


@app.delete("/bookings/{booking_id}", status_code=204)
async def cancel(booking_id: int, session: Database, user: User) -> None:
    """Give a seat back; it is for sale again."""
    await booking.cancel(session, booking_id, user)
