"""The library's partners: the card company, the mail service and the clock on the wall.

Call what is here as you like; the file itself is not yours to change. Where no partner listens, as
on your own machine, a stand-in answers.
"""

import secrets
from datetime import UTC, date, datetime
from typing import Any

try:
    from kintsugi_outside import OutsideError, call, now
except ImportError:

    class OutsideError(Exception):
        """A partner refused, failed or did not answer in time."""

    def call(name: str, **args: Any) -> Any:
        print(name, args)
        return secrets.token_hex(4)

    def now() -> datetime:
        """The time, aware and in UTC."""
        return datetime.now(UTC)


__all__ = ["OutsideError", "hold_deposit", "now", "release_deposit", "send_mail", "today"]


def today() -> date:
    """The library's calendar day, in UTC."""
    return now().date()


def hold_deposit(member: str, cents: int) -> str:
    """Block a deposit on a member's card; gives the reference to release it by.

    Raises:
        OutsideError: the card company refused or did not answer.
    """
    return str(call("hold_deposit", member=member, cents=cents))


def release_deposit(reference: str, cents: int) -> None:
    """Give back so much of a deposit; the library keeps the rest.

    Raises:
        OutsideError: the card company refused or did not answer.
    """
    call("release_deposit", reference=reference, cents=cents)


def send_mail(to: str, tool: str, days: int) -> None:
    """Remind a member of a tool that is so many days late.

    Raises:
        OutsideError: the mail service did not take it.
    """
    call("send_mail", to=to, tool=tool, days=days)
