"""HTTP for the pharmacy network: prescriptions come in, pharmacies dispense them."""

import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, create_engine, select, update

from app import obs, outside
from app.models import (
    Audit,
    Cover,
    Pharmacy,
    PharmacyIn,
    PharmacyOut,
    Prescription,
    PrescriptionIn,
    PrescriptionOut,
)
from app.obs import log

obs.configure()
engine = create_engine(
    os.environ.get("DATABASE_URL", "sqlite:///./app.db"),
    connect_args={"check_same_thread": False},
    hide_parameters=True,  # they would stand in tracebacks
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(engine)
    yield
    engine.dispose()


app = FastAPI(title="Pharmacy network", lifespan=lifespan)
app.middleware("http")(obs.watch)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


Db = Annotated[Session, Depends(get_session)]
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


def current_pharmacy(session: Db, bearer: Bearer) -> Pharmacy:
    query = select(Pharmacy).where(Pharmacy.token_digest == digest(bearer.credentials))
    pharmacy = session.exec(query).first()
    if pharmacy is None:
        raise HTTPException(401, "Unknown token.", {"WWW-Authenticate": "Bearer"})
    return pharmacy


Me = Annotated[Pharmacy, Depends(current_pharmacy)]


def existing(session: Session, order_no: str) -> Prescription:
    query = select(Prescription).where(Prescription.order_no == order_no)
    prescription = session.exec(query).first()
    if prescription is None:
        raise HTTPException(404, "There is no such order.")
    return prescription


@app.post("/pharmacies", status_code=201, response_model=PharmacyOut)
def add_pharmacy(body: PharmacyIn, session: Db) -> PharmacyOut:
    """Called by the office; the gateway lets nobody else through."""
    token = secrets.token_urlsafe(24)
    pharmacy = Pharmacy(name=body.name, token_digest=digest(token))
    session.add(pharmacy)
    session.commit()
    session.refresh(pharmacy)
    return PharmacyOut(**pharmacy.model_dump(), token=token)


@app.post("/prescriptions", status_code=201, response_model=PrescriptionOut)
def take_in(body: PrescriptionIn, session: Db, me: Me) -> Prescription:
    prescription = Prescription(**body.model_dump())
    session.add(prescription)
    session.add(Audit(order_no=prescription.order_no, pharmacy_id=me.id, action="taken in"))
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(409, "This reference is used already.") from None
    session.refresh(prescription)
    log.info("Order %s taken in", prescription.order_no)
    return prescription


@app.get("/prescriptions", response_model=list[PrescriptionOut])
def search(patient: str, session: Db, me: Me) -> Sequence[Prescription]:
    """The prescriptions of one patient, the oldest first."""
    query = select(Prescription).where(Prescription.patient == patient)
    return session.exec(query.order_by(col(Prescription.id))).all()


@app.get("/prescriptions/{order_no}", response_model=PrescriptionOut)
def read(order_no: str, session: Db, me: Me) -> Prescription:
    return existing(session, order_no)


@app.post("/prescriptions/{order_no}/dispense", response_model=PrescriptionOut)
def dispense(order_no: str, session: Db, me: Me) -> Prescription:
    """Hand the drug out, once, after the insurer has said what it pays."""
    prescription = existing(session, order_no)
    if prescription.state != "open":
        raise HTTPException(409, "This order has been dispensed.")
    try:
        answer = outside.cover(order_no, prescription.patient, obs.request_id.get())
    except outside.OutsideError:
        log.warning("No insurer answered")
        raise HTTPException(502, "The insurer does not answer.") from None
    share = Cover.model_validate(answer).share
    still_open = (col(Prescription.order_no) == order_no, col(Prescription.state) == "open")
    query = update(Prescription).where(*still_open).values(state="dispensed", share=share)
    if session.exec(query).rowcount != 1:
        raise HTTPException(409, "This order has been dispensed.")
    session.add(Audit(order_no=order_no, pharmacy_id=me.id, action="dispensed"))
    session.commit()
    session.refresh(prescription)
    log.info("Order %s dispensed", order_no)
    return prescription


@app.get("/metrics", response_class=PlainTextResponse)
async def metrics(x_internal_key: Annotated[str, Header()] = "") -> str:
    key = os.environ.get("METRICS_KEY", "")
    if not key or not secrets.compare_digest(x_internal_key.encode("latin-1"), key.encode()):
        raise HTTPException(403, "The metrics are for those who have the key.")
    return obs.metrics()
