"""The wire of the locked `app/outside.py`: calls to the outside world, which the suite plays.

One connection per call. Closing it early is what "cancelled" means in the suite's journal.
"""

import asyncio
import json
import os
import socket
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

PATH = os.environ.get("KINTSUGI_OUTSIDE", "/ipc/outside.sock").replace("@", "\0")
CAP = 65_536
request_id: ContextVar[str | None] = ContextVar("kintsugi_request_id", default=None)
slot = 0


class OutsideError(Exception):
    """A partner refused, failed or did not answer in time."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


def call(name: str, timeout: float = 10.0, **args: object) -> Any:
    """Call a partner and wait for the answer.

    Raises:
        OutsideError: the partner failed, or `timeout` seconds passed.
    """
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(timeout)
        try:
            sock.connect(PATH)
            sock.sendall(_question(name, args))
            answer = b""
            while not answer.endswith(b"\n") and len(answer) <= CAP:
                piece = sock.recv(CAP)
                if not piece:
                    break
                answer += piece
        except TimeoutError:
            raise OutsideError("timed out") from None
        except OSError as error:
            raise OutsideError(f"the line broke: {error.strerror}") from None
    return _value(answer)


async def acall(name: str, **args: object) -> Any:
    """The same without blocking the event loop; cancelling it cancels the call.

    Raises:
        OutsideError: the partner failed.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(PATH, limit=CAP)
    except OSError as error:
        raise OutsideError(f"the line broke: {error.strerror}") from None
    try:
        writer.write(_question(name, args))
        await writer.drain()
        return _value(await reader.readline())
    except OSError as error:
        raise OutsideError(f"the line broke: {error.strerror}") from None
    finally:
        writer.close()


def now() -> datetime:
    """The time by the clock on the wall of the outside world (aware, UTC)."""
    return datetime.fromtimestamp(call("now"), UTC)


def _question(name: str, args: dict[str, object]) -> bytes:
    text = json.dumps({"name": name, "args": args, "rid": request_id.get(), "slot": slot}) + "\n"
    line = text.encode()
    if len(line) > CAP:
        raise OutsideError("the call is too large")
    return line


def _value(line: bytes) -> Any:
    if not line:
        raise OutsideError("the connection was closed")
    answer = json.loads(line)
    if "error" in answer:
        raise OutsideError(answer["error"], answer.get("status"))
    return answer.get("value")
