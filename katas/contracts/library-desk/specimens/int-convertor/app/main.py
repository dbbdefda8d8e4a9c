"""The lending desk of the town library: books, members, loans and reservations."""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, TypeVar

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
Row = TypeVar("Row", bound=SQLModel)

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


def existing(session: Session, model: type[Row], id: int) -> Row:
    """The row with this id.

    Raises:
        HTTPException: 404, there is none.
    """
    row = session.get(model, id)
    if row is None:
        raise HTTPException(
            status.HTTP_404_NOT_FOUND, f"There is no such {model.__name__.lower()}."
        )
    return row


def require_member(session: Session, member_id: int) -> None:
    """A number in a body that leads nowhere is a body that cannot be processed."""
    if session.get(Member, member_id) is None:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "There is no such member.")


def conflict(reason: str) -> HTTPException:
    """The request is well-formed, but the state of the library forbids it."""
    return HTTPException(status.HTTP_409_CONFLICT, reason)


def open_loans(session: Session, **of: int) -> Sequence[Loan]:
    """Loans that have not been returned, of a `book_id` or of a `member_id`."""
    query = select(Loan).where(col(Loan.returned_on).is_(None)).filter_by(**of)
    return session.exec(query).all()


def queue_for(session: Session, book_id: int) -> Sequence[Reservation]:
    """Who waits for a book, first come first."""
    query = select(Reservation).where(Reservation.book_id == book_id)
    return session.exec(query.order_by(col(Reservation.id))).all()


@app.post("/books", status_code=status.HTTP_201_CREATED)
def add_book(body: BookIn, session: Db, response: Response) -> Book:
    book = Book(**body.model_dump())
    session.add(book)
    session.commit()
    session.refresh(book)
    response.headers["Location"] = f"/books/{book.id}"
    return book


@app.get("/books/{book_id:int}")
def read_book(book_id: int, session: Db) -> Book:
    return existing(session, Book, book_id)


@app.post("/books/{book_id}/reservations", status_code=status.HTTP_201_CREATED)
def reserve(book_id: int, body: ReservationIn, session: Db) -> Reservation:
    """Queue for a book. A member stands in a queue once."""
    existing(session, Book, book_id)
    require_member(session, body.member_id)
    if any(r.member_id == body.member_id for r in queue_for(session, book_id)):
        raise conflict("You have reserved this book already.")
    reservation = Reservation(book_id=book_id, member_id=body.member_id)
    session.add(reservation)
    session.commit()
    session.refresh(reservation)
    return reservation


@app.delete("/reservations/{reservation_id}", status_code=status.HTTP_204_NO_CONTENT)
def cancel_reservation(reservation_id: int, session: Db) -> None:
    session.delete(existing(session, Reservation, reservation_id))
    session.commit()


@app.post("/members", status_code=status.HTTP_201_CREATED)
def add_member(body: MemberIn, session: Db) -> Member:
    member = Member(**body.model_dump())
    session.add(member)
    session.commit()
    session.refresh(member)
    return member


@app.post("/loans", status_code=status.HTTP_201_CREATED)
def lend(body: LoanIn, session: Db, response: Response) -> Loan:
    """Lend a book for 21 days. A reserved book goes to the first in its queue."""
    existing(session, Book, body.book_id)
    require_member(session, body.member_id)
    if open_loans(session, book_id=body.book_id):
        raise conflict("This book is lent at the moment.")
    if len(open_loans(session, member_id=body.member_id)) >= MOST_LOANS:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "You hold three books already.")
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
    return existing(session, Loan, loan_id)


@app.post("/loans/{loan_id}/return")
def give_back(loan_id: int, session: Db) -> Loan:
    """Take a book back. The slip carries this address as a QR code."""
    loan = existing(session, Loan, loan_id)
    if loan.returned_on is not None:
        raise conflict("This book is back already.")
    loan.returned_on = today()
    session.add(loan)
    session.commit()
    session.refresh(loan)
    return loan


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
