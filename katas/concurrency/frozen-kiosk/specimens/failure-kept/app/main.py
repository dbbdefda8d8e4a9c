"""The hub of a parcel hall: its kiosks take parcels in and print their labels."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import Depends, FastAPI, HTTPException, Response
from sqlmodel import SQLModel

from app import labels, outside
from app.labels import Parcel, ParcelIn, ParcelOut, Rate, Receipt, State

ZPL = "application/zpl"
LABEL_SECONDS = 2.3  # a kiosk gives up after three

# Threads of their own, so that a slow neighbour takes none from the others.
database = CapacityLimiter(12)
share = CapacityLimiter(60)
signing = CapacityLimiter(20)

jobs: dict[int, asyncio.Task[bytes]] = {}
"""The labels that are being made at this moment."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(labels.engine)
    yield
    await asyncio.gather(*jobs.values(), return_exceptions=True)


app = FastAPI(title="Parcel hall", lifespan=lifespan)


async def in_thread(limiter: CapacityLimiter, work: Callable[..., Any], *args: object) -> Any:
    return await anyio.to_thread.run_sync(partial(work, *args), limiter=limiter)


async def tariff() -> list[Rate]:
    try:
        return await in_thread(share, labels.read_tariff)
    except outside.OutsideError:
        raise HTTPException(503, "There are no prices at the moment.") from None


async def existing(parcel_id: int) -> Parcel:
    parcel = await in_thread(database, labels.find, parcel_id)
    if parcel is None:
        raise HTTPException(404, "There is no such parcel.")
    return parcel


@app.get("/health")
async def health() -> dict[str, str]:
    """Asked by the balancer every second."""
    return {"status": "ok"}


@app.post("/parcels", status_code=201, response_model=ParcelOut)
async def take_in(body: ParcelIn, rates: Annotated[list[Rate], Depends(tariff)]) -> Parcel:
    """Weigh a parcel in. The price is the one of this moment."""
    return await in_thread(database, labels.add, body, labels.price_of(body, rates))


@app.get("/parcels", response_model=list[ParcelOut])
async def list_parcels(state: State | None = None) -> list[Parcel]:
    return await in_thread(database, labels.find_all, state)


@app.get("/parcels/{parcel_id}", response_model=ParcelOut)
async def read_parcel(parcel_id: int) -> Parcel:
    return await existing(parcel_id)


@app.post("/parcels/{parcel_id}/label", status_code=201, response_class=Response)
async def print_label(parcel_id: int) -> Response:
    """The label of a parcel. It is made once; whoever asks again gets the same one."""
    parcel = await existing(parcel_id)
    if parcel.label is not None:
        return Response(parcel.label, 200, media_type=ZPL)
    job = jobs.get(parcel_id)
    if job is None:
        job = jobs[parcel_id] = asyncio.create_task(make_label(parcel_id))
        job.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        # A kiosk that hangs up does not end the job that others may be waiting for.
        made = await asyncio.shield(job)
    except TimeoutError:
        raise HTTPException(504, "The label service did not answer in time.") from None
    except outside.OutsideError:
        raise HTTPException(502, "The label service made no label.") from None
    return Response(made, 201, media_type=ZPL)


async def make_label(parcel_id: int) -> bytes:
    """The one job of a parcel. A label that is made is kept, whoever still waits for it."""
    parcel = await existing(parcel_id)
    if parcel.label is not None:  # the job before this one has just ended
        return parcel.label
    async with asyncio.timeout(LABEL_SECONDS):
        made = await outside.label_async(parcel_id, parcel.zone, parcel.weight_g)
    await in_thread(database, labels.keep_label, parcel_id, made)
    del jobs[parcel_id]
    return made


@app.get("/parcels/{parcel_id}/receipt", response_model=Receipt)
async def receipt(parcel_id: int) -> Receipt:
    """The signed receipt, once the parcel has its label."""
    parcel = await existing(parcel_id)
    if parcel.label is None:
        raise HTTPException(409, "This parcel has no label yet.")
    text = f"{parcel.id}:{parcel.zone}:{parcel.weight_g}:{parcel.price_cents}"
    signature = await in_thread(signing, outside.sign, text)
    return Receipt(parcel=parcel_id, price_cents=parcel.price_cents, signature=signature)


@app.post("/parcels/{parcel_id}/collected", response_model=ParcelOut)
async def collect(parcel_id: int) -> Parcel:
    """The courier has taken the parcel along."""
    await existing(parcel_id)
    if not await in_thread(database, labels.hand_over, parcel_id):
        raise HTTPException(409, "Only a labelled parcel is collected, and once.")
    return await existing(parcel_id)
