"""Identities, tokens and one's own data, for programs."""

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from kintsugi.accounts import tokens
from kintsugi.accounts.credentials import NOT_A_NAME, read_name
from kintsugi.accounts.dependencies import ApiChanges, DatabaseDep, RoomsDep
from kintsugi.accounts.exporting import EXPORTS, Export, export
from kintsugi.accounts.identity import Caller
from kintsugi.accounts.models import (
    AccountDelete,
    AccountDocument,
    GuestToken,
    TokenCreate,
    TokenCreated,
    TokenList,
)
from kintsugi.accounts.service import account_document, mine
from kintsugi.database import Reading, Writing
from kintsugi.errors import InvalidError, problems
from kintsugi.limits import take

NEVER_KEPT = {"Cache-Control": "no-store"}
router = APIRouter(tags=["accounts"])


@router.post("/guests", status_code=201, operation_id="createGuest")
async def create_guest(session: Writing) -> GuestToken:
    """Make a guest identity. A browser has a cookie instead and does not need one."""
    return GuestToken(token=await tokens.new_guest(session))


@router.get("/account", operation_id="getAccount", responses=problems(401))
async def account(visitor: Caller, session: Reading) -> AccountDocument:
    """Who you are here."""
    return account_document(await mine(session, visitor))


@router.get("/account/tokens", operation_id="listTokens", responses=problems(401))
async def list_tokens(visitor: Caller, session: Reading) -> TokenList:
    """Your API tokens, newest first; never the tokens themselves."""
    return await tokens.listing(session, visitor)


@router.post(
    "/account/tokens",
    status_code=201,
    operation_id="createToken",
    responses=problems(401, 403, 409, 422),
)
async def create_token(
    body: TokenCreate, visitor: Caller, session: Writing, response: Response
) -> TokenCreated:
    """Make an API token. It is shown this once. Guests have none but their first."""
    name = read_name(body.name)
    if name is None:
        raise InvalidError(NOT_A_NAME)
    response.headers.update(NEVER_KEPT)
    return await tokens.create(session, visitor, name)


@router.delete(
    "/account/tokens/{token_id}",
    status_code=204,
    operation_id="revokeToken",
    responses=problems(401, 404, 422),
)
async def revoke_token(token_id: str, visitor: Caller, session: Writing) -> None:
    """Revoke an API token: from now on it opens nothing."""
    await tokens.revoke(session, visitor, token_id)


@router.get(
    "/account/export",
    operation_id="exportAccount",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}}, **problems(401, 404, 429)},
)
async def export_account(
    visitor: Caller, database: DatabaseDep, rooms: RoomsDep, session: Reading
) -> Response:
    """Everything that is kept about you, as a zip file."""
    await take(database, EXPORTS.of(visitor.account_id))
    return zip_of(await export(session, visitor, rooms))


@router.delete(
    "/account",
    status_code=204,
    operation_id="deleteAccount",
    responses=problems(401, 404, 422, 429),
)
async def delete_account(body: AccountDelete, changes: ApiChanges) -> None:
    """Delete your account with everything that belongs to it. It cannot be undone."""
    await changes.delete(body.confirm)


def zip_of(made: Export) -> StreamingResponse:
    """The answer that carries an export."""
    headers = {
        **NEVER_KEPT,
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "Content-Length": str(made.size),
    }
    return StreamingResponse(made.chunks(), media_type="application/zip", headers=headers)
