"""Tables, transfer objects and errors of the tool library."""

from datetime import date

from pydantic import BaseModel
from pydantic import Field as Limits
from sqlmodel import Field, SQLModel


class ToolTable(SQLModel, table=True):
    __tablename__ = "tool"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(unique=True, index=True)
    name: str
    notes: str = ""
    deposit_cents: int


class LoanTable(SQLModel, table=True):
    __tablename__ = "loan"

    id: int | None = Field(default=None, primary_key=True)
    tool_id: int = Field(foreign_key="tool.id", index=True)
    member: str = Field(index=True)
    lent_on: date
    due_on: date
    returned_on: date | None = None
    deposit_reference: str | None = None


class ToolFields(BaseModel):
    code: str = Limits(min_length=1, max_length=20)
    name: str = Limits(min_length=1, max_length=80)
    notes: str = Limits(default="", max_length=500)
    deposit_cents: int = Limits(ge=0, le=50_000)


class ToolIn(ToolFields):
    pass


class ToolChange(BaseModel):
    code: str = Limits(default="", min_length=1, max_length=20)
    name: str = Limits(default="", min_length=1, max_length=80)
    notes: str = Limits(default="", max_length=500)


class ToolOut(ToolFields):
    id: int


class Updated(BaseModel):
    updated: bool


class LoanFields(BaseModel):
    tool_id: int
    member: str = Limits(min_length=1, max_length=80)


class LoanIn(LoanFields):
    pass


class LoanOut(LoanFields):
    id: int
    lent_on: date
    due_on: date
    returned_on: date | None


class Settlement(BaseModel):
    fee_cents: int
    refund_cents: int


class Reminders(BaseModel):
    sent: int


class Missing(Exception):
    """What was asked for does not exist."""


class Refused(Exception):
    """A rule of the library forbids it."""
