"""The members of the gym, and what is sent about them."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, StringConstraints
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


class MemberBase(SQLModel):
    """What people say about themselves."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    email: Email = Field(unique=True, index=True)
    age: Age
    phone: Phone | None = None
    address: Address | None = None


class MemberCreate(MemberBase):
    """A sign-up."""


class MemberRecord(MemberBase):
    """A record as the desk may change it."""

    role: Role = Role.MEMBER
    trainer: str | None = Field(default=None, min_length=1, max_length=60)
    locker: int | None = Field(default=None, ge=1, le=120)
    newsletter: bool = False


class Member(MemberRecord, table=True):
    """One person on the books. Credit pays for towels and drinks."""

    id: int | None = Field(default=None, primary_key=True)
    credit_cents: int = 500


CHANGEABLE = {"name", "email", "age", "phone", "address", "role"}
PREFERENCES = {"trainer", "locker", "newsletter"}


class TopUp(SQLModel):
    model_config = ConfigDict(extra="forbid")

    cents: int = Field(gt=0, le=100_000)
