"""Looks for cars in the stock, for the web pages and for the branches' spreadsheet."""

import csv
import io
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, HTTPException
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.models import Car

COLUMNS = ("id", "make", "model", "year", "mileage", "price", "change")
SORTS = {"added_at", "price", "year", "mileage"}
LONGEST = 200


class Search:
    """What a visitor wants to see, and in which order."""

    def __init__(
        self, q: str = "", make: str = "", sort: str = "added_at", order: str = "desc"
    ) -> None:
        if len(q) > LONGEST:
            raise HTTPException(422, "This text is too long.")
        if sort not in SORTS or order not in ("asc", "desc"):
            raise HTTPException(422, "The stock cannot be sorted in this way.")
        self.q, self.make, self.sort, self.descending = q.lower(), make, sort, order == "desc"

    async def run(self, session: AsyncSession) -> Sequence[Car]:
        """The stock is a few hundred cars: it is filtered and sorted here."""
        stock = (await session.scalars(select(Car).where(col(Car.sold_at).is_(None)))).all()
        found = [car for car in stock if self.matches(car)]
        return sorted(found, key=lambda car: getattr(car, self.sort), reverse=self.descending)

    def matches(self, car: Car) -> bool:
        named = self.q in f"{car.make} {car.model}".lower()
        return named and self.make in ("", car.make)


Wanted = Annotated[Search, Depends()]


def sheet_of(cars: Sequence[Car]) -> str:
    """The spreadsheet. Its last column says by how much a price was raised or lowered."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(COLUMNS)
    for car in cars:
        row = [car.id, car.make, car.model, car.year, car.mileage, car.price]
        writer.writerow([cell(value) for value in [*row, car.price - car.first_price]])
    return sheet.getvalue()


def cell(value: object) -> object:
    """Texts that a spreadsheet would read as a formula get an apostrophe."""
    if isinstance(value, str) and value.lstrip().startswith(("=", "+", "-", "@")):
        return "'" + value
    return value
