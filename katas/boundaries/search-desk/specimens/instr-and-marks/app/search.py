"""Looks for cars in the stock, for the web pages and for the branches' spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastapi import HTTPException
from sqlalchemy import func
from sqlmodel import Session, col, select

from app.models import Car

COLUMNS = ("id", "make", "model", "year", "mileage", "price", "change")
SORTABLE = {"added_at": Car.added_at, "price": Car.price, "year": Car.year, "mileage": Car.mileage}
DIRECTIONS = ("asc", "desc")
LONGEST_Q = 80


@dataclass(frozen=True)
class Wanted:
    """What a buyer or a branch is looking for."""

    q: str
    make: str
    sort: str
    order: str


def wanted(q: str = "", make: str = "", sort: str = "added_at", order: str = "desc") -> Wanted:
    """A dependency: the parameters of a search, checked."""
    if len(q) > LONGEST_Q:
        raise HTTPException(400, f"q holds {LONGEST_Q} characters at most.")
    if sort not in SORTABLE:
        raise HTTPException(400, f"sort is one of {', '.join(SORTABLE)}.")
    if order not in DIRECTIONS:
        raise HTTPException(400, "order is asc or desc.")
    return Wanted(q, make, sort, order)


def find_cars(session: Session, search: Wanted) -> Sequence[Car]:
    """The cars for sale that match."""
    query = select(Car).where(col(Car.sold_at).is_(None))
    if search.q:
        # SQLite's lower() knows a to z only, on both sides; instr() knows no wildcards.
        name = func.lower(col(Car.make).concat(" ").concat(col(Car.model)))
        query = query.where(func.instr(name, func.lower(search.q)) > 0)
    if search.make:
        query = query.where(col(Car.make) == search.make)
    column, number = col(SORTABLE[search.sort]), col(Car.id)
    if search.order == "asc":
        return session.exec(query.order_by(column.asc(), number.asc())).all()
    return session.exec(query.order_by(column.desc(), number.desc())).all()


def as_text(name: str) -> str:
    """A cell that no spreadsheet takes for a formula, whatever it begins with."""
    return name if name[:1].isalnum() else "'" + name


def as_csv(cars: Iterable[Car]) -> str:
    """The spreadsheet. Its last column says by how much a price was raised or lowered."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(COLUMNS)
    for car in cars:
        writer.writerow(
            [
                car.id,
                as_text(car.make),
                as_text(car.model),
                car.year,
                car.mileage,
                car.price,
                car.price - car.first_price,
            ]
        )
    return sheet.getvalue()
