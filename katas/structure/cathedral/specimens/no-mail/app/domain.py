"""Tables of the tool library, what goes over the wire, and how a rule says no."""

from datetime import date

from pydantic import BaseModel
from pydantic import Field as Limits
from sqlmodel import Field, SQLModel


class Tool(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, index=True)
    name: str
    notes: str = ""
    deposit_cents: int


class Loan(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    tool_id: int = Field(foreign_key="tool.id", index=True)
    member: str = Field(index=True)
    lent_on: date
    due_on: date
    returned_on: date | None = None
    deposit_reference: str | None = None


class ToolIn(BaseModel):
    code: str = Limits(min_length=1, max_length=20)
    name: str = Limits(min_length=1, max_length=80)
    notes: str = Limits(default="", max_length=500)
    deposit_cents: int = Limits(ge=0, le=50_000)


class ToolChange(BaseModel):
    code: str = Limits(default="", min_length=1, max_length=20)
    name: str = Limits(default="", min_length=1, max_length=80)
    notes: str = Limits(default="", max_length=500)


class ToolOut(ToolIn):
    id: int


class Updated(BaseModel):
    updated: bool


class LoanIn(BaseModel):
    tool_id: int
    member: str = Limits(min_length=1, max_length=80)


class LoanOut(LoanIn):
    id: int
    lent_on: date
    due_on: date
    returned_on: date | None


class Settlement(BaseModel):
    fee_cents: int
    refund_cents: int


class Reminders(BaseModel):
    sent: int


class NotFoundError(Exception):
    """There is no such thing in the library."""


class RuleError(Exception):
    """A rule of the library forbids it."""
