"""The lending desk of the town library: books, members, loans and reservations."""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlmodel import Session, SQLModel, col, create_engine, select

from app.models import (
    Book,
    BookIn,
    Loan,
    LoanIn,
    Member,
    MemberIn,
    Reservation,
    ReservationIn,
    today,
)

LOAN_PERIOD = timedelta(days=21)
MOST_LOANS = 3

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Library desk", lifespan=lifespan)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(get_session)]


def failed(reason: str) -> dict[str, str]:
    """What the kiosk shows on its display."""
    return {"error": reason}


def open_loans(session: Session, **of: int) -> Sequence[Loan]:
    """Loans that have not been returned, of a `book_id` or of a `member_id`."""
    query = select(Loan).where(col(Loan.returned_on).is_(None)).filter_by(**of)
    return session.exec(query).all()


def queue_for(session: Session, book_id: int) -> Sequence[Reservation]:
    """Who waits for a book, first come first."""
    query = select(Reservation).where(Reservation.book_id == book_id)
    return session.exec(query.order_by(col(Reservation.id))).all()


@app.post("/books")
def add_book(body: BookIn, session: Db):
    book = Book(**body.model_dump())
    session.add(book)
    session.commit()
    session.refresh(book)
    return book


@app.get("/books/{book_id}")
def read_book(book_id: int, session: Db):
    return session.get(Book, book_id) or failed("There is no such book.")


@app.post("/books/{book_id}/reservations")
def reserve(book_id: int, body: ReservationIn, session: Db):
    """Queue for a book. A member stands in a queue once."""
    if session.get(Book, book_id) is None:
        return failed("There is no such book.")
    if any(r.member_id == body.member_id for r in queue_for(session, book_id)):
        return failed("You have reserved this book already.")
    reservation = Reservation(book_id=book_id, member_id=body.member_id)
    session.add(reservation)
    session.commit()
    session.refresh(reservation)
    return reservation


@app.delete("/reservations/{reservation_id}")
def cancel_reservation(reservation_id: int, session: Db):
    reservation = session.get(Reservation, reservation_id)
    if reservation is None:
        return failed("There is no such reservation.")
    session.delete(reservation)
    session.commit()


@app.post("/members")
def add_member(body: MemberIn, session: Db):
    member = Member(**body.model_dump())
    session.add(member)
    session.commit()
    session.refresh(member)
    return member


@app.post("/loans")
def lend(body: LoanIn, session: Db):
    """Lend a book for 21 days. A reserved book goes to the first in its queue."""
    if session.get(Book, body.book_id) is None:
        return failed("There is no such book.")
    if open_loans(session, book_id=body.book_id):
        return failed("This book is lent at the moment.")
    if len(open_loans(session, member_id=body.member_id)) >= MOST_LOANS:
        return failed("You hold three books already.")
    queue = queue_for(session, body.book_id)
    if queue and queue[0].member_id != body.member_id:
        return failed("This book is kept for someone else.")
    if queue:
        session.delete(queue[0])
    lent_on = body.lent_on or today()
    loan = Loan(
        book_id=body.book_id,
        member_id=body.member_id,
        lent_on=lent_on,
        due_on=lent_on + LOAN_PERIOD,
    )
    session.add(loan)
    session.commit()
    session.refresh(loan)
    return loan


@app.get("/loans/{loan_id}")
def read_loan(loan_id: int, session: Db):
    return session.get(Loan, loan_id) or failed("There is no such loan.")


@app.get("/loans/{loan_id}/return")
def give_back(loan_id: int, session: Db):
    """Take a book back. The slip carries this address as a QR code."""
    loan = session.get(Loan, loan_id)
    if loan is None:
        return failed("There is no such loan.")
    if loan.returned_on is not None:
        return failed("This book is back already.")
    loan.returned_on = today()
    session.add(loan)
    session.commit()
    session.refresh(loan)
    return loan


@app.get("/books/overdue")
def overdue_books(session: Db):
    """Books that were due before today and are still out, the longest first."""
    query = (
        select(Book)
        .join(Loan)
        .where(col(Loan.returned_on).is_(None), Loan.due_on < today())
        .order_by(col(Loan.due_on))
    )
    return session.exec(query).all()
