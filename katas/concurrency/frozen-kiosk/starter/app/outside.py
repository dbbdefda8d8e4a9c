"""What the hub works with: the label service, the signing module and the shared drive.

Call what is here as you like; the file itself is not yours to change. Where no partner listens, as
on your own machine, a stand-in answers.
"""

import asyncio
import hashlib
import time

try:
    from kintsugi_outside import OutsideError, acall, call
except ImportError:

    class OutsideError(Exception):
        """A partner refused, failed or did not answer in time."""

    _TARIFF = "zone,up_to_g,cents\ncity,2000,390\ncity,10000,590\nland,2000,490\nland,10000,890\n"

    def _answer(name: str, args: dict[str, object]) -> str:
        if name == "label":
            return f"^XA^FO50,50^FD{args['zone']} {args['parcel']}^FS^XZ"
        return _TARIFF if name == "share" else f"sig-{args['digest']}"

    def call(name: str, timeout: float = 10.0, **args: object) -> str:
        time.sleep(min(0.5, timeout))
        return _answer(name, args)

    async def acall(name: str, **args: object) -> str:
        await asyncio.sleep(0.5)
        return _answer(name, args)


__all__ = ["OutsideError", "label", "label_async", "read_share", "sign"]


def label(parcel: int, zone: str, weight_g: int, timeout: float = 10.0) -> bytes:
    """Let the label service make a label, in the printer's language. Each call is a print job.

    Takes a second or two on a good day.

    Raises:
        OutsideError: no label was made, or `timeout` seconds passed.
    """
    return call("label", timeout, parcel=parcel, zone=zone, weight_g=weight_g).encode()


async def label_async(parcel: int, zone: str, weight_g: int) -> bytes:
    """The same for `async def`. It waits for as long as it is let; cancelling ends the call."""
    return (await acall("label", parcel=parcel, zone=zone, weight_g=weight_g)).encode()


def sign(text: str) -> str:
    """Sign a text with the key in the machine's signing module.

    The module's driver works in the calling thread, for a second or more.
    """
    digest = hashlib.pbkdf2_hmac("sha256", text.encode(), b"receipt", 20_000).hex()
    return call("sign", digest=digest)


def read_share(name: str) -> str:
    """A file of the drive that the halls share. As fast as the network is."""
    return call("share", file=name)
