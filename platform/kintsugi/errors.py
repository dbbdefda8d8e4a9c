"""One family of errors for what a request cannot have, and how each is told.

KintsugiError            status, title, detail: everything below is one of these
├── NotFoundError        404  no such thing, or not yours: the answer is the same
├── SignInError          401  the API does not know who is asking
├── SignedOutError       401  a browser's session has ended, and it wanted to write
├── ForbiddenError       403  refused whoever is asking
│   └── AccountNeededError    a guest asks for what only accounts have
├── ConflictError        409  the state has moved on; carries what is true now
├── TooLargeError        413  more than is accepted
├── InvalidError         422  something in the request has to change
├── TooManyError         429  too often; carries when to come back
└── UnavailableError     503  the platform cannot do it now

Callers of `/api` get `application/problem+json`, people get a page (`kintsugi.app`).
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field


class KintsugiError(Exception):
    """What a request cannot have, in words for the one who asked.

    Attributes:
        status: of the HTTP answer.
        title: the kind of error, the same every time.
        detail: what happened this time and what to do; None where the title says it all.
        headers: added to the answer.
        members: further members of the problem document.
    """

    status = 500
    title = "Something broke"

    def __init__(
        self,
        detail: str | None = None,
        *,
        status: int | None = None,
        title: str | None = None,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or title or self.title)
        self.status = status or self.status
        self.title = title or self.title
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = dict(members or {})


class NotFoundError(KintsugiError):
    """There is no such thing, or it is someone else's: nobody learns which."""

    status = 404
    title = "Not found"


class SignInError(KintsugiError):
    """The API does not know who is asking."""

    status = 401
    title = "Who are you?"

    def __init__(self) -> None:
        text = "Send 'Authorization: Bearer <token>'. POST /api/v1/guests gives you a token."
        super().__init__(text, headers={"WWW-Authenticate": "Bearer"})


class SignedOutError(KintsugiError):
    """A browser's session has ended. What it wanted to write is not done in a guest's name."""

    status = 401
    title = "You are signed out"

    def __init__(self) -> None:
        super().__init__(
            "This browser's session has ended, so nothing was stored. Sign in again in another tab,"
            " come back to this one, and repeat what you did: what you typed is still there."
        )


class ForbiddenError(KintsugiError):
    """Refused, whoever is asking."""

    status = 403
    title = "Not allowed"


class AccountNeededError(ForbiddenError):
    """Guests cannot have it; the page offers to sign in."""

    title = "This needs an account"

    def __init__(self) -> None:
        super().__init__("Guests cannot do this. Sign in, or make an account first.")


class ConflictError(KintsugiError):
    """The state of the thing has moved on."""

    status = 409
    title = "It has changed meanwhile"


class TooLargeError(KintsugiError):
    """More than is accepted."""

    status = 413
    title = "Too large"


class InvalidError(KintsugiError):
    """Something in the request has to change."""

    status = 422
    title = "This cannot be accepted"


class TooManyError(KintsugiError):
    """Too often."""

    status = 429
    title = "Too many at once"

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_s)})


class UnavailableError(KintsugiError):
    """The platform cannot do it now."""

    status = 503
    title = "Not possible at the moment"


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str | None = Field(default=None, examples=["There is no kata 'last-seet'."])
    instance: str | None = Field(default=None, description="The path that was asked for.")
    request_id: str | None = Field(default=None, description="Quote it to the operators.")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: which problems a caller has to expect."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        for status in statuses
    }
