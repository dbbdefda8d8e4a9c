"""Parcels of this hall, their prices, and their labels."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
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


def keep_label(parcel_id: int, label: bytes) -> None:
    with Session(engine) as session:
        parcel = session.get_one(Parcel, parcel_id)
        parcel.label, parcel.state = label, "labelled"
        session.commit()


def hand_over(parcel_id: int) -> Parcel | None:
    """The parcel, or nothing if it isn't there to be taken (any more)."""
    with Session(engine, expire_on_commit=False) as session:
        result = session.exec(
            update(Parcel)
            .where(col(Parcel.id) == parcel_id)
            .where(col(Parcel.state) == "labelled")
            .values(state="collected")
        )
        session.commit()
        return session.get(Parcel, parcel_id) if result.rowcount else None


class PrintDesk:
    """Lets the label service make labels: for each parcel one job at a time, and one label."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._running: dict[int, asyncio.Task[bytes]] = {}
        self._threads = ThreadPoolExecutor(8, "desk")

    async def label_of(self, parcel_id: int) -> tuple[bytes, bool]:
        """The label, and whether it was made for this caller.

        Raises:
            OutsideError: the label service made none.
            TimeoutError: it didn't answer in time.
        """
        job = self._running.get(parcel_id)
        first = job is None
        if job is None:
            job = asyncio.create_task(self._make(parcel_id))
            self._running[parcel_id] = job
            job.add_done_callback(lambda done: self._ended(parcel_id, done))
        return await asyncio.shield(job), first

    async def _make(self, parcel_id: int) -> bytes:
        loop = asyncio.get_running_loop()
        parcel = await loop.run_in_executor(self._threads, find, parcel_id)
        assert parcel is not None  # nobody deletes parcels
        if parcel.label is not None:
            return parcel.label
        call = outside.label_async(parcel_id, parcel.zone, parcel.weight_g)
        label = await asyncio.wait_for(call, self._patience)
        await loop.run_in_executor(self._threads, keep_label, parcel_id, label)
        return label

    def _ended(self, parcel_id: int, job: asyncio.Task[bytes]) -> None:
        del self._running[parcel_id]
        if not job.cancelled():
            job.exception()  # told to those who wait, if any still do


def _store(parcel: Parcel) -> Parcel:
    with Session(engine, expire_on_commit=False) as session:
        session.add(parcel)
        session.commit()
        session.refresh(parcel)
        return parcel
