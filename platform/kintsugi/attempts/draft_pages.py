"""The draft for people: saved, put back, taken along as a zip file and brought back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from grader.kata import Kata
from kintsugi.attempts.archives import pack, unpack
from kintsugi.attempts.dependencies import PageAttempts, PageAttemptsToWrite
from kintsugi.attempts.forms import files_in, form_fields
from kintsugi.attempts.views import DraftSave, DraftSaved
from kintsugi.errors import InvalidError

SEE_OTHER = 303
router = APIRouter(prefix="/attempts/{attempt_id}", include_in_schema=False)
Fields = Annotated[dict[str, str], Depends(form_fields)]


async def _archive(request: Request) -> bytes:
    async with request.form(max_files=1, max_fields=1) as form:
        given = form.get("archive")
        content = await given.read() if isinstance(given, UploadFile) else b""
    if not content:
        raise InvalidError("Choose a zip file first.")
    return content


@router.put("/draft")
async def autosave(attempt_id: str, body: DraftSave, attempts: PageAttemptsToWrite) -> DraftSaved:
    """What the editor sends while its owner types."""
    return DraftSaved(revision=await attempts.save(attempt_id, body.files, body.revision))


@router.post("/draft")
async def save(attempt_id: str, fields: Fields, attempts: PageAttemptsToWrite) -> RedirectResponse:
    await attempts.save(attempt_id, files_in(fields))
    return _to_kata(await attempts.kata_of(attempt_id))


@router.post("/reset")
async def reset(attempt_id: str, fields: Fields, attempts: PageAttemptsToWrite) -> RedirectResponse:
    """The starter again: of one file, or of all."""
    return _to_kata(await attempts.reset(attempt_id, fields.get("file") or None))


@router.get("/draft.zip")
async def take_along(attempt_id: str, attempts: PageAttempts) -> Response:
    """The whole service with the draft in it, as a zip file."""
    kata, files = await attempts.service_of(attempt_id)
    headers = {"Content-Disposition": f'attachment; filename="{kata.slug}.zip"'}
    return Response(pack(files), media_type="application/zip", headers=headers)


@router.post("/draft.zip")
async def bring_back(
    attempt_id: str,
    archive: Annotated[bytes, Depends(_archive)],
    attempts: PageAttemptsToWrite,
) -> RedirectResponse:
    kata = await attempts.kata_of(attempt_id)
    await attempts.save(attempt_id, unpack(archive, kata.manifest.editable))
    return _to_kata(kata)


def _to_kata(kata: Kata) -> RedirectResponse:
    return RedirectResponse(f"/katas/{kata.slug}", SEE_OTHER)
