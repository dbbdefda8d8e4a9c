"""Tables, and what goes in and out over HTTP."""

from typing import Annotated, Literal

from pydantic import StringConstraints
from sqlmodel import Field, SQLModel

Role = Literal["client", "freelancer", "accountant"]
UserName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class User(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    role: str


class Invoice(SQLModel, table=True):
    """What a freelancer asks a client to pay. Its id is the number that is printed on it."""

    # A withdrawn number is not given out again.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="user.id", index=True)
    freelancer_id: int = Field(foreign_key="user.id", index=True)
    subject: str
    amount: int
    state: str = "open"


class UserIn(SQLModel):
    name: UserName
    role: Role = "client"


class InvoiceIn(SQLModel):
    client_id: int
    subject: str = Field(min_length=1, max_length=120)
    amount: int = Field(gt=0, le=100_000_000, description="In cents")


class InvoiceOut(SQLModel):
    id: int
    client_id: int
    freelancer_id: int
    subject: str
    amount: int = Field(description="In cents")
    state: Literal["open", "paid"]


class ReceiptOut(SQLModel):
    invoice_id: int
    client: str
    freelancer: str
    amount: int = Field(description="In cents")


class ExportIn(SQLModel):
    ids: list[int] = Field(min_length=1, max_length=500)
