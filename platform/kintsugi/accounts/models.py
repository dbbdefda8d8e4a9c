"""Tables and documents of accounts."""

from datetime import datetime

from pydantic import BaseModel
from pydantic import Field as Described
from sqlmodel import Field, SQLModel

from kintsugi.database import Moment, new_id, now


class Account(SQLModel, table=True):
    """Someone who has done something here. A guest is one who has not signed in."""

    id: str = Field(default_factory=new_id, primary_key=True)
    handle: str
    is_guest: bool = True
    created_at: datetime = Field(default_factory=now, sa_type=Moment)


class ApiToken(SQLModel, table=True):
    """A bearer token; only its digest is kept."""

    digest: str = Field(primary_key=True)
    account_id: str = Field(foreign_key="account.id", index=True, ondelete="CASCADE")
    created_at: datetime = Field(default_factory=now, sa_type=Moment)


class GuestToken(BaseModel):
    """A new identity. The token is shown this once."""

    token: str = Described(description="Send it as `Authorization: Bearer <token>`.")
