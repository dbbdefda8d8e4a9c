"""The invoice window: freelancers write invoices, clients read and pay them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from sqlmodel import SQLModel, col, select

from app.deps import CurrentUser, Database, VisibleInvoice, engine, visible_to
from app.models import (
    ExportIn,
    Invoice,
    InvoiceIn,
    InvoiceOut,
    ReceiptOut,
    User,
    UserIn,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield
    engine.dispose()


app = FastAPI(title="Invoice window", lifespan=lifespan)


@app.post("/users", status_code=201)
def add_user(body: UserIn, session: Database) -> User:
    """Make a member known. Only the sign-up service reaches this address."""
    if session.exec(select(User).where(User.name == body.name)).first():
        raise HTTPException(409, "This name is taken.")
    user = User(**body.model_dump())
    session.add(user)
    session.commit()
    session.refresh(user)
    return user


@app.post("/invoices", status_code=201, response_model=InvoiceOut)
def write_invoice(body: InvoiceIn, user: CurrentUser, session: Database) -> Invoice:
    """Send an invoice to a client."""
    if user.role != "freelancer":
        raise HTTPException(403, "Only freelancers write invoices.")
    client = session.get(User, body.client_id)
    if client is None or client.role != "client":
        raise HTTPException(404, "There is no such client.")
    invoice = Invoice(freelancer_id=user.id, **body.model_dump())
    session.add(invoice)
    session.commit()
    session.refresh(invoice)
    return invoice


@app.get("/invoices", response_model=list[InvoiceOut])
def list_invoices(
    user: CurrentUser, session: Database, client_id: int | None = None
) -> Sequence[Invoice]:
    """The invoices that the caller may see, or those of them that one client has to pay."""
    query = visible_to(user).order_by(col(Invoice.id))
    if client_id is not None:
        query = query.where(Invoice.client_id == client_id)
    return session.exec(query).all()


@app.post("/invoices/export", response_model=list[InvoiceOut])
def export_invoices(body: ExportIn, user: CurrentUser, session: Database) -> Sequence[Invoice]:
    """Many invoices at once, for bookkeeping software. Numbers that the caller may not see are left out."""
    query = visible_to(user).where(col(Invoice.id).in_(body.ids))
    return session.exec(query.order_by(col(Invoice.id))).all()


@app.get("/invoices/{invoice_id}", response_model=InvoiceOut)
def read_invoice(invoice: VisibleInvoice) -> Invoice:
    return invoice


@app.get("/clients/{client_id}/invoices/{invoice_id}", response_model=InvoiceOut)
def read_client_invoice(client_id: int, invoice: VisibleInvoice) -> Invoice:
    """An invoice on the pages of one client."""
    if invoice.client_id != client_id:
        raise HTTPException(404, "There is no such invoice.")
    return invoice


@app.get("/invoices/{invoice_id}/receipt", response_model=ReceiptOut)
def read_receipt(invoice: VisibleInvoice, session: Database) -> ReceiptOut:
    """The receipt of a paid invoice."""
    if invoice.state != "paid":
        raise HTTPException(409, "This invoice is not paid yet.")
    client = session.get_one(User, invoice.client_id)
    freelancer = session.get_one(User, invoice.freelancer_id)
    return ReceiptOut(
        invoice_id=invoice.id,
        client=client.name,
        freelancer=freelancer.name,
        amount=invoice.amount,
    )


@app.post("/invoices/{invoice_id}/pay", response_model=InvoiceOut)
def pay_invoice(user: CurrentUser, invoice: VisibleInvoice, session: Database) -> Invoice:
    """Pay an invoice from the client's balance."""
    if invoice.client_id != user.id:
        raise HTTPException(403, "Only its client pays an invoice.")
    if invoice.state == "paid":
        raise HTTPException(409, "This invoice is paid already.")
    invoice.state = "paid"
    session.add(invoice)
    session.commit()
    session.refresh(invoice)
    return invoice


@app.delete("/invoices/{invoice_id}", status_code=204)
def withdraw_invoice(user: CurrentUser, invoice: VisibleInvoice, session: Database) -> None:
    """Take an invoice back that has not been paid."""
    if invoice.freelancer_id != user.id:
        raise HTTPException(403, "Only its freelancer withdraws an invoice.")
    if invoice.state == "paid":
        raise HTTPException(409, "A paid invoice cannot be withdrawn.")
    session.delete(invoice)
    session.commit()
