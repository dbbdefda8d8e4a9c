"""What the routes depend on: a session, and who is asking."""

import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlalchemy import ColumnElement, true
from sqlmodel import Session, col, create_engine, or_, select

from app.models import Invoice, Role, User

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


def accountant(user: User) -> bool:
    return user.role == Role.ACCOUNTANT


def visible_to(user: User) -> ColumnElement[bool]:
    """The condition for the invoices that somebody may read. Every query goes through it."""
    if accountant(user):
        return true()
    return or_(col(Invoice.client_id) == user.id, col(Invoice.freelancer_id) == user.id)


def no_invoice() -> HTTPException:
    """The one answer for an invoice that is withdrawn, unwritten or none of one's business."""
    return HTTPException(404, "There is no such invoice.")


def visible_invoice(invoice_id: int, session: Db, me: Me) -> Invoice:
    query = select(Invoice).where(Invoice.id == invoice_id, visible_to(me))
    invoice = session.exec(query).first()
    if invoice is None:
        raise no_invoice()
    return invoice


Visible = Annotated[Invoice, Depends(visible_invoice)]


def invoice_to_pay(invoice: Visible, me: Me) -> Invoice:
    if invoice.client_id != me.id:
        raise HTTPException(403, "Only the client pays.")
    return invoice


def invoice_to_withdraw(invoice: Visible, me: Me) -> Invoice:
    if invoice.freelancer_id != me.id:
        raise HTTPException(403, "Only its freelancer withdraws an invoice.")
    return invoice


def invoice_on_statement(client_id: int, invoice: Visible, me: Me) -> Invoice:
    """The statement of one client, for that client and for accountants."""
    if invoice.client_id != client_id or not (accountant(me) or me.id == client_id):
        raise no_invoice()
    return invoice


ToPay = Annotated[Invoice, Depends(invoice_to_pay)]
ToWithdraw = Annotated[Invoice, Depends(invoice_to_withdraw)]
OnStatement = Annotated[Invoice, Depends(invoice_on_statement)]
