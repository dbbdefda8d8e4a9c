"""The cloakroom's partner: a courier."""

from typing import Any

try:
    from kintsugi_outside import call
except ImportError:  # on your own machine

    def call(name: str, timeout: float = 10.0, **args: object) -> Any:
        """Answer like a courier who always comes."""
        return {"parcel": 1}


def courier(coat: int) -> int:
    """Order a courier for a coat; returns the parcel's number."""
    return call("courier", coat=coat)["parcel"]
