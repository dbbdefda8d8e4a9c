"""What the routes depend on: a session, who is asking, and what they may see."""

import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlmodel import Session, col, create_engine, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from app.models import Invoice, User

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(get_session)]


def current_user(session: Db, x_user: Annotated[str | None, Header()] = None) -> User:
    """Who is asking. The gateway checks the sign-in and sets `X-User`."""
    user = session.exec(select(User).where(User.name == x_user)).first()
    if user is None:
        raise HTTPException(401, "Please sign in.")
    return user


Me = Annotated[User, Depends(current_user)]


def readable(me: User) -> SelectOfScalar[Invoice]:
    """The invoices that someone may read: both parties theirs."""
    mine = or_(Invoice.client_id == me.id, Invoice.freelancer_id == me.id)
    return select(Invoice).where(mine).order_by(col(Invoice.id))


def readable_invoice(invoice_id: int, session: Db, me: Me) -> Invoice:
    """The invoice of the path. One that the caller may not read is told like one that is absent."""
    invoice = session.exec(readable(me).where(Invoice.id == invoice_id)).first()
    if invoice is None:
        raise no_such_invoice()
    return invoice


def no_such_invoice() -> HTTPException:
    return HTTPException(404, "There is no such invoice.")


ReadableInvoice = Annotated[Invoice, Depends(readable_invoice)]
