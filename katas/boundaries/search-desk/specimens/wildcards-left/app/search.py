"""Looks for cars in the stock, for the web pages and for the branches' spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Literal

from sqlmodel import Session, col, select

from app.models import Car

Sort = Literal["added_at", "price", "year", "mileage"]
Order = Literal["asc", "desc"]

COLUMNS = ("id", "make", "model", "year", "mileage", "price", "change")
SORTABLE = {
    "added_at": col(Car.added_at),
    "price": col(Car.price),
    "year": col(Car.year),
    "mileage": col(Car.mileage),
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def find_cars(session: Session, q: str, make: str, sort: Sort, order: Order) -> Sequence[Car]:
    """The cars for sale whose name contains a text, or those of one make.

    Args:
        session: of the request.
        q: what was typed into the search field; all cars if it is empty.
        make: what was chosen in the list of makes; all makes if it is empty.
        sort: the column to sort by.
        order: asc or desc.
    """
    query = select(Car).where(col(Car.sold_at).is_(None))
    if q:
        name = col(Car.make) + " " + col(Car.model)
        query = query.where(name.icontains(q))
    if make:
        query = query.where(Car.make == make)
    column = SORTABLE[sort]
    return session.exec(query.order_by(column.desc() if order == "desc" else column)).all()


def as_csv(cars: Iterable[Car]) -> str:
    """The spreadsheet. Its last column says by how much a price was raised or lowered."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for car in cars:
        names = [as_text(car.make), as_text(car.model)]
        change = car.price - car.first_price
        writer.writerow([car.id, *names, car.year, car.mileage, car.price, change])
    return sheet.getvalue()


def as_text(name: str) -> str:
    """A name as a cell that no spreadsheet program takes for a formula."""
    return f"'{name}" if name.startswith(FORMULA) else name
