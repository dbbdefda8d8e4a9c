"""Tables of the pharmacy network, and what goes over the wire."""

import secrets
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlmodel import Field, SQLModel

PatientNumber = Annotated[str, StringConstraints(pattern=r"^P\d{8}$")]


class Pharmacy(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    token_digest: str = Field(index=True, unique=True)


class Prescription(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    order_no: str = Field(default_factory=lambda: f"RX-{secrets.token_hex(5)}", unique=True)
    reference: str = Field(unique=True)
    patient: str = Field(index=True)
    drug: str
    quantity: int
    note: str = ""
    state: str = "open"
    share: int | None = None


class Audit(SQLModel, table=True):
    """Who did what to which order; read by the authority, never changed."""

    id: int | None = Field(default=None, primary_key=True)
    order_no: str = Field(index=True)
    pharmacy_id: int = Field(foreign_key="pharmacy.id")
    action: str
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class PharmacyIn(SQLModel):
    name: str = Field(min_length=1, max_length=80)


class PharmacyOut(SQLModel):
    id: int
    name: str
    token: str


class PrescriptionIn(SQLModel):
    reference: str = Field(min_length=1, max_length=40, description="The doctor's, used once")
    patient: PatientNumber
    drug: str = Field(min_length=1, max_length=80)
    quantity: int = Field(ge=1, le=100)
    note: str = Field(default="", max_length=500)


class PrescriptionOut(SQLModel):
    order_no: str
    reference: str
    patient: str
    drug: str
    quantity: int
    note: str
    state: Literal["open", "dispensed"]
    share: int | None = Field(description="What the insurer pays, in percent")


class Cover(BaseModel):
    """What the insurer answers."""

    model_config = ConfigDict(hide_input_in_errors=True)

    patient: str
    order_no: str
    share: int
