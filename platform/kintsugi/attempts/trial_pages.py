"""Trying a draft from its page; it works without JavaScript too."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from grader.trial import Call, first_fault
from kintsugi.attempts import trials, workbench
from kintsugi.attempts.dependencies import ArrivalsDep, PageReader, PageTrials
from kintsugi.attempts.forms import files_in, form_fields
from kintsugi.attempts.trials import Trials
from kintsugi.attempts.workbench import FIELDS, Filling
from kintsugi.errors import ConflictError, InvalidError, TooManyError
from kintsugi.pages import page

WAIT_S = 8.0  # for a trial; the page asks again
SEE_OTHER = 303
router = APIRouter(include_in_schema=False)
Fields = Annotated[dict[str, str], Depends(form_fields)]


@router.post("/attempts/{attempt_id}/trials")
async def send(request: Request, attempt_id: str, fields: Fields, trying: PageTrials) -> Response:
    """What is in the editor becomes the draft, and the draft is tried; or the form is filled."""
    attempts, files = trying.attempts, files_in(fields)
    kata = await attempts.kata_of(attempt_id)
    if choice := fields.get("fill") or _route(fields):
        if files:
            await attempts.save(attempt_id, files)
        return RedirectResponse(f"/katas/{kata.slug}?fill={choice[:20]}#try", SEE_OTHER)
    fault, status, trial_id = "", 200, ""
    try:
        trial_id = await _sent(attempt_id, fields, files, trying)
    except (InvalidError, TooManyError, ConflictError) as error:
        fault, status = error.detail or error.title, error.status
    if trial_id and not _partial(request):
        return RedirectResponse(f"/trials/{trial_id}", SEE_OTHER)
    filling = Filling(
        typed={name: fields.get(name, "") for name in FIELDS},
        keep="keep" in fields,
        fault=fault,
    )
    context = await workbench.context(attempts, kata, filling)
    return page(request, workbench.TEMPLATE, context, block="trial", status=status)


@router.get("/trials/{trial_id}")
async def trial(
    request: Request, trial_id: str, reader: PageReader, arrivals: ArrivalsDep
) -> Response:
    """Waits until a trial is over, for a while. No database session is held meanwhile."""
    async with reader.attempts() as attempts:
        found = await trials.trial_of(attempts, trial_id)
        kata = await attempts.kata_of(found.attempt_id)
    await arrivals.wait(trial_id, WAIT_S)
    if not _partial(request):
        return RedirectResponse(f"/katas/{kata.slug}#try", SEE_OTHER)
    async with reader.attempts() as attempts:
        context = await workbench.context(attempts, kata, Filling())
    return page(request, workbench.TEMPLATE, context, block="trial")


def _partial(request: Request) -> bool:
    return request.headers.get("HX-Request-Type") == "partial"


def _route(fields: dict[str, str]) -> str:
    """The chosen route, where the button beside the list was pressed."""
    return fields.get("route", "") if fields.get("do") == "route" else ""


async def _sent(
    attempt_id: str, fields: dict[str, str], files: dict[str, str], trying: Trials
) -> str:
    attempts = trying.attempts
    attempt = await attempts.mine(attempt_id, to_write=True)
    if files:
        await attempts.save(attempt_id, files)  # before anything else can be refused
    last = await trials.view(attempts, await trials.latest(attempts, attempt))
    match fields.get("do"):
        case "again":
            calls = list(last.calls) if last else []
        case "examples":
            kata = await attempts.kata_of(attempt_id)
            calls = [example.call for example in kata.trial.examples]
        case "routes":
            calls = trials.history(last)
        case _:
            calls = [*(trials.history(last) if "keep" in fields else []), _call(fields)]
    return (await trying.send(attempt_id, calls)).id


def _call(fields: dict[str, str]) -> Call:
    """The request in the form.

    Raises:
        InvalidError: says what to change.
    """
    try:
        return Call.model_validate(
            {
                "method": fields.get("method", "GET"),
                "path": fields.get("path", "").strip(),
                "headers": _headers(fields.get("headers", "")),
                "body": fields.get("body", ""),
            }
        )
    except ValidationError as error:
        raise InvalidError(first_fault(list(error.errors()))) from None


def _headers(text: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise InvalidError("Each header is a line of its own: X-User: ada.")
        headers[name.strip()] = value.strip()
    return headers
