"""The lending desk of the town library: books, members, loans and reservations."""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Path, Request, Response, status
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, create_engine, func, select

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

Row = TypeVar("Row", bound=SQLModel)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Library desk", lifespan=lifespan)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(get_session)]


def found(session: Session, model: type[Row], key: int, code: int = 404) -> Row:
    """A row, or a refusal: 404 for what an address names, 422 for what a body refers to."""
    row = session.get(model, key)
    if row is None:
        raise HTTPException(code, f"There is no such {model.__name__.lower()}.")
    return row


def book_of_path(book_id: Annotated[int, Path()], session: Db) -> Book:
    return found(session, Book, book_id)


def loan_of_path(loan_id: Annotated[int, Path()], session: Db) -> Loan:
    return found(session, Loan, loan_id)


def reservation_of_path(reservation_id: Annotated[int, Path()], session: Db) -> Reservation:
    return found(session, Reservation, reservation_id)


TheBook = Annotated[Book, Depends(book_of_path)]
TheLoan = Annotated[Loan, Depends(loan_of_path)]
TheReservation = Annotated[Reservation, Depends(reservation_of_path)]


def store(session: Session, row: Row) -> Row:
    session.add(row)
    session.commit()
    session.refresh(row)
    return row


def conflict(reason: str) -> HTTPException:
    return HTTPException(status.HTTP_409_CONFLICT, reason)


# Books. "overdue" stands before the address with a number, which would swallow it.


@app.post("/books", status_code=status.HTTP_201_CREATED)
def add_book(body: BookIn, session: Db, request: Request, response: Response) -> Book:
    book = store(session, Book(**body.model_dump()))
    response.headers["Location"] = str(request.url_for("read_book", book_id=book.id))
    return book


@app.get("/books/overdue")
def overdue_books(session: Db) -> Sequence[Book]:
    """Books that were due before today and are still out, the longest first."""
    query = (
        select(Book)
        .join(Loan)
        .where(col(Loan.returned_on).is_(None), Loan.due_on < today())
        .order_by(col(Loan.due_on), col(Book.id))
    )
    return session.exec(query).all()


@app.get("/books/{book_id}")
def read_book(book: TheBook) -> Book:
    return book


@app.post("/books/{book_id}/reservations", status_code=status.HTTP_201_CREATED)
def reserve(book: TheBook, body: ReservationIn, session: Db) -> Reservation:
    """Queue for a book. A member stands in a queue once."""
    member = found(session, Member, body.member_id, 422)
    mine = select(Reservation).where(
        Reservation.book_id == book.id, Reservation.member_id == member.id
    )
    if session.exec(mine).first() is not None:
        raise conflict("You have reserved this book already.")
    return store(session, Reservation(book_id=book.id, member_id=member.id))


@app.delete("/reservations/{reservation_id}", status_code=status.HTTP_204_NO_CONTENT)
def cancel_reservation(reservation: TheReservation, session: Db) -> None:
    session.delete(reservation)
    session.commit()


@app.post("/members", status_code=status.HTTP_201_CREATED)
def add_member(body: MemberIn, session: Db) -> Member:
    return store(session, Member(**body.model_dump()))


@app.post("/loans", status_code=status.HTTP_201_CREATED)
def lend(body: LoanIn, session: Db, request: Request, response: Response) -> Loan:
    """Lend a book for 21 days. A reserved book goes to the first in its queue."""
    book = found(session, Book, body.book_id, 422)
    member = found(session, Member, body.member_id, 422)
    still_out = col(Loan.returned_on).is_(None)
    if session.exec(select(Loan).where(Loan.book_id == book.id, still_out)).first():
        raise conflict("This book is lent at the moment.")
    held = select(func.count()).select_from(Loan).where(Loan.member_id == member.id, still_out)
    if session.exec(held).one() >= MOST_LOANS:
        raise conflict("You hold three books already.")
    queue = select(Reservation).where(Reservation.book_id == book.id)
    first = session.exec(queue.order_by(col(Reservation.id))).first()
    if first is not None:
        if first.member_id != member.id:
            raise conflict("This book is kept for someone else.")
        session.delete(first)
    lent_on = body.lent_on or today()
    loan = Loan(
        book_id=book.id, member_id=member.id, lent_on=lent_on, due_on=lent_on + LOAN_PERIOD
    )
    try:
        store(session, loan)
    except IntegrityError:
        session.rollback()
        raise conflict("This book is lent at the moment.") from None
    response.headers["Location"] = str(request.url_for("read_loan", loan_id=loan.id))
    return loan


@app.get("/loans/{loan_id}")
def read_loan(loan: TheLoan) -> Loan:
    return loan


@app.post("/loans/{loan_id}/return")
def give_back(loan: TheLoan, session: Db) -> Loan:
    """Take a book back. The kiosk sends this to the address in the slip's QR code."""
    if loan.returned_on is not None:
        raise conflict("This book is back already.")
    loan.returned_on = today()
    return store(session, loan)
