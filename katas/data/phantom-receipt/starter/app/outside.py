"""The museum's mail service.

Call what is here as you like; the file itself is not yours to change. Where no mail service
listens, as on your own machine, a stand-in takes the mails.
"""

import asyncio
import time

try:
    from kintsugi_outside import OutsideError, acall, call
except ImportError:

    class OutsideError(Exception):
        """A partner refused, failed or did not answer in time."""

    def call(name: str, **args: object) -> None:
        time.sleep(0.1)

    async def acall(name: str, **args: object) -> None:
        await asyncio.sleep(0.1)


__all__ = ["OutsideError", "mail", "mail_async"]


def mail(to: str, till: str, number: int, total_cents: int) -> None:
    """Send somebody the receipt of a sale.

    Raises:
        OutsideError: the mail was not taken.
    """
    call("mail", to=to, till=till, number=number, total_cents=total_cents)


async def mail_async(to: str, till: str, number: int, total_cents: int) -> None:
    """The same for `async def` routes."""
    await acall("mail", to=to, till=till, number=number, total_cents=total_cents)
