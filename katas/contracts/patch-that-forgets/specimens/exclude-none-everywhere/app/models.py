"""The members of the gym, and what is sent about them."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator
from pydantic import Field as Limits
from sqlmodel import Field, SQLModel

Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Email = Annotated[
    str, StringConstraints(to_lower=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
]
Age = Annotated[int, Limits(ge=14, le=110)]
Phone = Annotated[str, StringConstraints(max_length=30)]
Address = Annotated[str, StringConstraints(max_length=200)]


class Role(StrEnum):
    """Members train; staff also open the back door and the till."""

    MEMBER = "member"
    STAFF = "staff"


class Member(SQLModel, table=True):
    """One person on the books. Credit pays for towels and drinks."""

    id: int | None = Field(default=None, primary_key=True)
    name: str
    email: str = Field(unique=True, index=True)
    age: int
    phone: str | None = None
    address: str | None = None
    role: Role = Role.MEMBER
    credit_cents: int = 500
    trainer: str | None = None
    locker: int | None = None
    newsletter: bool = False


class Body(BaseModel):
    """What clients send. A field that is not declared is refused."""

    model_config = ConfigDict(extra="forbid")


class SignUp(Body):
    name: Name
    email: Email
    age: Age
    phone: Phone | None = None
    address: Address | None = None


class Correction(Body):
    """What is not sent stays as it is; the defaults are never stored."""

    name: Name | None = None
    email: Email | None = None
    age: Age | None = None
    phone: Phone | None = None
    address: Address | None = None
    role: Role | None = None

    @field_validator("name", "email", "age", "role")
    @classmethod
    def not_emptied(cls, value: object) -> object:
        if value is None:
            raise ValueError("cannot be empty")
        return value


class Preferences(Body):
    """What a member may choose. Everything can be left out."""

    trainer: str | None = Limits(default=None, min_length=1, max_length=60)
    locker: int | None = Limits(default=None, ge=1, le=120)
    newsletter: bool | None = None

    @field_validator("newsletter")
    @classmethod
    def decided(cls, value: bool | None) -> bool:
        if value is None:
            raise ValueError("is true or false")
        return value


class TopUp(Body):
    cents: int = Limits(gt=0, le=100_000)
