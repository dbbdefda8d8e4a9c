"""Who is asking, as a dependency of routes."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import BackgroundTasks, Depends, Request

from kintsugi.accounts import sessions, tokens
from kintsugi.accounts.models import Account, ApiToken, BrowserSession, Role
from kintsugi.accounts.service import Visitor, require_role
from kintsugi.database import get_database, new_id
from kintsugi.errors import SignedOutError, SignInError
from kintsugi.security import COOKIE, SAFE_METHODS, Sessions


def _cookie(request: Request) -> str | None:
    held: Sessions = request.app.state.sessions
    return held.value(request.cookies.get(COOKIE))


async def _by_cookie(request: Request, background: BackgroundTasks) -> Visitor | None:
    """Whom the cookie names; None if there is none that counts."""
    value = _cookie(request)
    if value is None:
        return None
    database = get_database(request)
    async with database.reading() as session:
        found = await sessions.recognise(session, value)
    if found is None:
        return None
    visitor, stale = found
    if stale and visitor.session_id:
        # After the answer: the route may be about to write, and there is one writer at a time.
        background.add_task(sessions.note_use, database, BrowserSession, visitor.session_id)
    request.state.account = visitor.account
    return visitor


async def _anyone(request: Request, background: BackgroundTasks) -> Visitor:
    """A browser: known by its cookie, or given one with this answer."""
    visitor = await _by_cookie(request, background)
    if visitor is None:
        visitor = Visitor(new_id())
        request.state.new_session = visitor.account_id
    return visitor


async def _visitor(request: Request, background: BackgroundTasks) -> Visitor:
    """The same, but what was meant for an account is not done in the name of a new guest.

    Raises:
        SignedOutError: the browser's session has ended, and the request would write.
    """
    visitor = await _anyone(request, background)
    new = request.state.new_session is not None
    if new and request.method not in SAFE_METHODS and _cookie(request):
        request.state.new_session = None  # whoever signs in again in another window keeps that
        raise SignedOutError
    return visitor


async def _caller(request: Request, background: BackgroundTasks) -> Visitor:
    """A caller of the API: a bearer token, else the browser's cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        visitor = await _by_cookie(request, background)
    elif scheme.lower() == "bearer":
        visitor = await _by_token(request, background, token.strip())
    else:
        visitor = None
    if visitor is None:
        raise SignInError
    return visitor


async def _by_token(request: Request, background: BackgroundTasks, token: str) -> Visitor | None:
    database = get_database(request)
    async with database.reading() as session:
        found = await tokens.owner_of(session, token)
    if found is None:
        return None
    account, row = found
    if sessions.is_stale(row.used_at):
        background.add_task(sessions.note_use, database, ApiToken, row.id)
    return Visitor(account.id, account)


def role_of(identify: Callable[..., Awaitable[Visitor]], role: Role) -> Callable[..., Account]:
    """A dependency: the account of whoever asks, if it may do what the role may.

    Raises (when asked):
        ForbiddenError: a guest, or a lesser role.
    """

    def allowed(visitor: Annotated[Visitor, Depends(identify)]) -> Account:
        return require_role(visitor, role)

    return allowed


AnyBrowser = Annotated[Visitor, Depends(_anyone)]
BrowserVisitor = Annotated[Visitor, Depends(_visitor)]
Caller = Annotated[Visitor, Depends(_caller)]
BrowserInstructor = Annotated[Account, Depends(role_of(_visitor, Role.INSTRUCTOR))]
BrowserAdmin = Annotated[Account, Depends(role_of(_visitor, Role.ADMIN))]
InstructorCaller = Annotated[Account, Depends(role_of(_caller, Role.INSTRUCTOR))]
AdminCaller = Annotated[Account, Depends(role_of(_caller, Role.ADMIN))]
