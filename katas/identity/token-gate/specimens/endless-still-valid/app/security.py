"""Tokens of the hub: for the members' app, and for the links in confirmation mails."""

import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import jwt
from fastapi import Depends, HTTPException
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

bearer = HTTPBearer(auto_error=False, description="The token from `POST /tokens`")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


class Caller(BaseModel):
    """Who is asking: number from the token, the rest as the hub knows it now."""

    id: int
    name: str
    plan: Plan | None


def issue(
    member: Member, purpose: Literal["access", "confirm"], lifetime: timedelta = SESSION
) -> str:
    now = datetime.now(UTC)
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(member.id),
        "name": member.name,
        "plan": member.plan,
        "purpose": purpose,
        "iat": now,
        "exp": now + lifetime,
    }
    return jwt.encode(claims, SECRET, algorithm=ALGORITHM)


def member_of(token: str, purpose: Literal["access", "confirm"]) -> int:
    """The number in a token of ours. Raises InvalidTokenError for any other token."""
    claims = jwt.decode(
        token,
        SECRET,
        algorithms=[ALGORITHM],
        issuer=ISSUER,
        audience=AUDIENCE,
    )
    if claims.get("purpose") != purpose:
        raise jwt.InvalidTokenError("This token is for something else.")
    try:
        return int(claims["sub"])
    except (KeyError, ValueError) as e:
        raise jwt.InvalidTokenError("This is no member's number.") from e


def confirmed_member(token: str) -> int | None:
    """The member whose address a link confirms. Mail programs mangle links now and then."""
    try:
        return member_of(token, "confirm")
    except jwt.InvalidTokenError:
        return None


def unauthorized(challenge: str) -> HTTPException:
    return HTTPException(401, "Please sign in.", {"WWW-Authenticate": challenge})


def current_caller(credentials: Credentials, session: Db) -> Caller:
    """Who uses the app, or stands at a door: a member who may still come in."""
    if credentials is None:
        raise unauthorized("Bearer")
    try:
        member = session.get(Member, member_of(credentials.credentials, "access"))
    except (jwt.InvalidTokenError, OverflowError):
        member = None
    if member is None or member.suspended:
        raise unauthorized('Bearer error="invalid_token"')
    return Caller(id=member.id or 0, name=member.name, plan=member.plan)


Me = Annotated[Caller, Depends(current_caller)]
AtDoor = Me
