"""Tables, entities, transfer objects, events and errors of the tool library."""

from dataclasses import dataclass
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


@dataclass
class ToolEntity:
    id: int | None
    code: str
    name: str
    deposit_cents: int
    notes: str = ""


@dataclass
class LoanEntity:
    id: int | None
    tool_id: int
    member: str
    lent_on: date
    due_on: date
    returned_on: date | None = None
    deposit_reference: str | None = None


class ToolCreateDTO(BaseModel):
    code: str = Limits(min_length=1, max_length=20)
    name: str = Limits(min_length=1, max_length=80)
    notes: str = Limits(default="", max_length=500)
    deposit_cents: int = Limits(ge=0, le=50_000)


class ToolUpdateDTO(BaseModel):
    code: str = Limits(default="", min_length=1, max_length=20)
    name: str = Limits(default="", min_length=1, max_length=80)
    notes: str = Limits(default="", max_length=500)


class ToolDTO(ToolCreateDTO):
    id: int


class UpdatedDTO(BaseModel):
    updated: bool


class LoanCreateDTO(BaseModel):
    tool_id: int
    member: str = Limits(min_length=1, max_length=80)


class LoanDTO(LoanCreateDTO):
    id: int
    lent_on: date
    due_on: date
    returned_on: date | None


class SettlementDTO(BaseModel):
    fee_cents: int
    refund_cents: int


class RemindersDTO(BaseModel):
    sent: int


class DomainEvent:
    """Something that happened in the library."""


@dataclass
class LoanOverdue(DomainEvent):
    member: str
    tool: str
    days: int


class DomainError(Exception):
    """A rule of the library was broken."""


class EntityNotFoundError(DomainError):
    pass


class RuleViolationError(DomainError):
    pass
