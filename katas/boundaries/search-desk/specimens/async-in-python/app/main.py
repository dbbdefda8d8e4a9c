"""The stock of a used-car dealer: buyers search it, the branches download it."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Response
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlmodel import SQLModel

from app.models import Car, CarIn, CarOut, PriceIn, now
from app.search import Wanted, sheet_of

url = os.environ.get("DATABASE_URL", "sqlite:///./app.db")
engine = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:", 1))
sessions = async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(title="Search desk", lifespan=lifespan)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Db = Annotated[AsyncSession, Depends(get_session)]


async def car_for_sale(session: Db, car_id: int) -> Car:
    car = await session.get(Car, car_id)
    if car is None or car.sold_at is not None:
        raise HTTPException(404, "There is no such car.")
    return car


async def car_to_change(session: Db, car_id: int) -> Car:
    """The office is told when a car is sold already."""
    car = await session.get(Car, car_id)
    if car is None:
        raise HTTPException(404, "There is no such car.")
    if car.sold_at is not None:
        raise HTTPException(409, "This car is sold already.")
    return car


@app.get("/cars", response_model=list[CarOut])
async def list_cars(session: Db, wanted: Wanted) -> Sequence[Car]:
    """The cars for sale, the newest first."""
    return await wanted.run(session)


@app.get("/cars.csv")
async def export_cars(session: Db, wanted: Wanted) -> Response:
    """The same list as a spreadsheet."""
    return Response(sheet_of(await wanted.run(session)), media_type="text/csv")


@app.get("/cars/{car_id}", response_model=CarOut)
async def read_car(car: Annotated[Car, Depends(car_for_sale)]) -> Car:
    return car


@app.post("/cars", status_code=201, response_model=CarOut)
async def add_car(body: CarIn, session: Db) -> Car:
    """Called by the office, like the two below; the gateway lets nobody else through."""
    car = Car(**body.model_dump(), first_price=body.price)
    session.add(car)
    await session.commit()
    return car


@app.patch("/cars/{car_id}", response_model=CarOut)
async def change_price(
    car: Annotated[Car, Depends(car_to_change)], body: PriceIn, session: Db
) -> Car:
    car.price = body.price
    await session.commit()
    return car


@app.post("/cars/{car_id}/sale", status_code=204)
async def sell_car(car: Annotated[Car, Depends(car_to_change)], session: Db) -> None:
    car.sold_at = now()
    await session.commit()
