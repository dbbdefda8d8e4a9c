"""Looks for cars in the stock, for the web pages and for the branches' spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select, text

from app.models import Car

COLUMNS = ("id", "make", "model", "year", "mileage", "price", "change")


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
        words = q.replace("'", "''")
        query = query.where(text(f"make || ' ' || model LIKE '%{words}%'"))
    if make:
        query = query.where(text(f"make = '{make}'"))
    return session.exec(query.order_by(text(f"{sort} {order}"))).all()


def as_csv(cars: Iterable[Car]) -> str:
    """The spreadsheet. Its last column says by how much a price was raised or lowered."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for car in cars:
        change = car.price - car.first_price
        writer.writerow([car.id, car.make, car.model, car.year, car.mileage, car.price, change])
    return sheet.getvalue()
