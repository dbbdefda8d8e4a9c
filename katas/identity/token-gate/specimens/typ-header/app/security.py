"""Tokens of the hub: for the members' app, and for the links in confirmation mails."""

import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import jwt
from fastapi import Depends, HTTPException, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from app.db import Db
from app.models import Member, Plan

SECRET = os.environ.get("JWT_SECRET") or secrets.token_urlsafe(36)
ALGORITHM = "HS256"
ISSUER = "hub"
AUDIENCE = "doors"
SESSION = timedelta(minutes=15)
CONFIRMATION = timedelta(days=2)

bearer = HTTPBearer(description="The token from `POST /tokens`")
Purpose = Literal["access", "confirm"]
TYPES = {"access": "at+jwt", "confirm": "confirm+jwt"}  # RFC 9068 names the first


class Caller(BaseModel):
    """Who uses the app or stands at a door."""

    id: int
    name: str
    plan: Plan


def issue(member: Member, purpose: Purpose, lifetime: timedelta) -> str:
    now = datetime.now(UTC)
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(member.id),
        "name": member.name,
        "plan": member.plan,
        "iat": now,
        "exp": now + lifetime,
    }
    return jwt.encode(claims, SECRET, algorithm=ALGORITHM, headers={"typ": TYPES[purpose]})


def member_of(token: str, purpose: Purpose) -> int:
    """The member's number in a token of ours that was issued for this purpose.

    Raises:
        jwt.InvalidTokenError: it is not such a token, or no longer.
    """
    claims = jwt.decode(
        token,
        SECRET,
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"require": ["exp", "sub"]},
    )
    if (
        jwt.get_unverified_header(token).get("typ") != TYPES[purpose]
        or not claims["sub"].isdecimal()
    ):
        raise jwt.InvalidTokenError("This token is for something else.")
    return int(claims["sub"])


def confirmed_member(token: str) -> int | None:
    """The member whose address a link confirms. Mail programs mangle links now and then."""
    try:
        return member_of(token, "confirm")
    except jwt.InvalidTokenError:
        return None


def unauthorized() -> HTTPException:
    return HTTPException(
        status.HTTP_401_UNAUTHORIZED,
        "Please sign in again.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def current_caller(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)], session: Db
) -> Caller:
    """Who uses the app or stands at a door: a member, and still one."""
    try:
        number = member_of(credentials.credentials, "access")
    except jwt.InvalidTokenError:
        raise unauthorized() from None
    member = session.get(Member, number)
    if member is None or member.suspended:
        raise unauthorized()
    return Caller(id=number, name=member.name, plan=member.plan)


Me = Annotated[Caller, Depends(current_caller)]
