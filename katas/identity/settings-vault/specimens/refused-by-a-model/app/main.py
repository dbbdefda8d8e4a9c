"""The payroll of a group of companies: payslips for employees, payment files for the bank."""

import hmac
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import Session, SQLModel, col, create_engine, select

from app import debug
from app.payroll import (
    Employee,
    EmployeeIn,
    Month,
    PaymentFile,
    Payout,
    PayoutIn,
    Payslip,
    Token,
    TokenIn,
    Transfer,
    payslip,
)
from app.settings import settings

logging.basicConfig(level=logging.DEBUG if settings.debug else logging.INFO)
logger = logging.getLogger("payroll")

engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
    hide_parameters=True,  # there are salaries among them, and failures are logged
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    logger.info("Starting in %s", settings.environment)
    SQLModel.metadata.create_all(engine)
    yield


app = FastAPI(title="Payroll", lifespan=lifespan)
app.include_router(debug.router)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(get_session)]
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


def current_employee(session: Db, bearer: Bearer) -> Employee:
    """Who is asking, by the token that `POST /tokens` gave out."""
    try:
        claims = jwt.decode(
            bearer.credentials,
            settings.jwt_secret.get_secret_value(),
            algorithms=["HS256"],
            options={"require": ["sub", "exp"]},
        )
        employee = session.get(Employee, int(claims["sub"]))
    except (jwt.InvalidTokenError, ValueError):
        employee = None
    if employee is None:
        raise HTTPException(401, "Please sign in.", {"WWW-Authenticate": "Bearer"})
    return employee


Me = Annotated[Employee, Depends(current_employee)]


def officer(me: Me) -> Employee:
    if not me.office:
        raise HTTPException(403, "This is for the personnel office.")
    return me


def existing(session: Session, employee_id: int) -> Employee:
    employee = session.get(Employee, employee_id)
    if employee is None:
        raise HTTPException(404, "There is no such employee.")
    return employee


@app.post("/employees", status_code=201)
def add_employee(body: EmployeeIn, session: Db) -> Employee:
    """Called by the personnel system; the gateway lets nobody else through."""
    employee = Employee(**body.model_dump())
    session.add(employee)
    session.commit()
    session.refresh(employee)
    return employee


@app.post("/tokens", status_code=201)
def make_token(body: TokenIn, session: Db) -> Token:
    """Called by the intranet's sign-in, which has checked who it is; nobody else gets through."""
    employee = existing(session, body.employee_id)
    expires = datetime.now(UTC) + timedelta(minutes=settings.token_minutes)
    claims = {"sub": str(employee.id), "exp": expires}
    secret = settings.jwt_secret.get_secret_value()
    return Token(access_token=jwt.encode(claims, secret, algorithm="HS256"))


@app.get("/employees/{employee_id}/payslip")
def read_payslip(employee_id: int, session: Db, me: Me) -> Payslip:
    """One's own payslip. The personnel office reads all."""
    if me.id != employee_id and not me.office:
        raise HTTPException(403, "This is not your payslip.")
    return payslip(existing(session, employee_id), settings.currency)


@app.post("/payouts", status_code=201, dependencies=[Depends(officer)])
def pay_out(body: PayoutIn, session: Db) -> Payout:
    """Put an employee's net salary on a month's payment file, once."""
    employee = existing(session, body.employee_id)
    given = select(Payout).where(Payout.employee_id == body.employee_id, Payout.month == body.month)
    if session.exec(given).first():
        raise HTTPException(409, "This month has been paid out already.")
    slip = payslip(employee, settings.currency)
    payout = Payout(**body.model_dump(), net_cents=slip.net_cents)
    session.add(payout)
    session.commit()
    session.refresh(payout)
    return payout


@app.get("/payouts/{month}/file", dependencies=[Depends(officer)])
def read_payment_file(month: Month, session: Db) -> PaymentFile:
    """A month's transfers for the bank, sealed with the key that we share with it."""
    if settings.bank_key is None:
        raise HTTPException(503, "The bank is not connected here.")
    query = (
        select(Employee.iban, Payout.net_cents)
        .join(Payout, col(Payout.employee_id) == Employee.id)
        .where(Payout.month == month)
        .order_by(col(Payout.id))
    )
    transfers = [Transfer(iban=iban, cents=cents) for iban, cents in session.exec(query)]
    text = "\n".join([month, *(f"{t.iban};{t.cents}" for t in transfers)])
    key = settings.bank_key.get_secret_value()
    seal = hmac.new(key.encode(), text.encode(), "sha256").hexdigest()
    return PaymentFile(month=month, transfers=transfers, seal=seal)
