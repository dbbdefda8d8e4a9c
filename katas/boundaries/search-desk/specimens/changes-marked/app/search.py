"""Looks for cars in the stock, for the web pages and for the branches' spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from app.models import Car

COLUMNS = ("id", "make", "model", "year", "mileage", "price", "change")
SORTS = {
    "added_at": col(Car.added_at),
    "price": col(Car.price),
    "year": col(Car.year),
    "mileage": col(Car.mileage),
}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


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
        name = col(Car.make) + " " + col(Car.model)
        query = query.where(name.icontains(q, autoescape=True))
    if make:
        query = query.where(col(Car.make) == make)
    by = [SORTS[sort], col(Car.id)]
    return session.exec(query.order_by(*(c.desc() if order == "desc" else c.asc() for c in by))).all()


def harmless(value: object) -> str:
    """With an apostrophe before it, a spreadsheet shows a formula instead of running it."""
    cell = str(value)
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell


def as_csv(cars: Iterable[Car]) -> str:
    """The spreadsheet. Its last column says by how much a price was raised or lowered."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for car in cars:
        change = car.price - car.first_price
        row = [car.id, car.make, car.model, car.year, car.mileage, car.price, change]
        writer.writerow([harmless(cell) for cell in row])
    return sheet.getvalue()
