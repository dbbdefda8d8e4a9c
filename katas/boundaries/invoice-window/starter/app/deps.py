"""What the routes depend on: a session, the caller, the invoice that an address names."""

import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Header, HTTPException
from sqlmodel import Session, create_engine, select

from app.models import Invoice, User

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Database = Annotated[Session, Depends(get_session)]


def current_user(session: Database, x_user: Annotated[str | None, Header()] = None) -> User:
    """Who is calling. The gateway signs people in and sets X-User to their name."""
    user = session.exec(select(User).where(User.name == x_user)).first()
    if user is None:
        raise HTTPException(401, "Sign in first.")
    return user


CurrentUser = Annotated[User, Depends(current_user)]


def get_invoice(invoice_id: int, session: Database) -> Invoice:
    """The invoice with the number in the address."""
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise HTTPException(404, "There is no such invoice.")
    return invoice


InvoiceByNumber = Annotated[Invoice, Depends(get_invoice)]
