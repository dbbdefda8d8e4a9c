"""The page of one's own account: name, password, browsers, tokens, data."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from kintsugi.accounts import sessions, tokens
from kintsugi.accounts.api import zip_of
from kintsugi.accounts.changing import NotConfirmedError, UnfitPasswordError
from kintsugi.accounts.credentials import NOT_A_NAME, SHORTEST, read_name
from kintsugi.accounts.dependencies import DatabaseDep, PageChanges, RoomsDep
from kintsugi.accounts.exporting import EXPORTS, export
from kintsugi.accounts.identity import BrowserVisitor
from kintsugi.accounts.models import LONGEST_NAME
from kintsugi.accounts.service import Visitor, rename
from kintsugi.database import Database, Reading, Writing, new_id
from kintsugi.errors import ConflictError, KintsugiError, TooManyError
from kintsugi.forms import Faults, Fields
from kintsugi.limits import take
from kintsugi.pages import page

SEE_OTHER, INVALID = 303, 422
router = APIRouter(include_in_schema=False)


@router.get("/account")
async def account(request: Request, visitor: BrowserVisitor, database: DatabaseDep) -> HTMLResponse:
    return await _page(request, visitor, database)


@router.post("/account/name")
async def set_name(
    request: Request, fields: Fields, visitor: BrowserVisitor, database: DatabaseDep
) -> Response:
    name = read_name(fields.get("name", ""))
    if name is None:
        faults = {"name": NOT_A_NAME}
        return await _page(request, visitor, database, fields=fields, faults=faults, status=INVALID)
    async with database.writing() as session:
        await rename(session, visitor, name)
    return _done("name")


@router.post("/account/password")
async def set_password(request: Request, fields: Fields, changes: PageChanges) -> Response:
    try:
        await changes.set_password(fields.get("current", ""), fields.get("new", ""))
    except (NotConfirmedError, UnfitPasswordError, TooManyError) as error:
        field = "new" if isinstance(error, UnfitPasswordError) else "current"
        return await _refused(request, changes, {}, field, error)
    return _done("password")


@router.post("/account/sessions/end-others")
async def end_others(visitor: BrowserVisitor, session: Writing) -> RedirectResponse:
    await sessions.end_all(session, visitor.account_id, but=visitor.session_id)
    return _done("browsers")


@router.post("/account/sessions/{session_id}/end")
async def end_one(session_id: str, visitor: BrowserVisitor, session: Writing) -> RedirectResponse:
    await sessions.end(session, visitor, session_id)
    return _done("browser")


@router.post("/account/tokens")
async def make_token(
    request: Request, fields: Fields, visitor: BrowserVisitor, database: DatabaseDep
) -> Response:
    """The token is in this answer and in no other; so there is no redirect."""
    name = read_name(fields.get("token", ""))
    if name is None:
        faults = {"token": NOT_A_NAME}
        return await _page(request, visitor, database, fields=fields, faults=faults, status=INVALID)
    try:
        async with database.writing() as session:
            made = await tokens.create(session, visitor, name)
    except ConflictError as error:
        faults = {"token": error.detail or error.title}
        return await _page(
            request, visitor, database, fields=fields, faults=faults, status=error.status
        )
    return await _page(request, visitor, database, made=made)


@router.post("/account/tokens/{token_id}/revoke")
async def revoke_token(
    token_id: str, visitor: BrowserVisitor, session: Writing
) -> RedirectResponse:
    await tokens.revoke(session, visitor, token_id)
    return _done("token")


@router.get("/account/export")
async def export_account(
    visitor: BrowserVisitor, database: DatabaseDep, rooms: RoomsDep, session: Reading
) -> Response:
    await take(database, EXPORTS.of(visitor.account_id))
    return zip_of(await export(session, visitor, rooms))


@router.get("/account/delete")
async def delete_form(request: Request, visitor: BrowserVisitor) -> Response:
    if visitor.account is None:
        return RedirectResponse("/account", SEE_OTHER)
    return _delete_page(request, visitor)


@router.post("/account/delete")
async def delete_account(request: Request, fields: Fields, changes: PageChanges) -> Response:
    """Afterwards this browser is a new guest."""
    try:
        await changes.delete(fields.get("confirm", ""))
    except (NotConfirmedError, TooManyError) as error:
        answer = _delete_page(request, changes.visitor, {"confirm": _told(error)}, error.status)
        answer.headers.update(error.headers)
        return answer
    request.state.new_session = new_id()
    return RedirectResponse("/sign-in?done=deleted", SEE_OTHER)


async def _refused(
    request: Request,
    changes: PageChanges,
    fields: Mapping[str, str],
    field: str,
    error: KintsugiError,
) -> HTMLResponse:
    answer = await _page(
        request,
        changes.visitor,
        changes.database,
        fields=fields,
        faults={field: _told(error)},
        status=error.status,
    )
    answer.headers.update(error.headers)
    return answer


def _told(error: KintsugiError) -> str:
    detail = error.detail or error.title
    return f"Too many tries. {detail}" if isinstance(error, TooManyError) else detail


async def _page(
    request: Request, visitor: Visitor, database: Database, status: int = 200, **more: Any
) -> HTMLResponse:
    async with database.reading() as session:
        browsers = await sessions.listing(session, visitor)
        held = await tokens.listing(session, visitor)
    context: dict[str, Any] = {
        "browsers": browsers,
        "this": visitor.session_id,
        "tokens": held.items,
        "made": None,
        "done": request.query_params.get("done", ""),
        "fields": {},
        "faults": {},
        "shortest": SHORTEST,
        "longest_name": LONGEST_NAME,
        **more,
    }
    answer = page(request, "accounts/account.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _delete_page(
    request: Request, visitor: Visitor, faults: Faults | None = None, status: int = 200
) -> HTMLResponse:
    context = {"account": visitor.account, "faults": faults or {}, "fields": {}}
    answer = page(request, "accounts/delete.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _done(what: str) -> RedirectResponse:
    return RedirectResponse(f"/account?done={what}", SEE_OTHER)
