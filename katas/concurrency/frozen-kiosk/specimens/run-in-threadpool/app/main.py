"""The hub of a parcel hall: its kiosks take parcels in and print their labels."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from weakref import WeakValueDictionary

from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import SQLModel

from app import labels, outside
from app.labels import Parcel, ParcelIn, ParcelOut, Rate, Receipt, State

ZPL = "application/zpl"
PATIENCE_S = 3

_printing: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(labels.engine)
    yield


app = FastAPI(title="Parcel hall", lifespan=lifespan)


def tariff() -> list[Rate]:
    try:
        return labels.read_tariff()
    except outside.OutsideError:
        raise HTTPException(503, "There are no prices at the moment.") from None


def existing(parcel_id: int) -> Parcel:
    parcel = labels.find(parcel_id)
    if parcel is None:
        raise HTTPException(404, "There is no such parcel.")
    return parcel


async def new_label(parcel: Parcel) -> bytes:
    try:
        return await run_in_threadpool(
            outside.label, parcel.id, parcel.zone, parcel.weight_g, PATIENCE_S
        )
    except outside.OutsideError:
        raise HTTPException(502, "The label service made no label.") from None


@app.get("/health")
async def health() -> dict[str, str]:
    """Asked by the balancer every second. It needs no thread, for those may all be waiting."""
    return {"status": "ok"}


@app.post("/parcels", status_code=201, response_model=ParcelOut)
def take_in(body: ParcelIn, rates: Annotated[list[Rate], Depends(tariff)]) -> Parcel:
    """Weigh a parcel in. The price is the one of this moment."""
    return labels.add(body, labels.price_of(body, rates))


@app.get("/parcels", response_model=list[ParcelOut])
def list_parcels(state: State | None = None) -> list[Parcel]:
    return labels.find_all(state)


@app.get("/parcels/{parcel_id}", response_model=ParcelOut)
def read_parcel(parcel_id: int) -> Parcel:
    return existing(parcel_id)


@app.post("/parcels/{parcel_id}/label", status_code=201, response_class=Response)
async def print_label(parcel_id: int) -> Response:
    """The label of a parcel. It is made once; whoever asks again gets the same one."""
    turn = _printing.setdefault(parcel_id, asyncio.Lock())
    async with turn:
        parcel = await run_in_threadpool(existing, parcel_id)
        if parcel.label is not None:
            return Response(parcel.label, 200, media_type=ZPL)
        made = await new_label(parcel)
        await run_in_threadpool(labels.keep_label, parcel, made)
    return Response(made, 201, media_type=ZPL)


@app.get("/parcels/{parcel_id}/receipt", response_model=Receipt)
def receipt(parcel_id: int) -> Receipt:
    """The signed receipt, once the parcel has its label."""
    parcel = existing(parcel_id)
    if parcel.label is None:
        raise HTTPException(409, "This parcel has no label yet.")
    text = f"{parcel.id}:{parcel.zone}:{parcel.weight_g}:{parcel.price_cents}"
    return Receipt(parcel=parcel_id, price_cents=parcel.price_cents, signature=outside.sign(text))


@app.post("/parcels/{parcel_id}/collected", response_model=ParcelOut)
def collect(parcel_id: int) -> Parcel:
    """The courier has taken the parcel along."""
    parcel = existing(parcel_id)
    if parcel.state != "labelled":
        raise HTTPException(409, "Only a labelled parcel is collected, and once.")
    return labels.hand_over(parcel)
