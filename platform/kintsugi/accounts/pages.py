"""Signing in, up and out, and a forgotten password; everything works without JavaScript."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from kintsugi.accounts.changing import UnfitPasswordError
from kintsugi.accounts.credentials import SHORTEST, read_sign_up
from kintsugi.accounts.dependencies import EntranceDep, MailerDep, ResetsDep, SourceDep
from kintsugi.accounts.entering import EmailTakenError, WrongPasswordError
from kintsugi.accounts.identity import AnyBrowser
from kintsugi.accounts.resetting import LinkEndedError
from kintsugi.database import new_id
from kintsugi.errors import KintsugiError, TooManyError
from kintsugi.forms import Faults, Fields
from kintsugi.pages import page
from kintsugi.security import local_path

SEE_OTHER = 303
router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def sign_in_form(request: Request, visitor: AnyBrowser) -> Response:
    if visitor.signed_in:
        return RedirectResponse(_next(request.query_params), SEE_OTHER)
    return _form(request, "accounts/sign_in.html", request.query_params)


@router.post("/sign-in")
async def sign_in(
    request: Request, fields: Fields, visitor: AnyBrowser, entrance: EntranceDep, source: SourceDep
) -> Response:
    email, password = fields.get("email", ""), fields.get("password", "")
    try:
        session = await entrance.sign_in(visitor, email, password, source)
    except (WrongPasswordError, TooManyError) as error:
        wrong = isinstance(error, WrongPasswordError)
        return _again(request, "accounts/sign_in.html", fields, error, "password" if wrong else "")
    return _enter(request, session, fields)


@router.get("/sign-up")
async def sign_up_form(request: Request, visitor: AnyBrowser) -> Response:
    if visitor.signed_in:
        return RedirectResponse("/account", SEE_OTHER)
    return _form(request, "accounts/sign_up.html", request.query_params)


@router.post("/sign-up")
async def sign_up(
    request: Request, fields: Fields, visitor: AnyBrowser, entrance: EntranceDep, source: SourceDep
) -> Response:
    wanted, faults = read_sign_up(fields)
    if wanted is None:
        return _form(request, "accounts/sign_up.html", fields, faults=faults, status=422)
    try:
        session = await entrance.sign_up(visitor, wanted, source)
    except (EmailTakenError, TooManyError) as error:
        taken = isinstance(error, EmailTakenError)
        return _again(request, "accounts/sign_up.html", fields, error, "email" if taken else "")
    return _enter(request, session, fields)


@router.post("/sign-out")
async def sign_out(
    request: Request, visitor: AnyBrowser, entrance: EntranceDep
) -> RedirectResponse:
    """Whoever uses this browser next is another guest."""
    if not visitor.signed_in:
        return RedirectResponse("/account", SEE_OTHER)
    await entrance.sign_out(visitor)
    request.state.new_session = new_id()
    return RedirectResponse("/sign-in?done=out", SEE_OTHER)


@router.get("/reset")
async def reset_form(request: Request, visitor: AnyBrowser, mailer: MailerDep) -> HTMLResponse:
    return _form(request, "accounts/reset.html", request.query_params, works=mailer.works)


@router.post("/reset")
async def ask_reset(
    request: Request,
    fields: Fields,
    visitor: AnyBrowser,
    resets: ResetsDep,
    source: SourceDep,
    background: BackgroundTasks,
) -> HTMLResponse:
    """The answer is the same, and takes as long, whether or not there is such an account."""
    template, works = "accounts/reset.html", resets.mailer.works
    if not works:
        return _form(request, template, fields, works=False)
    try:
        address = await resets.ask(fields.get("email", ""), source)
    except TooManyError as error:
        return _again(request, template, fields, error, works=works)
    if address is None:
        faults = {"email": "Write it like ida@example.org."}
        return _form(request, template, fields, faults=faults, status=422, works=works)
    background.add_task(resets.send, address)
    terminal = resets.mailer.in_terminal
    return _form(request, template, fields, works=works, sent=address, terminal=terminal)


@router.get("/reset/new")
async def new_password_form(
    request: Request, visitor: AnyBrowser, resets: ResetsDep
) -> HTMLResponse:
    """Looking does not use the link up: programs that read mail follow links."""
    token = request.query_params.get("token", "")
    try:
        account = await resets.account_of(token)
    except LinkEndedError as error:
        return _ended(request, error)
    return _form(request, "accounts/reset_new.html", {"token": token}, email=account.email)


@router.post("/reset/new")
async def new_password(
    request: Request, fields: Fields, visitor: AnyBrowser, resets: ResetsDep
) -> Response:
    token = fields.get("token", "")
    try:
        await resets.set_password(token, fields.get("password", ""))
    except LinkEndedError as error:
        return _ended(request, error)
    except UnfitPasswordError as error:
        email = (await resets.account_of(token)).email
        template, kept = "accounts/reset_new.html", {"token": token}
        return _again(request, template, kept, error, "password", email=email)
    return RedirectResponse("/sign-in?done=password", SEE_OTHER)


def _enter(request: Request, session: str, fields: Mapping[str, str]) -> RedirectResponse:
    request.state.new_session = session
    return RedirectResponse(_next(fields), SEE_OTHER)


def _next(fields: Mapping[str, str]) -> str:
    return local_path(fields.get("next", ""))


def _form(
    request: Request,
    template: str,
    fields: Mapping[str, str],
    *,
    faults: Faults | None = None,
    status: int = 200,
    **more: Any,
) -> HTMLResponse:
    """The form as it was filled in; passwords are never sent back."""
    context = {
        "fields": fields,
        "faults": faults or {},
        "next": _next(fields),
        "done": fields.get("done", ""),
        "shortest": SHORTEST,
        "trouble": "",
        "works": True,
        "sent": "",
        **more,
    }
    answer = page(request, template, context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _again(
    request: Request,
    template: str,
    fields: Mapping[str, str],
    error: KintsugiError,
    field: str = "",
    **more: Any,
) -> HTMLResponse:
    """The form again, with what to change at its field, or above it if it is no field's fault."""
    detail = error.detail or error.title
    faults, trouble = ({field: detail}, "") if field else ({}, f"Too many tries. {detail}")
    more = {"faults": faults, "trouble": trouble, "status": error.status, **more}
    answer = _form(request, template, fields, **more)
    answer.headers.update(error.headers)
    return answer


def _ended(request: Request, error: LinkEndedError) -> HTMLResponse:
    trouble = f"{error.title}. {error.detail}"
    return _form(request, "accounts/reset.html", {}, trouble=trouble, status=error.status)
