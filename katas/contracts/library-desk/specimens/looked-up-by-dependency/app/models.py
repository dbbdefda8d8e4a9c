"""Tables of the lending desk, and what its clients send."""

from datetime import UTC, date, datetime

from pydantic import field_validator
from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel


def today() -> date:
    """The library's calendar day, in UTC."""
    return datetime.now(UTC).date()


class Book(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    title: str
    author: str


class Member(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str


class Loan(SQLModel, table=True):
    """One book in one member's hands, until `returned_on` is filled in."""

    __table_args__ = (
        # Two kiosks may ask for the same book at the same moment.
        Index("one_open_loan", "book_id", unique=True, sqlite_where=text("returned_on IS NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    book_id: int = Field(foreign_key="book.id", index=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    lent_on: date
    due_on: date
    returned_on: date | None = None


class Reservation(SQLModel, table=True):
    """A place in the queue for a book; the lowest id is served first."""

    id: int | None = Field(default=None, primary_key=True)
    book_id: int = Field(foreign_key="book.id", index=True)
    member_id: int = Field(foreign_key="member.id")


class BookIn(SQLModel):
    title: str = Field(min_length=1, max_length=200)
    author: str = Field(min_length=1, max_length=200)


class MemberIn(SQLModel):
    name: str = Field(min_length=1, max_length=100)


class LoanIn(SQLModel):
    """`lent_on` is set by kiosks that hand in loans later, after they were offline."""

    book_id: int
    member_id: int
    lent_on: date | None = None

    @field_validator("lent_on")
    @classmethod
    def not_in_the_future(cls, value: date | None) -> date | None:
        if value is not None and value > today():
            raise ValueError("A loan cannot begin after today.")
        return value


class ReservationIn(SQLModel):
    member_id: int
