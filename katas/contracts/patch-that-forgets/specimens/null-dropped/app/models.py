"""The members of the gym, and what is sent about them."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, StringConstraints, field_validator
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


class MemberIn(SQLModel):
    """What a sign-up sends."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    email: Email
    age: int = Field(ge=14, le=110)
    phone: str | None = Field(default=None, max_length=30)
    address: str | None = Field(default=None, max_length=200)


class MemberPatch(SQLModel):
    """What a change sends. Everything can be left out."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=80)
    email: Email | None = None
    age: int | None = Field(default=None, ge=14, le=110)
    phone: str | None = Field(default=None, max_length=30)
    address: str | None = Field(default=None, max_length=200)
    role: Role | None = None

    @field_validator("name", "email", "age", "role")
    @classmethod
    def filled(cls, value: object) -> object:
        if value is None:
            raise ValueError("This field cannot be emptied.")
        return value


class Preferences(SQLModel):
    """What a member may choose. Everything can be left out."""

    model_config = ConfigDict(extra="forbid")

    trainer: str | None = Field(default=None, min_length=1, max_length=60)
    locker: int | None = Field(default=None, ge=1, le=120)
    newsletter: bool | None = None

    @field_validator("newsletter")
    @classmethod
    def yes_or_no(cls, value: bool | None) -> bool:
        if value is None:
            raise ValueError("Yes or no?")
        return value


class TopUp(SQLModel):
    model_config = ConfigDict(extra="forbid")

    cents: int = Field(gt=0, le=100_000)
