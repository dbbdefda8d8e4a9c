"""Looks for cars in the stock, for the web pages and for the branches' spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.models import Car, Order, Wanted

COLUMNS = ("id", "make", "model", "year", "mileage", "price", "change")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def find_cars(session: Session, wanted: Wanted) -> Sequence[Car]:
    """The cars for sale whose name contains a text, or those of one make."""
    query = select(Car).where(col(Car.sold_at).is_(None))
    if wanted.q:
        name = func.lower(Car.make + " " + Car.model)
        query = query.where(func.instr(name, func.lower(wanted.q)) > 0)
    if wanted.make:
        query = query.where(Car.make == wanted.make)
    column = col(getattr(Car, wanted.sort))
    return session.exec(query.order_by(column.desc() if wanted.order is Order.DESC else column)).all()


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
