"""The invoice desk of a freelance marketplace."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from sqlmodel import SQLModel, col, delete, select, update

from app.deps import Db, Me, ReadableInvoice, engine, no_such_invoice, readable
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
    """All invoices that the caller may read, or those of them that went to one client."""
    query = readable(me)
    if client_id is not None:
        query = query.where(Invoice.client_id == client_id)
    return session.exec(query).all()


@app.post("/invoices/export")
def export_invoices(body: ExportIn, session: Db, me: Me) -> Sequence[Invoice]:
    """The invoices ticked in the list, for a spreadsheet; others' are left out."""
    return session.exec(readable(me).where(col(Invoice.id).in_(body.ids))).all()


@app.get("/invoices/{invoice_id}")
def read_invoice(invoice: ReadableInvoice) -> Invoice:
    return invoice


@app.get("/clients/{client_id}/invoices/{invoice_id}")
def read_client_invoice(client_id: int, invoice: ReadableInvoice) -> Invoice:
    """The address in a client's monthly statement."""
    if invoice.client_id != client_id:
        raise no_such_invoice()
    return invoice


@app.post("/invoices/{invoice_id}/pay")
def pay_invoice(invoice: ReadableInvoice, session: Db, me: Me) -> Invoice:
    """Release the money from the client's deposit to the freelancer."""
    if invoice.client_id != me.id:
        raise HTTPException(403, "Only the client pays.")
    pay = update(Invoice).where(
        col(Invoice.id) == invoice.id,
        col(Invoice.client_id) == me.id,
        col(Invoice.paid_on).is_(None),
    )
    if session.exec(pay.values(paid_on=today())).rowcount == 0:
        raise HTTPException(409, "This invoice is paid already.")
    session.commit()
    session.refresh(invoice)
    return invoice


@app.get("/invoices/{invoice_id}/receipt")
def read_receipt(invoice_id: int, invoice: ReadableInvoice, session: Db) -> Receipt:
    """Proof of payment, once there is one."""
    if invoice.paid_on is None:
        raise HTTPException(409, "This invoice is not paid yet.")
    client = session.get_one(User, invoice.client_id)
    freelancer = session.get_one(User, invoice.freelancer_id)
    return Receipt(
        number=invoice_id,
        client=client.name,
        freelancer=freelancer.name,
        amount_cents=invoice.amount_cents,
        paid_on=invoice.paid_on,
    )


@app.delete("/invoices/{invoice_id}", status_code=204)
def withdraw_invoice(invoice: ReadableInvoice, session: Db, me: Me) -> None:
    """Take back an invoice that was written by mistake. A paid one stays."""
    if invoice.freelancer_id != me.id:
        raise no_such_invoice()
    withdraw = delete(Invoice).where(
        col(Invoice.id) == invoice.id,
        col(Invoice.freelancer_id) == me.id,
        col(Invoice.paid_on).is_(None),
    )
    if session.exec(withdraw).rowcount == 0:
        raise HTTPException(409, "A paid invoice cannot be withdrawn.")
    session.commit()
