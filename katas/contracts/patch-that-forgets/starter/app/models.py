"""The members of the gym, and what is sent about them."""

from enum import StrEnum

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


class Preferences(SQLModel):
    """What a member may choose. Everything can be left out."""

    trainer: str | None = Field(default=None, min_length=1, max_length=60)
    locker: int | None = Field(default=None, ge=1, le=120)
    newsletter: bool | None = None


class TopUp(SQLModel):
    cents: int = Field(gt=0, le=100_000)
