"""Tables of the payroll, what goes over the wire, and how a payslip is worked out."""

import logging
from typing import Annotated

from pydantic import StringConstraints
from sqlmodel import Field, SQLModel, UniqueConstraint

logger = logging.getLogger("payroll")

Month = Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]


class Employee(SQLModel, table=True):
    """`office` marks the people of the personnel office."""

    id: int | None = Field(default=None, primary_key=True)
    name: str
    iban: str
    monthly_cents: int
    office: bool = False


class Payout(SQLModel, table=True):
    """One month's salary, on its way to the bank."""

    __table_args__ = (UniqueConstraint("employee_id", "month"),)

    id: int | None = Field(default=None, primary_key=True)
    employee_id: int = Field(foreign_key="employee.id")
    month: str = Field(index=True)
    net_cents: int


class EmployeeIn(SQLModel):
    name: str = Field(min_length=1, max_length=100)
    iban: str = Field(min_length=15, max_length=34)
    monthly_cents: int = Field(gt=0, le=10_000_000)
    office: bool = False


class TokenIn(SQLModel):
    employee_id: int


class Token(SQLModel):
    access_token: str
    token_type: str = "bearer"


class PayoutIn(SQLModel):
    employee_id: int
    month: Month


class Payslip(SQLModel):
    employee_id: int
    currency: str
    gross_cents: int
    pension_cents: int
    tax_cents: int
    net_cents: int


class Transfer(SQLModel):
    iban: str
    cents: int


class PaymentFile(SQLModel):
    """What the bank is given for a month; it refuses a file with a wrong seal."""

    month: str
    transfers: list[Transfer]
    seal: str


def payslip(employee: Employee, currency: str) -> Payslip:
    """Pension is 9.3 % of the gross; tax is 20 % of what is left above 1,200.00."""
    gross = employee.monthly_cents
    pension = (gross * 93 + 500) // 1000
    taxable = max(0, gross - pension - 120_000)
    tax = (taxable * 20 + 50) // 100
    slip = Payslip(
        employee_id=employee.id or 0,
        currency=currency,
        gross_cents=gross,
        pension_cents=pension,
        tax_cents=tax,
        net_cents=gross - pension - tax,
    )
    logger.debug("Worked out: %s", slip)
    return slip
