"""The members of the gym, and what is sent about them."""

from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StrictBool,
    StrictInt,
    StringConstraints,
)
from pydantic import Field as Limits
from sqlmodel import Field, SQLModel


class Role(StrEnum):
    """Members train; staff also open the back door and the till."""

    MEMBER = "member"
    STAFF = "staff"


class Member(SQLModel, table=True):
    """One person on the books. Credit pays for towels and drinks.

    A table does not validate: whatever comes from outside goes through the models below.
    """

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


class MemberOut(BaseModel):
    """The record as it is stored."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    email: str
    age: int
    phone: str | None
    address: str | None
    role: Role
    credit_cents: int
    trainer: str | None
    locker: int | None
    newsletter: bool


def email_address(value: str) -> str:
    before, _, after = value.partition("@")
    if not before or not after or "@" in after or any(letter.isspace() for letter in value):
        raise ValueError("An e-mail address has one @, something on both sides, and no spaces.")
    return value.lower()


Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Email = Annotated[str, AfterValidator(email_address)]
Age = Annotated[StrictInt, Limits(ge=14, le=110)]
Phone = Annotated[str, StringConstraints(max_length=30)]
Address = Annotated[str, StringConstraints(max_length=200)]
Trainer = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Locker = Annotated[StrictInt, Limits(ge=1, le=120)]


class Sent(BaseModel):
    """What clients send. A field that we do not know here is a mistake of theirs."""

    model_config = ConfigDict(extra="forbid")

    def sent(self) -> dict[str, object]:
        """Only what the request really holds; `null` is something, too."""
        return self.model_dump(exclude_unset=True)


class SignUp(Sent):
    name: Name
    email: Email
    age: Age
    phone: Phone | None = None
    address: Address | None = None


# In what follows, a default of None is never read: `sent` leaves it out. A type without None
# therefore means that `null` is refused.


class Correction(Sent):
    name: Name = None  # type: ignore[assignment]
    email: Email = None  # type: ignore[assignment]
    age: Age = None  # type: ignore[assignment]
    phone: Phone | None = None
    address: Address | None = None
    role: Role = None  # type: ignore[assignment]


class Preferences(Sent):
    """What a member may choose. Everything can be left out."""

    trainer: Trainer | None = None
    locker: Locker | None = None
    newsletter: StrictBool = None  # type: ignore[assignment]


class TopUp(Sent):
    cents: Annotated[StrictInt, Limits(gt=0, le=100_000)]
