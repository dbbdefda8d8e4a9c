"""Looks for cars in the stock, for the web pages and for the branches' spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from fastapi import HTTPException
from sqlmodel import Session, col, select, text

from app.models import Car

COLUMNS = ("id", "make", "model", "year", "mileage", "price", "change")
SORTABLE = {
    ("added_at", "asc"): "added_at",
    ("added_at", "desc"): "added_at DESC",
    ("price", "asc"): "price",
    ("price", "desc"): "price DESC",
    ("year", "asc"): "year",
    ("year", "desc"): "year DESC",
    ("mileage", "asc"): "mileage",
    ("mileage", "desc"): "mileage DESC",
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def find_cars(session: Session, q: str, make: str, sort: str, order: str) -> Sequence[Car]:
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
        for sign in ("\\", "%", "_"):
            q = q.replace(sign, f"\\{sign}")
        like = text(r"make || ' ' || model LIKE :pattern ESCAPE '\'")
        query = query.where(like.bindparams(pattern=f"%{q}%"))
    if make:
        query = query.where(text("make = :make").bindparams(make=make))
    if (sort, order) not in SORTABLE:
        raise HTTPException(400, "The stock cannot be sorted in this way.")
    return session.exec(query.order_by(text(SORTABLE[sort, order]))).all()


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
    name = name.strip()
    return f" {name}" if name.startswith(FORMULA) else name
