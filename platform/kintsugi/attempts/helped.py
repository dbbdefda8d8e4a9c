"""Hints that were opened in an attempt, as they are stored."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from kintsugi.attempts.models import OpenedHint


async def opened_hints(session: AsyncSession, attempt_id: str) -> list[OpenedHint]:
    """An attempt's, in their order."""
    found = (
        select(OpenedHint)
        .where(OpenedHint.attempt_id == attempt_id)
        .order_by(col(OpenedHint.number))
    )
    return list((await session.exec(found)).all())
