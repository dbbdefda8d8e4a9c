"""Tables of the tool library, and what goes over the wire."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel
from pydantic import Field as Limits
from sqlmodel import Field, SQLModel

Code = Annotated[str, Limits(min_length=1, max_length=20)]
Name = Annotated[str, Limits(min_length=1, max_length=80)]
Notes = Annotated[str, Limits(max_length=500)]
Cents = Annotated[int, Limits(ge=0, le=50_000)]


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


class ToolCreateDTO(BaseModel):
    code: Code
    name: Name
    notes: Notes = ""
    deposit_cents: Cents


class ToolUpdateDTO(BaseModel):
    code: Code = ""
    name: Name = ""
    notes: Notes = ""


class ToolDTO(BaseModel):
    code: Code
    name: Name
    notes: Notes = ""
    deposit_cents: Cents
    id: int


class UpdatedDTO(BaseModel):
    updated: bool


class LoanCreateDTO(BaseModel):
    tool_id: int
    member: Name


class LoanDTO(BaseModel):
    tool_id: int
    member: Name
    id: int
    lent_on: date
    due_on: date
    returned_on: date | None


class SettlementDTO(BaseModel):
    fee_cents: int
    refund_cents: int


class RemindersDTO(BaseModel):
    sent: int
