"""Places that run code nobody trusts: drivers, limits, self-test."""

import os
from typing import Literal

from grader.sandbox.base import Driver, PairDiedError, UnavailableError
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.zygote import Zygotes

Choice = Literal["auto", "bubblewrap", "docker"]
REFILL = "KINTSUGI_REFILL"  # "cold" makes every pair anew, for where nested namespaces are refused


def choose(choice: Choice = "auto") -> Driver:
    """The driver for this machine, tried by making one pair.

    Raises:
        UnavailableError: none works here; says why and what to do. There is no unsafe way round it.
    """
    if choice == "docker":
        raise UnavailableError(
            "the Docker driver is not built yet", "Use --sandbox bubblewrap on Linux."
        )
    bubblewrap = Bubblewrap()
    if os.environ.get(REFILL) != "cold":
        try:
            return Zygotes(bubblewrap)
        except (UnavailableError, PairDiedError):
            pass  # a kernel may allow namespaces, but not inside one another
    bubblewrap.pair().close()
    return bubblewrap
