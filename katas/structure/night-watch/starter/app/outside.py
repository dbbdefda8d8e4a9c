"""The health insurers, behind one partner that asks the right one.

Call what is here as you like; the file itself is not yours to change. Where no partner listens, as
on your own machine, a stand-in answers.
"""

import asyncio
import time
from typing import Any

try:
    from kintsugi_outside import OutsideError, acall, call
except ImportError:

    class OutsideError(Exception):
        """A partner refused, failed or did not answer in time."""

    def _decide(order_no: str, patient: str) -> dict[str, Any]:
        return {"patient": patient, "order_no": order_no, "share": 80}

    def call(name: str, *, order_no: str, patient: str, request_id: str) -> Any:
        time.sleep(0.1)
        return _decide(order_no, patient)

    async def acall(name: str, *, order_no: str, patient: str, request_id: str) -> Any:
        await asyncio.sleep(0.1)
        return _decide(order_no, patient)


__all__ = ["OutsideError", "cover", "cover_async"]


def cover(order_no: str, patient: str, request_id: str) -> Any:
    """What the insurer pays of an order: `patient`, `order_no` and `share`, in percent.

    Args:
        order_no: the number of the order.
        patient: the patient's number.
        request_id: under which the partner logs the call.

    Raises:
        OutsideError: no insurer answered.
    """
    return call("cover", order_no=order_no, patient=patient, request_id=request_id)


async def cover_async(order_no: str, patient: str, request_id: str) -> Any:
    """The same for `async def` routes."""
    return await acall("cover", order_no=order_no, patient=patient, request_id=request_id)
