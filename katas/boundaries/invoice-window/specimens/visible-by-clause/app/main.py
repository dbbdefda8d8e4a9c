"""The invoice desk of a freelance marketplace."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from sqlalchemy import delete, update
from sqlmodel import SQLModel, col, select

from app.deps import (
    Db,
    Me,
    OnStatement,
    ToPay,
    ToWithdraw,
    Visible,
    accountant,
    engine,
    no_invoice,
    visible_to,
)
from app.models import ExportIn, Invoice, InvoiceIn, Receipt, User, UserIn, today


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Invoice desk", lifespan=lifespan)


@app.post("/users", status_code=201)
def add_user(body: UserIn, session: Db) -> User:
    """Called by the sign-up service; the gateway lets nobody else through."""
    if session.exec(select(User).where(User.name == body.name)).first():
        raise HTTPException(409, "This name is taken.")
    user = User(**body.model_dump())
    session.add(user)
    session.commit()
    session.refresh(user)
    return user


@app.post("/invoices", status_code=201)
def write_invoice(body: InvoiceIn, session: Db, me: Me) -> Invoice:
    """Bill a client. Whoever writes an invoice is its freelancer."""
    if session.get(User, body.client_id) is None:
        raise HTTPException(404, "There is no such client.")
    if body.client_id == me.id:
        raise HTTPException(422, "Nobody bills themselves.")
    invoice = Invoice(**body.model_dump(), freelancer_id=me.id)
    session.add(invoice)
    session.commit()
    session.refresh(invoice)
    return invoice


@app.get("/invoices")
def list_invoices(session: Db, me: Me, client_id: int | None = None) -> Sequence[Invoice]:
    """One's own invoices, written and received. Accountants may narrow theirs to a client."""
    query = select(Invoice).where(visible_to(me)).order_by(col(Invoice.id))
    if client_id is not None:
        if client_id != me.id and not accountant(me):
            raise HTTPException(403, "Only accountants look at another client.")
        query = query.where(Invoice.client_id == client_id)
    return session.exec(query).all()


@app.post("/invoices/export")
def export_invoices(body: ExportIn, session: Db, me: Me) -> Sequence[Invoice]:
    """The invoices ticked in the list, for a spreadsheet: all of them or none."""
    query = select(Invoice).where(col(Invoice.id).in_(body.ids), visible_to(me))
    invoices = session.exec(query.order_by(col(Invoice.id))).all()
    if len(invoices) < len(set(body.ids)):
        raise no_invoice()
    return invoices


@app.get("/invoices/{invoice_id}")
def read_invoice(invoice: Visible) -> Invoice:
    return invoice


@app.get("/clients/{client_id}/invoices/{invoice_id}")
def read_client_invoice(invoice: OnStatement) -> Invoice:
    """The address in a client's monthly statement."""
    return invoice


@app.post("/invoices/{invoice_id}/pay")
def pay_invoice(invoice: ToPay, session: Db) -> Invoice:
    """Release the money from the client's deposit to the freelancer."""
    unpaid = (col(Invoice.id) == invoice.id, col(Invoice.paid_on).is_(None))
    if session.exec(update(Invoice).where(*unpaid).values(paid_on=today())).rowcount == 0:
        raise HTTPException(409, "This invoice is paid already.")
    session.commit()
    session.refresh(invoice)
    return invoice


@app.get("/invoices/{invoice_id}/receipt")
def read_receipt(invoice: Visible, session: Db) -> Receipt:
    """Proof of payment, once there is one."""
    if invoice.paid_on is None:
        raise HTTPException(409, "This invoice is not paid yet.")
    client = session.get_one(User, invoice.client_id)
    freelancer = session.get_one(User, invoice.freelancer_id)
    return Receipt(
        number=invoice.id,
        client=client.name,
        freelancer=freelancer.name,
        amount_cents=invoice.amount_cents,
        paid_on=invoice.paid_on,
    )


@app.delete("/invoices/{invoice_id}", status_code=204)
def withdraw_invoice(invoice: ToWithdraw, session: Db) -> None:
    """Take back an invoice that was written by mistake. A paid one stays."""
    unpaid = (col(Invoice.id) == invoice.id, col(Invoice.paid_on).is_(None))
    if session.exec(delete(Invoice).where(*unpaid)).rowcount == 0:
        raise HTTPException(409, "A paid invoice cannot be withdrawn.")
    session.commit()
