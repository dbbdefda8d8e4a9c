"""The hub of a parcel hall: its kiosks take parcels in and print their labels.

Nothing may hold up the event loop, and nobody may hold up the others:

- `/health` and the label service, which may hang, work on the loop and need no thread;
- the shared drive and the signing module, which may be slow, have threads of their own;
- the routes that only ask the database are plain functions, in FastAPI's threads.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Response
from sqlmodel import SQLModel

from app import labels, outside
from app.labels import Parcel, ParcelIn, ParcelOut, PrintDesk, Rate, Receipt, State

ZPL = "application/zpl"
drive_threads = ThreadPoolExecutor(64, "drive")
signing_threads = ThreadPoolExecutor(32, "signing")
desk = PrintDesk(patience=2.5)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(labels.engine)
    yield


app = FastAPI(title="Parcel hall", lifespan=lifespan)


async def tariff() -> list[Rate]:
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(drive_threads, labels.read_tariff)
    except outside.OutsideError:
        raise HTTPException(503, "There are no prices at the moment.") from None


def existing(parcel_id: int) -> Parcel:
    parcel = labels.find(parcel_id)
    if parcel is None:
        raise HTTPException(404, "There is no such parcel.")
    return parcel


Existing = Annotated[Parcel, Depends(existing)]


@app.get("/health")
async def health() -> dict[str, str]:
    """Asked by the balancer every second."""
    return {"status": "ok"}


@app.get("/parcels", response_model=list[ParcelOut])
def list_parcels(state: State | None = None) -> list[Parcel]:
    return labels.find_all(state)


@app.post("/parcels", status_code=201, response_model=ParcelOut)
def take_in(body: ParcelIn, rates: Annotated[list[Rate], Depends(tariff)]) -> Parcel:
    """Weigh a parcel in. The price is the one of this moment."""
    return labels.add(body, labels.price_of(body, rates))


@app.get("/parcels/{parcel_id}", response_model=ParcelOut)
def read_parcel(parcel: Existing) -> Parcel:
    return parcel


@app.post("/parcels/{parcel_id}/label", status_code=201, response_class=Response)
async def print_label(parcel_id: int, parcel: Existing) -> Response:
    """The label of a parcel. It is made once; whoever asks again gets the same one."""
    if parcel.label is not None:
        return Response(parcel.label, 200, media_type=ZPL)
    try:
        label, new = await desk.label_of(parcel_id)
    except TimeoutError:
        raise HTTPException(503, "The label service takes too long. Try again.") from None
    except outside.OutsideError:
        raise HTTPException(502, "The label service made no label.") from None
    return Response(label, 201 if new else 200, media_type=ZPL)


@app.get("/parcels/{parcel_id}/receipt", response_model=Receipt)
async def receipt(parcel: Existing) -> Receipt:
    """The signed receipt, once the parcel has its label."""
    if parcel.label is None:
        raise HTTPException(409, "This parcel has no label yet.")
    text = f"{parcel.id}:{parcel.zone}:{parcel.weight_g}:{parcel.price_cents}"
    loop = asyncio.get_running_loop()
    signature = await loop.run_in_executor(signing_threads, outside.sign, text)
    return Receipt(parcel=parcel.id, price_cents=parcel.price_cents, signature=signature)


@app.post("/parcels/{parcel_id}/collected", response_model=ParcelOut)
def collect(parcel_id: int, parcel: Existing) -> Parcel:
    """The courier has taken the parcel along."""
    collected = labels.hand_over(parcel_id)
    if collected is None:
        raise HTTPException(409, "Only a labelled parcel is collected, and once.")
    return collected
