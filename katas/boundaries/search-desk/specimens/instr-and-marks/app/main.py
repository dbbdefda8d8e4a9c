"""The stock of a used-car dealer: buyers search it, the branches download it."""

import logging
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Path, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel, col, create_engine, select, update

from app.models import Car, CarIn, CarOut, PriceIn, now
from app.search import Wanted, as_csv, find_cars, wanted

logger = logging.getLogger("search-desk")

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
    hide_parameters=True,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Search desk", lifespan=lifespan)


@app.exception_handler(SQLAlchemyError)
def database_failed(request: Request, error: SQLAlchemyError) -> JSONResponse:
    """The log gets the details, nobody else does."""
    logger.error("database failed", exc_info=error)
    return JSONResponse({"detail": "Something went wrong. Please try later."}, status_code=503)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(get_session)]
Search = Annotated[Wanted, Depends(wanted)]
CarId = Annotated[int, Path(ge=-(2**63), lt=2**63)]


def update_unsold(session: Session, car_id: int, **values: Any) -> Car:
    """Changes a car in one statement, so that a car sold meanwhile stays as it is."""
    statement = update(Car).where(col(Car.id) == car_id, col(Car.sold_at).is_(None))
    changed = session.execute(statement.values(**values)).rowcount
    car = session.exec(select(Car).where(Car.id == car_id)).one_or_none()
    if car is None:
        raise HTTPException(404, "There is no such car.")
    if not changed:
        raise HTTPException(409, "This car is sold already.")
    session.commit()
    return car


@app.get("/cars", response_model=list[CarOut])
def list_cars(session: Db, search: Search) -> Sequence[Car]:
    """The cars for sale, the newest first."""
    return find_cars(session, search)


@app.get("/cars.csv")
def export_cars(session: Db, search: Search) -> Response:
    """The same list as a spreadsheet."""
    return Response(as_csv(find_cars(session, search)), media_type="text/csv")


@app.get("/cars/{car_id}", response_model=CarOut)
def read_car(car_id: CarId, session: Db) -> Car:
    car = session.exec(select(Car).where(Car.id == car_id, col(Car.sold_at).is_(None))).first()
    if car is None:
        raise HTTPException(404, "There is no such car.")
    return car


@app.post("/cars", status_code=201, response_model=CarOut)
def add_car(body: CarIn, session: Db) -> Car:
    """Called by the office, like the two below; the gateway lets nobody else through."""
    car = Car(**body.model_dump(), first_price=body.price)
    session.add(car)
    session.commit()
    session.refresh(car)
    return car


@app.patch("/cars/{car_id}", response_model=CarOut)
def change_price(car_id: CarId, body: PriceIn, session: Db) -> Car:
    return update_unsold(session, car_id, price=body.price)


@app.post("/cars/{car_id}/sale", status_code=204)
def sell_car(car_id: CarId, session: Db) -> None:
    update_unsold(session, car_id, sold_at=now())
