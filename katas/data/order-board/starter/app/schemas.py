"""What goes over the wire."""

from datetime import date

from sqlmodel import Field, SQLModel


class LineIn(SQLModel):
    product_id: int
    quantity: int = Field(ge=1, le=10_000)
    discount_percent: int = Field(default=0, ge=0, le=50)


class OrderIn(SQLModel):
    """Lines are numbered as they come. A shop that reserves a day places an order without any."""

    customer_id: int
    lines: list[LineIn] = Field(default_factory=list, max_length=100)


class BoardLine(SQLModel):
    position: int
    product: str
    quantity: int
    cents: int
    cancelled: bool


class BoardOrder(SQLModel):
    id: int
    placed_on: date
    customer: str
    city: str
    lines: list[BoardLine]
    total_cents: int


class Board(SQLModel):
    """One page of orders; `count` and `worth_cents` are of all pages together."""

    page: int
    count: int
    worth_cents: int
    orders: list[BoardOrder]


class CustomerCard(SQLModel):
    id: int
    name: str
    city: str
    orders_placed: int
    customer_since: date


class ProductCard(SQLModel):
    id: int
    name: str


class LineDetail(SQLModel):
    position: int
    product: ProductCard
    quantity: int
    unit_cents: int
    discount_percent: int
    cents: int
    cancelled: bool


class OrderDetail(SQLModel):
    id: int
    placed_on: date
    customer: CustomerCard
    lines: list[LineDetail]
    total_cents: int
