"""Tables of the invoice desk, and what goes over the wire."""

from datetime import UTC, date, datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel


def today() -> date:
    """The calendar day of a payment, in UTC."""
    return datetime.now(UTC).date()


class Role(StrEnum):
    """Members write and receive invoices; accountants keep the books of the marketplace."""

    MEMBER = "member"
    ACCOUNTANT = "accountant"


class User(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True, unique=True)
    role: Role = Role.MEMBER


class Invoice(SQLModel, table=True):
    """What a freelancer asks of a client. Its id is the number printed on the paper."""

    __table_args__ = {"sqlite_autoincrement": True}  # a withdrawn number is not given again

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="user.id", index=True)
    freelancer_id: int = Field(foreign_key="user.id", index=True)
    title: str
    amount_cents: int
    paid_on: date | None = None


class UserIn(SQLModel):
    name: str = Field(min_length=1, max_length=60)
    role: Role = Role.MEMBER


class InvoiceIn(SQLModel):
    client_id: int
    title: str = Field(min_length=1, max_length=200)
    amount_cents: int = Field(gt=0)


class ExportIn(SQLModel):
    ids: list[int] = Field(min_length=1, max_length=100)


class Receipt(SQLModel):
    """Proof of payment, for both parties' tax returns."""

    number: int
    client: str
    freelancer: str
    amount_cents: int
    paid_on: date
