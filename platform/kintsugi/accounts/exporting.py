"""Everything that is kept about someone, as one zip file."""

import asyncio
import json
import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.accounts import sessions, tokens
from kintsugi.accounts.belongings import Belongings
from kintsugi.accounts.models import Account
from kintsugi.accounts.service import Visitor, account_document
from kintsugi.errors import NotFoundError
from kintsugi.limits import Limit

EXPORTS = Limit("exports of one account", times=10, period_s=3600)
IN_MEMORY = 4 << 20  # larger ones are written to disk while they are made
CHUNK = 1 << 16
README = """What Kintsugi keeps about you.

account.json     name, e-mail, role, browsers signed in, API tokens (never the tokens themselves)
attempts/        one folder an attempt: its facts and the flaws you listed (attempt.json), your
                 draft (draft/), each submission with its files and report (submissions/NUMBER/)

Passwords and tokens are kept as digests, from which nobody can read them; they are left out.
"""


@dataclass(frozen=True)
class Export:
    """A zip file that has been made, to be sent once."""

    name: str
    size: int
    file: IO[bytes]

    def chunks(self) -> Iterator[bytes]:
        """All of it; the file is gone afterwards."""
        with self.file as file:
            while chunk := file.read(CHUNK):
                yield chunk


async def export(session: AsyncSession, visitor: Visitor, rooms: Sequence[Belongings]) -> Export:
    """Make the zip file.

    Raises:
        NotFoundError: nothing has been written yet.
    """
    account = visitor.account
    if account is None:
        raise NotFoundError("Nothing is kept here about you yet.")
    # Closed by whoever sends it.
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - see above
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        async for path, content in _everything(session, account, visitor, rooms):
            await asyncio.to_thread(archive.writestr, path, content)
    size = file.tell()
    file.seek(0)
    return Export(f"kintsugi-{account.id}.zip", size, file)


async def _everything(
    session: AsyncSession, account: Account, visitor: Visitor, rooms: Sequence[Belongings]
) -> AsyncIterator[tuple[str, bytes]]:
    yield "README.txt", README.encode()
    yield "account.json", await _account(session, account, visitor)
    for room in rooms:
        async for path, content in room.export(session, account.id):
            yield path, content


async def _account(session: AsyncSession, account: Account, visitor: Visitor) -> bytes:
    browsers = await sessions.listing(session, visitor)
    held = (await tokens.listing(session, visitor)).items
    facts: dict[str, Any] = {
        **account_document(account).model_dump(mode="json"),
        "browsers": [
            each.model_dump(mode="json", include={"agent", "created_at", "used_at"})
            for each in browsers
        ],
        "tokens": [each.model_dump(mode="json") for each in held],
    }
    return json.dumps(facts, indent=2).encode()
