"""The members of the gym, and what is sent about them."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, StringConstraints, field_validator, model_validator
from sqlmodel import Field, SQLModel


class Role(StrEnum):
    """Members train; staff also open the back door and the till."""

    MEMBER = "member"
    STAFF = "staff"


class Member(SQLModel, table=True):
    """One person on the books. Credit pays for towels and drinks."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(min_length=1, max_length=80)
    email: str = Field(unique=True, index=True)
    age: int
    phone: str | None = None
    address: str | None = None
    role: Role = Role.MEMBER
    credit_cents: int = 500
    trainer: str | None = None
    locker: int | None = None
    newsletter: bool = False


Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")]
GIVEN_BY_US = {"id", "role", "credit_cents"}


def without(data: Any, fields: set[str]) -> Any:
    """What was sent, but for the fields that are not the sender's to decide."""
    if isinstance(data, dict):
        return {key: value for key, value in data.items() if key not in fields}
    return data


class MemberIn(SQLModel):
    """A sign-up. Unknown fields are refused; what is ours to give is left aside."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    email: Email
    age: int = Field(ge=14, le=110)
    phone: str | None = Field(default=None, max_length=30)
    address: str | None = Field(default=None, max_length=200)

    @model_validator(mode="before")
    @classmethod
    def leave_aside(cls, data: Any) -> Any:
        return without(data, GIVEN_BY_US)


class MemberChange(SQLModel):
    """Corrections. Everything can be left out; only phone and address can be emptied."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=80)
    email: Email | None = None
    age: int | None = Field(default=None, ge=14, le=110)
    phone: str | None = Field(default=None, max_length=30)
    address: str | None = Field(default=None, max_length=200)
    role: Role | None = None

    @model_validator(mode="before")
    @classmethod
    def leave_aside(cls, data: Any) -> Any:
        return without(data, GIVEN_BY_US - {"role"})

    @field_validator("name", "email", "age", "role")
    @classmethod
    def not_empty(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("This field cannot be emptied.")
        return value


class Preferences(SQLModel):
    """What a member may choose. Everything can be left out; trainer and locker can be emptied."""

    model_config = ConfigDict(extra="forbid")

    trainer: str | None = Field(default=None, min_length=1, max_length=60)
    locker: int | None = Field(default=None, ge=1, le=120)
    newsletter: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def leave_aside(cls, data: Any) -> Any:
        return without(data, GIVEN_BY_US)

    @field_validator("newsletter")
    @classmethod
    def yes_or_no(cls, value: bool | None) -> bool:
        if value is None:
            raise ValueError("This field cannot be emptied.")
        return value


class TopUp(SQLModel):
    model_config = ConfigDict(extra="forbid")

    cents: int = Field(gt=0, le=100_000)
