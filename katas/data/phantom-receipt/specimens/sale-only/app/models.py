"""Tables of the shop, and what goes over the wire."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import StringConstraints
from sqlmodel import Field, Relationship, SQLModel, UniqueConstraint

Sku = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9-]{2,20}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{6,12}$")]
Mail = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)]


class Article(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    sku: str = Field(index=True, unique=True)
    name: str
    price_cents: int
    stock: int


class Sale(SQLModel, table=True):
    """A receipt. Its number is the one that the till has printed."""

    __table_args__ = (UniqueConstraint("till", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    till: str
    number: int
    total_cents: int = 0
    sold_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    lines: list["Line"] = Relationship(back_populates="sale")
    vouchers: list["Voucher"] = Relationship(back_populates="sale")


class Line(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    sale_id: int | None = Field(default=None, foreign_key="sale.id", index=True)
    sku: str
    quantity: int
    sale: Sale | None = Relationship(back_populates="lines")


class Voucher(SQLModel, table=True):
    """A voucher that was used. Each code counts once."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True)
    sale_id: int | None = Field(default=None, foreign_key="sale.id", index=True)
    sale: Sale | None = Relationship(back_populates="vouchers")


class ArticleIn(SQLModel):
    sku: Sku
    name: str = Field(min_length=1, max_length=100)
    price_cents: int = Field(gt=0, le=10**12)
    stock: int = Field(ge=0, le=10**12)


class ArticleOut(SQLModel):
    sku: str
    name: str
    price_cents: int
    stock: int


class DeliveryIn(SQLModel):
    quantity: int = Field(gt=0, le=10_000)


class LineIn(SQLModel):
    sku: Sku
    quantity: int = Field(gt=0, le=1_000)


class SaleIn(SQLModel):
    number: int = Field(gt=0, lt=10**9)
    lines: list[LineIn] = Field(min_length=1, max_length=50)
    vouchers: list[Code] = Field(default_factory=list, max_length=10)
    email: Mail | None = None


class LineOut(SQLModel):
    sku: str
    quantity: int


class Receipt(SQLModel):
    till: str
    number: int
    total_cents: int
    lines: list[LineOut]


class Report(SQLModel):
    sales: int
    last_number: int
    total_cents: int
