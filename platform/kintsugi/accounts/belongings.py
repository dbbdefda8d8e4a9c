"""What other rooms keep for an account, without this room knowing those above it.

Each room that keeps something implements `Belongings`; `app` puts them together.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from sqlmodel.ext.asyncio.session import AsyncSession


class Belongings(Protocol):
    """One room's part of everything that belongs to an account.

    Deletion needs no part in it: whatever refers to an account goes with its row (ON DELETE
    CASCADE).
    """

    async def move(self, session: AsyncSession, owner: str, heir: str) -> None:
        """Everything of the account `owner` belongs to `heir` from now on; nothing is lost."""
        ...

    def export(self, session: AsyncSession, owner: str) -> AsyncIterator[tuple[str, bytes]]:
        """Files for the owner to keep: a relative path and what it holds."""
        ...
