"""The stock of a used-car dealer: buyers search it, the branches download it."""

import logging
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel, col, create_engine, update

from app.models import Car, CarIn, CarOut, PriceIn, now
from app.search import as_csv, find_cars

log = logging.getLogger(__name__)

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Search desk", lifespan=lifespan)


@app.exception_handler(SQLAlchemyError)
def database_failed(request: Request, error: SQLAlchemyError) -> JSONResponse:
    log.error("The database failed at %s %s.", request.method, request.url.path, exc_info=error)
    return JSONResponse({"detail": "The database failed."}, status_code=500)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(get_session)]
Words = Annotated[str, Query(max_length=80)]
Sort = Literal["added_at", "price", "year", "mileage"]
Direction = Literal["asc", "desc"]
LARGEST_ID = 2**63 - 1


def car_for_sale(session: Session, car_id: int) -> Car:
    car = session.get(Car, car_id) if abs(car_id) <= LARGEST_ID else None
    if car is None or car.sold_at is not None:
        raise HTTPException(404, "There is no such car.")
    return car


def car_to_change(session: Session, car_id: int) -> Car:
    """The office is told when a car is sold already."""
    car = session.get(Car, car_id) if abs(car_id) <= LARGEST_ID else None
    if car is None:
        raise HTTPException(404, "There is no such car.")
    if car.sold_at is not None:
        raise HTTPException(409, "This car is sold already.")
    return car


def change_unsold(session: Session, car_id: int, **values: object) -> Car:
    """Change a car unless it is sold, by somebody else at this very moment, too."""
    car = car_to_change(session, car_id)
    unsold = update(Car).where(col(Car.id) == car_id, col(Car.sold_at).is_(None))
    if session.exec(unsold.values(**values)).rowcount == 0:
        raise HTTPException(409, "This car is sold already.")
    session.commit()
    return car


@app.get("/cars", response_model=list[CarOut])
def list_cars(
    session: Db, q: Words = "", make: str = "", sort: Sort = "added_at", order: Direction = "desc"
) -> Sequence[Car]:
    """The cars for sale, the newest first."""
    return find_cars(session, q, make, sort, order)


@app.get("/cars.csv")
def export_cars(
    session: Db, q: Words = "", make: str = "", sort: Sort = "added_at", order: Direction = "desc"
) -> Response:
    """The same list as a spreadsheet."""
    sheet = as_csv(find_cars(session, q, make, sort, order))
    return Response(sheet, media_type="text/csv")


@app.get("/cars/{car_id}", response_model=CarOut)
def read_car(car_id: int, session: Db) -> Car:
    return car_for_sale(session, car_id)


@app.post("/cars", status_code=201, response_model=CarOut)
def add_car(body: CarIn, session: Db) -> Car:
    """Called by the office, like the two below; the gateway lets nobody else through."""
    car = Car(**body.model_dump(), first_price=body.price)
    session.add(car)
    session.commit()
    session.refresh(car)
    return car


@app.patch("/cars/{car_id}", response_model=CarOut)
def change_price(car_id: int, body: PriceIn, session: Db) -> Car:
    return change_unsold(session, car_id, price=body.price)


@app.post("/cars/{car_id}/sale", status_code=204)
def sell_car(car_id: int, session: Db) -> None:
    change_unsold(session, car_id, sold_at=now())
