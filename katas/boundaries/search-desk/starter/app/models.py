"""The stock of cars, and what goes over the wire."""

from datetime import UTC, datetime

from sqlmodel import Field, SQLModel


def now() -> datetime:
    return datetime.now(UTC)


class Car(SQLModel, table=True):
    """A car that we have bought. The bookkeeping reads this table."""

    id: int | None = Field(default=None, primary_key=True)
    make: str = Field(index=True)
    model: str
    year: int
    mileage: int
    price: int
    first_price: int
    purchase_price: int
    seller: str
    added_at: datetime = Field(default_factory=now)
    sold_at: datetime | None = None


class CarIn(SQLModel):
    """What the office enters; make and model come from the seller's form."""

    make: str = Field(min_length=1, max_length=40)
    model: str = Field(min_length=1, max_length=120)
    year: int = Field(ge=1900, le=2100)
    mileage: int = Field(ge=0, le=2_000_000)
    price: int = Field(gt=0, le=1_000_000)
    purchase_price: int = Field(gt=0, le=1_000_000)
    seller: str = Field(min_length=1, max_length=80)


class PriceIn(SQLModel):
    price: int = Field(gt=0, le=1_000_000)


class CarOut(SQLModel):
    """A car as buyers see it."""

    id: int
    make: str
    model: str
    year: int
    mileage: int
    price: int
    first_price: int
    added_at: datetime
