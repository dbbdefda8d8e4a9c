"""The lending desk of the town library: books, members, loans and reservations."""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Response, status
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


def missing(what: str) -> HTTPException:
    return HTTPException(status.HTTP_404_NOT_FOUND, f"There is no such {what}.")


def conflict(reason: str) -> HTTPException:
    """What the kiosk shows on its display."""
    return HTTPException(status.HTTP_409_CONFLICT, reason)


def open_loans(session: Session, **of: int) -> Sequence[Loan]:
    """Loans that have not been returned, of a `book_id` or of a `member_id`."""
    query = select(Loan).where(col(Loan.returned_on).is_(None)).filter_by(**of)
    return session.exec(query).all()


def queue_for(session: Session, book_id: int) -> Sequence[Reservation]:
    """Who waits for a book, first come first."""
    query = select(Reservation).where(Reservation.book_id == book_id)
    return session.exec(query.order_by(col(Reservation.id))).all()


@app.post("/books", status_code=201)
def add_book(body: BookIn, session: Db, response: Response) -> Book:
    book = Book(**body.model_dump())
    session.add(book)
    session.commit()
    session.refresh(book)
    response.headers["Location"] = f"/books/{book.id}"
    return book


@app.get("/books/overdue")
def overdue_books(session: Db) -> Sequence[Book]:
    """Books that were due before today and are still out, the longest first."""
    query = (
        select(Book)
        .join(Loan)
        .where(col(Loan.returned_on).is_(None), Loan.due_on < today())
        .order_by(col(Loan.due_on))
    )
    return session.exec(query).all()


@app.get("/books/{book_id}")
def read_book(book_id: int, session: Db) -> Book:
    book = session.get(Book, book_id)
    if book is None:
        raise missing("book")
    return book


@app.post("/books/{book_id}/reservations", status_code=201)
def reserve(book_id: int, body: ReservationIn, session: Db) -> Reservation:
    """Queue for a book. A member stands in a queue once."""
    if session.get(Book, book_id) is None:
        raise missing("book")
    if any(r.member_id == body.member_id for r in queue_for(session, book_id)):
        raise conflict("You have reserved this book already.")
    reservation = Reservation(book_id=book_id, member_id=body.member_id)
    session.add(reservation)
    session.commit()
    session.refresh(reservation)
    return reservation


@app.delete("/reservations/{reservation_id}", status_code=204)
def cancel_reservation(reservation_id: int, session: Db) -> None:
    reservation = session.get(Reservation, reservation_id)
    if reservation is None:
        raise missing("reservation")
    session.delete(reservation)
    session.commit()


@app.post("/members", status_code=201)
def add_member(body: MemberIn, session: Db) -> Member:
    member = Member(**body.model_dump())
    session.add(member)
    session.commit()
    session.refresh(member)
    return member


@app.post("/loans", status_code=201)
def lend(body: LoanIn, session: Db, response: Response) -> Loan:
    """Lend a book for 21 days. A reserved book goes to the first in its queue."""
    if session.get(Book, body.book_id) is None:
        raise missing("book")
    if session.get(Member, body.member_id) is None:
        raise missing("member")
    if open_loans(session, book_id=body.book_id):
        raise conflict("This book is lent at the moment.")
    if len(open_loans(session, member_id=body.member_id)) >= MOST_LOANS:
        raise conflict("You hold three books already.")
    queue = queue_for(session, body.book_id)
    if queue and queue[0].member_id != body.member_id:
        raise conflict("This book is kept for someone else.")
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
    response.headers["Location"] = f"/loans/{loan.id}"
    return loan


@app.get("/loans/{loan_id}")
def read_loan(loan_id: int, session: Db) -> Loan:
    loan = session.get(Loan, loan_id)
    if loan is None:
        raise missing("loan")
    return loan


@app.post("/loans/{loan_id}/return")
def give_back(loan_id: int, session: Db) -> Loan:
    """Take a book back. The slip carries this address as a QR code."""
    loan = session.get(Loan, loan_id)
    if loan is None:
        raise missing("loan")
    if loan.returned_on is not None:
        raise conflict("This book is back already.")
    loan.returned_on = today()
    session.add(loan)
    session.commit()
    session.refresh(loan)
    return loan
