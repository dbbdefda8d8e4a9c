"""HTTP for the tills of the museum shop."""

import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import BackgroundTasks, FastAPI, HTTPException, Path, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session, SQLModel, func, select

from app import outside
from app.db import Db, engine
from app.models import (
    Article,
    ArticleIn,
    ArticleOut,
    DeliveryIn,
    Line,
    LineIn,
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


@app.exception_handler(SQLAlchemyError)
def database_failed(request: Request, error: SQLAlchemyError) -> JSONResponse:
    """409 for what is there already; anything else is the database's own trouble."""
    if isinstance(error, IntegrityError):
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
            return JSONResponse({"detail": "This is on record already."}, 409)
    log.error("The database is out of order.", exc_info=error)
    return JSONResponse({"detail": "The database is out of order."}, 503)


def find_article(session: Session, sku: str) -> Article:
    article = session.exec(select(Article).where(Article.sku == sku)).first()
    if article is None:
        raise HTTPException(404, f"There is no article {sku}.")
    return article


def last_number(session: Session, till: str) -> int:
    return session.exec(select(func.max(Sale.number)).where(Sale.till == till)).one() or 0


def open_sale(session: Session, till: str, number: int) -> Sale:
    """Claim the number. From here on, this request alone writes to the database."""
    expected = last_number(session, till) + 1
    if number != expected:
        raise HTTPException(409, f"The next receipt of this till is {expected}.")
    sale = Sale(till=till, number=number)
    session.add(sale)
    session.flush()
    return sale


def sell_lines(session: Session, sale: Sale, lines: list[LineIn]) -> None:
    """Take the articles from the stock and onto the receipt."""
    for line in lines:
        article = find_article(session, line.sku)
        if article.stock < line.quantity:
            raise HTTPException(409, f"There are {article.stock} of {line.sku} left.")
        article.stock -= line.quantity
        sale.lines.append(Line(sku=line.sku, quantity=line.quantity))
        sale.total_cents += line.quantity * article.price_cents


def redeem(session: Session, sale: Sale, codes: list[str]) -> None:
    """Each voucher takes five euros off, down to nothing."""
    for code in codes:
        if session.exec(select(Voucher).where(Voucher.code == code)).first():
            raise HTTPException(409, f"Voucher {code} was used before.")
        session.add(Voucher(code=code, sale_id=sale.id))
        session.flush()
    sale.total_cents = max(0, sale.total_cents - VOUCHER_CENTS * len(codes))


def receipt_of(sale: Sale) -> Receipt:
    lines = [LineOut(sku=line.sku, quantity=line.quantity) for line in sale.lines]
    return Receipt(till=sale.till, number=sale.number, total_cents=sale.total_cents, lines=lines)


def send_receipt(to: str, receipt: Receipt) -> None:
    """A mail is a courtesy: the sale stands without it."""
    try:
        outside.mail(to, receipt.till, receipt.number, receipt.total_cents)
    except outside.OutsideError:
        log.warning("The receipt %s/%s was not mailed.", receipt.till, receipt.number)


@app.post("/articles", status_code=201, response_model=ArticleOut)
def add_article(body: ArticleIn, session: Db) -> Article:
    if session.exec(select(Article).where(Article.sku == body.sku)).first():
        raise HTTPException(409, "There is such an article.")
    article = Article(**body.model_dump())
    session.add(article)
    return article


@app.get("/articles/{sku}", response_model=ArticleOut)
def read_article(sku: str, session: Db) -> Article:
    return find_article(session, sku)


@app.post("/articles/{sku}/deliveries", response_model=ArticleOut)
def deliver(sku: str, body: DeliveryIn, session: Db) -> Article:
    """New stock has arrived."""
    article = find_article(session, sku)
    article.stock = Article.stock + body.quantity
    session.flush()
    session.refresh(article)
    return article


@app.post("/tills/{till}/sales", status_code=201)
def sell(till: Till, body: SaleIn, session: Db, tasks: BackgroundTasks) -> Receipt:
    """Record a sale. The till prints the receipt when it reads 201."""
    sale = open_sale(session, till, body.number)
    sell_lines(session, sale, body.lines)
    redeem(session, sale, body.vouchers)
    receipt = receipt_of(sale)
    if body.email:
        tasks.add_task(send_receipt, body.email, receipt)  # after the commit
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
