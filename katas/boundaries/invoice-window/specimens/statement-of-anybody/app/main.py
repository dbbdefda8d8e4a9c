"""The invoice desk of a freelance marketplace."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from sqlmodel import Session, SQLModel, col, or_, select

from app.deps import Db, Me, engine
from app.models import ExportIn, Invoice, InvoiceIn, Receipt, Role, User, UserIn, today


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Invoice desk", lifespan=lifespan)


def existing(session: Session, invoice_id: int) -> Invoice:
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise HTTPException(404, "There is no such invoice.")
    return invoice


def readable(session: Session, invoice_id: int, me: User) -> Invoice:
    """An invoice that the one who asks may read.

    Somebody else's is answered like one that was never written or is withdrawn, so that nobody
    can count them.
    """
    invoice = existing(session, invoice_id)
    if me.role != Role.ACCOUNTANT and me.id not in (invoice.client_id, invoice.freelancer_id):
        raise HTTPException(404, "There is no such invoice.")
    return invoice


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
    query = select(Invoice).order_by(col(Invoice.id))
    if client_id is not None:
        query = query.where(Invoice.client_id == client_id)
    if me.role != Role.ACCOUNTANT:
        query = query.where(or_(Invoice.client_id == me.id, Invoice.freelancer_id == me.id))
    return session.exec(query).all()


@app.post("/invoices/export")
def export_invoices(body: ExportIn, session: Db, me: Me) -> Sequence[Invoice]:
    """The invoices ticked in the list, for a spreadsheet."""
    query = select(Invoice).where(col(Invoice.id).in_(body.ids))
    if me.role != Role.ACCOUNTANT:
        query = query.where(or_(Invoice.client_id == me.id, Invoice.freelancer_id == me.id))
    return session.exec(query.order_by(col(Invoice.id))).all()


@app.get("/invoices/{invoice_id}")
def read_invoice(invoice_id: int, session: Db, me: Me) -> Invoice:
    return readable(session, invoice_id, me)


@app.get("/clients/{client_id}/invoices/{invoice_id}")
def read_client_invoice(client_id: int, invoice_id: int, session: Db, me: Me) -> Invoice:
    """The address in a client's monthly statement."""
    if me.id != client_id and me.role != Role.ACCOUNTANT:
        raise HTTPException(403, "These are not your pages.")
    invoice = readable(session, invoice_id, me)
    if me.role != Role.ACCOUNTANT and invoice.client_id != me.id:
        raise HTTPException(404, "There is no such invoice.")
    return invoice


@app.post("/invoices/{invoice_id}/pay")
def pay_invoice(invoice_id: int, session: Db, me: Me) -> Invoice:
    """Release the money from the client's deposit to the freelancer."""
    invoice = readable(session, invoice_id, me)
    if invoice.client_id != me.id:
        raise HTTPException(403, "Only the client pays.")
    if invoice.paid_on is not None:
        raise HTTPException(409, "This invoice is paid already.")
    invoice.paid_on = today()
    session.add(invoice)
    session.commit()
    session.refresh(invoice)
    return invoice


@app.get("/invoices/{invoice_id}/receipt")
def read_receipt(invoice_id: int, session: Db, me: Me) -> Receipt:
    """Proof of payment, once there is one."""
    invoice = readable(session, invoice_id, me)
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
def withdraw_invoice(invoice_id: int, session: Db, me: Me) -> None:
    """Take back an invoice that was written by mistake. A paid one stays."""
    invoice = readable(session, invoice_id, me)
    if invoice.freelancer_id != me.id:
        raise HTTPException(403, "Only the freelancer withdraws an invoice.")
    if invoice.paid_on is not None:
        raise HTTPException(409, "A paid invoice cannot be withdrawn.")
    session.delete(invoice)
    session.commit()
