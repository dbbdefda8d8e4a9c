"""Tables of the wholesaler: customers, products, orders and their lines."""

from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, case
from sqlalchemy.orm import object_session
from sqlmodel import Field, Relationship, SQLModel, col, func, select


def today() -> date:
    return datetime.now(UTC).date()


class Customer(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    city: str

    orders: list["Order"] = Relationship(back_populates="customer")

    @property
    def orders_placed(self) -> int:
        """Counted by the database: there may be nine years of them."""
        return object_session(self).scalar(
            select(func.count()).select_from(Order).where(Order.customer_id == self.id)
        )

    @property
    def customer_since(self) -> date:
        return object_session(self).scalar(
            select(func.min(Order.placed_on)).where(Order.customer_id == self.id)
        )


class Product(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    unit_cents: int


class Order(SQLModel, table=True):
    __tablename__ = "orders"

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    placed_on: date = Field(default_factory=today, index=True)

    customer: Customer = Relationship(back_populates="orders")
    lines: list["Line"] = Relationship(
        back_populates="order", sa_relationship_kwargs={"order_by": "Line.position"}
    )

    @property
    def total_cents(self) -> int:
        return sum(line.cents for line in self.lines)


class Line(SQLModel, table=True):
    """So many of a product. The price is that of the moment at which it was ordered."""

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="orders.id", index=True)
    product_id: int = Field(foreign_key="product.id")
    position: int
    quantity: int
    unit_cents: int
    discount_percent: int = 0
    cancelled: bool = False

    order: Order = Relationship(back_populates="lines")
    product: Product = Relationship()

    @property
    def cents(self) -> int:
        """What the line comes to, rounded half up; nothing once it is cancelled."""
        if self.cancelled:
            return 0
        return (self.quantity * self.unit_cents * (100 - self.discount_percent) + 50) // 100


def sql_cents() -> ColumnElement[int]:
    """The same as Line.cents for the database, whose division rounds towards zero."""
    exact = col(Line.quantity) * col(Line.unit_cents) * (100 - col(Line.discount_percent)) + 50
    beyond = ((exact % 100) + 100) % 100
    return case((col(Line.cancelled), 0), else_=(exact - beyond) // 100)
