"""Tables and documents of accounts."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel
from pydantic import Field as Described
from sqlmodel import Field, SQLModel

from kintsugi.database import Moment, new_id, now

LONGEST_NAME = 40


class Role(StrEnum):
    """What someone may do; each may do what those before it may."""

    LEARNER = "learner"
    INSTRUCTOR = "instructor"
    ADMIN = "admin"

    def covers(self, other: "Role") -> bool:
        """Whether it may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Account(SQLModel, table=True):
    """Someone who has done something here. A guest is one who has not signed up.

    Attributes:
        handle: the name that others see.
        email: as `credentials.read_email` gives it: one form for one address; None for guests.
        password: its hash.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    handle: str
    is_guest: bool = True
    email: str | None = Field(default=None, unique=True, index=True)
    password: str | None = None
    role: str = Field(
        default=Role.LEARNER.value, sa_column_kwargs={"server_default": Role.LEARNER.value}
    )
    created_at: datetime = Field(default_factory=now, sa_type=Moment)


class BrowserSession(SQLModel, table=True):
    """A browser in which someone is signed in. Its cookie carries the id, signed.

    Attributes:
        agent: roughly which browser, for its owner to recognise.
        used_at: to the hour: it is not written with every page.
    """

    id: str = Field(default_factory=new_id, primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True, ondelete="CASCADE")
    agent: str
    created_at: datetime = Field(default_factory=now, sa_type=Moment)
    used_at: datetime = Field(default_factory=now, sa_type=Moment)


class ApiToken(SQLModel, table=True):
    """A bearer token; only its digest is kept.

    Attributes:
        id: how its owner names it; says nothing about the token.
        used_at: to the hour.
    """

    digest: str = Field(primary_key=True)
    id: str = Field(default_factory=new_id, unique=True, index=True)
    account_id: str = Field(foreign_key="account.id", index=True, ondelete="CASCADE")
    name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    created_at: datetime = Field(default_factory=now, sa_type=Moment)
    used_at: datetime | None = Field(default=None, sa_type=Moment)


class PasswordReset(SQLModel, table=True):
    """A link that sets a new password, once. Only its digest is kept."""

    digest: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True, ondelete="CASCADE")
    expires_at: datetime = Field(sa_type=Moment)


class GuestToken(BaseModel):
    """A new identity. The token is shown this once."""

    token: str = Described(description="Send it as `Authorization: Bearer <token>`.")


class AccountDocument(BaseModel):
    """Who is asking."""

    id: str
    name: str
    guest: bool = Described(description="Has not signed up: known by a cookie or token alone.")
    email: str | None
    role: Role
    created_at: datetime


class TokenDocument(BaseModel):
    """An API token, without the token itself."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None = Described(description="To the hour; null if it never was.")


class TokenList(BaseModel):
    """API tokens, newest first."""

    items: list[TokenDocument]
    next: str | None = None


class TokenCreate(BaseModel):
    """What a new token is for."""

    name: str = Described(min_length=1, max_length=LONGEST_NAME, examples=["laptop"])


class TokenCreated(TokenDocument):
    """A new token. It is shown this once."""

    token: str = Described(description="Send it as `Authorization: Bearer <token>`.")


class AccountDelete(BaseModel):
    """Says that it is meant."""

    confirm: str = Described(
        max_length=400, description="The account's password; for a guest, its name."
    )
