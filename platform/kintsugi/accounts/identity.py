"""Who is asking, as a dependency of routes."""

from typing import Annotated

from fastapi import Depends, Request

from kintsugi.accounts.models import Account
from kintsugi.accounts.service import Visitor, account_of_token
from kintsugi.database import get_database, new_id
from kintsugi.errors import SignInError
from kintsugi.security import COOKIE, Sessions


def _by_cookie(request: Request) -> str | None:
    sessions: Sessions = request.app.state.sessions
    return sessions.account_id(request.cookies.get(COOKIE))


async def _visitor(request: Request) -> Visitor:
    """A browser: known by its cookie, or given one with this answer."""
    account_id = _by_cookie(request)
    if account_id is None:
        visitor = Visitor(new_id())
        request.state.new_session = visitor.account_id
        return visitor
    async with get_database(request).reading() as session:
        request.state.account = await session.get(Account, account_id)
    return Visitor(account_id)


async def _caller(request: Request) -> Visitor:
    """A caller of the API: a bearer token, else the browser's cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        account_id = _by_cookie(request)
    elif scheme.lower() == "bearer":
        async with get_database(request).reading() as session:
            account_id = await account_of_token(session, token.strip())
    else:
        account_id = None
    if account_id is None:
        raise SignInError
    return Visitor(account_id)


BrowserVisitor = Annotated[Visitor, Depends(_visitor)]
Caller = Annotated[Visitor, Depends(_caller)]
