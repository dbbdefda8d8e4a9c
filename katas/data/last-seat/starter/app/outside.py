"""The theatre's partners: the pricing service and the wall clock.

Call what is here as you like; the file itself is not yours to change. Where no partner listens, as
on your own machine, a stand-in answers.
"""

import asyncio
import time
from datetime import UTC, datetime

try:
    from kintsugi_outside import OutsideError, acall, call, now
except ImportError:

    class OutsideError(Exception):
        """A partner refused, failed or did not answer in time."""

    def _quote(show: int, seat: str) -> int:
        return 1_200 if seat == "cheap" else 2_500 + 100 * (show % 5) - 50 * (len(seat) % 2)

    def call(name: str, *, show: int, seat: str) -> int:
        time.sleep(0.2)
        return _quote(show, seat)

    async def acall(name: str, *, show: int, seat: str) -> int:
        await asyncio.sleep(0.2)
        return _quote(show, seat)

    def now() -> datetime:
        """The time, aware and in UTC."""
        return datetime.now(UTC)


__all__ = ["OutsideError", "now", "price", "price_async"]


def price(show: int, seat: str) -> int:
    """Today's price of a seat, in cents, from the pricing partner.

    Takes as long as the partner takes: on a busy evening up to a second.

    Raises:
        OutsideError: the partner did not quote a price.
    """
    return call("price", show=show, seat=seat)


async def price_async(show: int, seat: str) -> int:
    """The same for `async def` routes."""
    return await acall("price", show=show, seat=seat)
