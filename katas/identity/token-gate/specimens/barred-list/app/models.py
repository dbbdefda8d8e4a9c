"""Tables of the hub, and what goes over the wire."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel


class Plan(StrEnum):
    DAY = "day"
    FLEX = "flex"
    RESIDENT = "resident"


class Zone(StrEnum):
    LOBBY = "lobby"
    DESKS = "desks"
    STUDIOS = "studios"


ZONES = {
    Plan.DAY: {Zone.LOBBY},
    Plan.FLEX: {Zone.LOBBY, Zone.DESKS},
    Plan.RESIDENT: {Zone.LOBBY, Zone.DESKS, Zone.STUDIOS},
}


class Member(SQLModel, table=True):
    __table_args__ = {"sqlite_autoincrement": True}  # the number of a former member is not reused

    id: int | None = Field(default=None, primary_key=True)
    name: str
    email: str
    plan: Plan
    suspended: bool = False
    email_confirmed: bool = False


class Barred(SQLModel, table=True):
    """Members whose tokens from before count no longer; a row may go once these are over."""

    member_id: int = Field(primary_key=True)
    since: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Door(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    zone: Zone


class Entry(SQLModel, table=True):
    """A door was opened. Bills and the fire brigade's list are made from these."""

    id: int | None = Field(default=None, primary_key=True)
    door_id: int = Field(foreign_key="door.id", index=True)
    member_id: int = Field(index=True)
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class MemberIn(SQLModel):
    name: str = Field(min_length=1, max_length=100)
    email: str = Field(min_length=3, max_length=200)
    plan: Plan


class MemberPatch(SQLModel):
    plan: Plan | None = None
    suspended: bool | None = None


class DoorIn(SQLModel):
    name: str = Field(min_length=1, max_length=60)
    zone: Zone


class TokenIn(SQLModel):
    member_id: int


class TokenOut(SQLModel):
    access_token: str
    token_type: str = "bearer"
    expires_in: int


class Link(SQLModel):
    """What a link in the confirmation mail carries."""

    token: str = Field(max_length=2000)
