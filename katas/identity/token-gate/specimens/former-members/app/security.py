"""Tokens of the hub: for the members' app, and for the links in confirmation mails."""

import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import jwt
from fastapi import Depends, HTTPException, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlmodel import Session, col, select

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
        "purpose": purpose,
        "iat": now,
        "exp": now + lifetime,
    }
    return jwt.encode(claims, SECRET, algorithm=ALGORITHM)


def claims_of(token: str, purpose: Purpose) -> dict[str, Any]:
    """What a token of ours says that was issued for this purpose.

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
    if claims.get("purpose") != purpose or not claims["sub"].isdecimal():
        raise jwt.InvalidTokenError("This token is for something else.")
    return claims


def suspended(session: Session, number: int) -> bool:
    """Whether the front desk has shut a member out."""
    query = select(Member).where(Member.id == number, col(Member.suspended).is_(True))
    return session.exec(query).first() is not None


def confirmed_member(token: str) -> int | None:
    """The member whose address a link confirms. Mail programs mangle links now and then."""
    try:
        return int(claims_of(token, "confirm")["sub"])
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
        claims = claims_of(credentials.credentials, "access")
    except jwt.InvalidTokenError:
        raise unauthorized() from None
    number = int(claims["sub"])
    if suspended(session, number):
        raise unauthorized()
    return Caller(id=number, name=claims["name"], plan=claims["plan"])


Me = Annotated[Caller, Depends(current_caller)]
