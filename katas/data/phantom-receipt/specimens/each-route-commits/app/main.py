"""HTTP for the tills of the museum shop."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, HTTPException, Path, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, func, select, update

from app import outside
from app.db import Db, engine
from app.models import (
    Article,
    ArticleIn,
    ArticleOut,
    DeliveryIn,
    Line,
    LineOut,
    Receipt,
    Report,
    Sale,
    SaleIn,
    Voucher,
)

VOUCHER_CENTS = 500

log = logging.getLogger(__name__)
Till = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,20}$")]
Number = Annotated[int, Path(ge=-(2**63), lt=2**63)]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield
    engine.dispose()


app = FastAPI(title="Museum shop", lifespan=lifespan)


@app.exception_handler(IntegrityError)
def on_record(request: Request, error: IntegrityError) -> JSONResponse:
    """A receipt number, a voucher or an article that is there already."""
    if "UNIQUE constraint failed" not in str(error.orig):
        log.error("The database refused to store something.", exc_info=error)
        return JSONResponse({"detail": "The database is out of order."}, 500)
    return JSONResponse({"detail": "This is on record already."}, 409)


def find_article(session: Session, sku: str) -> Article:
    article = session.exec(select(Article).where(Article.sku == sku)).first()
    if article is None:
        raise HTTPException(404, f"There is no article {sku}.")
    return article


def last_number(session: Session, till: str) -> int:
    return session.exec(select(func.max(Sale.number)).where(Sale.till == till)).one() or 0


def sell_lines(session: Session, sale: Sale, body: SaleIn) -> None:
    """Take the articles from the stock and onto the receipt."""
    for line in body.lines:
        article = find_article(session, line.sku)
        taken = session.exec(
            update(Article)
            .where(col(Article.sku) == line.sku, col(Article.stock) >= line.quantity)
            .values(stock=Article.stock - line.quantity)
        )
        if taken.rowcount == 0:
            raise HTTPException(409, f"There are not {line.quantity} of {line.sku} left.")
        sale.lines.append(Line(sku=line.sku, quantity=line.quantity))
        sale.total_cents += line.quantity * article.price_cents


def redeem(session: Session, sale: Sale, codes: list[str]) -> None:
    """Each voucher takes five euros off, down to nothing."""
    if len(set(codes)) < len(codes):
        raise HTTPException(409, "A voucher counts once.")
    for code in codes:
        if session.exec(select(Voucher).where(Voucher.code == code)).first():
            raise HTTPException(409, f"Voucher {code} was used before.")
        session.add(Voucher(code=code, sale=sale))
    sale.total_cents = max(0, sale.total_cents - VOUCHER_CENTS * len(codes))


def receipt_of(sale: Sale) -> Receipt:
    lines = [LineOut(sku=line.sku, quantity=line.quantity) for line in sale.lines]
    return Receipt(till=sale.till, number=sale.number, total_cents=sale.total_cents, lines=lines)


def send_receipt(to: str, receipt: Receipt) -> None:
    """A mail is a courtesy: the sale stands without it."""
    try:
        outside.mail(to, receipt.till, receipt.number, receipt.total_cents)
    except Exception:  # whatever it is: the sale is on record
        log.warning("The receipt %s/%s was not mailed.", receipt.till, receipt.number, exc_info=True)


@app.post("/articles", status_code=201, response_model=ArticleOut)
def add_article(body: ArticleIn, session: Db) -> Article:
    if session.exec(select(Article).where(Article.sku == body.sku)).first():
        raise HTTPException(409, "There is such an article.")
    article = Article(**body.model_dump())
    session.add(article)
    session.commit()
    return article


@app.get("/articles/{sku}", response_model=ArticleOut)
def read_article(sku: str, session: Db) -> Article:
    return find_article(session, sku)


@app.post("/articles/{sku}/deliveries", response_model=ArticleOut)
def deliver(sku: str, body: DeliveryIn, session: Db) -> Article:
    """New stock has arrived."""
    article = find_article(session, sku)
    article.stock = Article.stock + body.quantity
    session.add(article)
    session.flush()
    session.refresh(article)
    session.commit()
    return article


@app.post("/tills/{till}/sales", status_code=201)
def sell(till: Till, body: SaleIn, session: Db) -> Receipt:
    """Record a sale. The till prints the receipt when it reads 201."""
    last = last_number(session, till)
    if body.number > last + 1:
        raise HTTPException(409, f"Receipt {last + 1} of this till is missing.")
    if body.number <= last:
        raise HTTPException(409, f"Receipt {body.number} of this till is on record already.")
    sale = Sale(till=till, number=body.number)
    session.add(sale)
    sell_lines(session, sale, body)
    redeem(session, sale, body.vouchers)
    receipt = receipt_of(sale)
    session.commit()
    if body.email:
        send_receipt(body.email, receipt)
    return receipt


@app.get("/tills/{till}/sales/{number}")
def read_sale(till: Till, number: Number, session: Db) -> Receipt:
    sale = session.exec(select(Sale).where(Sale.till == till, Sale.number == number)).first()
    if sale is None:
        raise HTTPException(404, "There is no such receipt.")
    return receipt_of(sale)


@app.get("/tills/{till}/report")
def report(till: Till, session: Db) -> Report:
    """What the cashier counts against in the evening."""
    query = select(func.count(), func.sum(Sale.total_cents)).where(Sale.till == till)
    sales, total = session.exec(query).one()
    return Report(sales=sales, last_number=last_number(session, till), total_cents=total or 0)
