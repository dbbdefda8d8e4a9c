"""Tokens of the hub: for the members' app, and for the links in confirmation mails."""

import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ValidationError

from app.db import Db
from app.models import Member, Plan

SECRET = os.environ.get("JWT_SECRET") or secrets.token_urlsafe(36)
ALGORITHM = "HS256"
ISSUER = "hub"
AUDIENCE = "doors"
SESSION = timedelta(minutes=15)
CONFIRMATION = timedelta(days=2)
REALM = 'Bearer realm="hub"'

bearer = HTTPBearer(auto_error=False, description="The token from `POST /tokens`")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
Purpose = Literal["access", "confirm"]


class Claims(BaseModel):
    """What we put into a token, so what must be in it. jwt has looked at the other claims."""

    sub: int
    name: str
    plan: Plan
    purpose: Purpose


class Caller(BaseModel):
    """Who is at the door, as the token says."""

    id: int
    name: str
    plan: Plan | None


class BadToken(Exception):
    """Not one of ours, not any more, or not for this."""


def _issue(member: Member, purpose: Purpose, lifetime: timedelta) -> str:
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


def issue_session(member: Member) -> str:
    return _issue(member, "access", SESSION)


def issue_confirmation(member: Member) -> str:
    return _issue(member, "confirm", CONFIRMATION)


def _read(token: str, purpose: Purpose) -> Claims:
    try:
        claims = Claims.model_validate(
            jwt.decode(
                token,
                SECRET,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        )
    except (jwt.InvalidTokenError, ValidationError) as e:
        raise BadToken from e
    if claims.purpose != purpose:
        raise BadToken
    return claims


def _member(session: Db, number: int) -> Member | None:
    return session.get(Member, number) if 0 < number < 2**63 else None


def member_to_confirm(session: Db, token: str) -> Member | None:
    """The member whose address a link confirms. Mail programs mangle links now and then."""
    try:
        return _member(session, _read(token, "confirm").sub)
    except BadToken:
        return None


def current_caller(credentials: Credentials, session: Db) -> Caller:
    """A member with a token of their own who is not suspended.

    The name and the plan are those of the token, so a changed plan counts with the next one.
    """
    if credentials is None:
        raise HTTPException(401, "Please sign in.", {"WWW-Authenticate": REALM})
    try:
        claims = _read(credentials.credentials, "access")
    except BadToken:
        challenge = f'{REALM}, error="invalid_token", error_description="Fetch a new token"'
        raise HTTPException(401, "Please sign in.", {"WWW-Authenticate": challenge}) from None
    member = _member(session, claims.sub)
    if member is not None and member.suspended:
        raise HTTPException(403, "Your membership is suspended.")
    return Caller(id=claims.sub, name=claims.name, plan=claims.plan)


Me = Annotated[Caller, Depends(current_caller)]
