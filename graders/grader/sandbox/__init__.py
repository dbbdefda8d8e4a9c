"""Places that run code nobody trusts: drivers, limits, self-test."""

import os
from typing import Literal

from grader.sandbox.base import Driver, PairDiedError, SandboxError, UnavailableError
from grader.sandbox.bubblewrap import Bubblewrap
from grader.sandbox.cgroup import make_group
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
    bubblewrap = Bubblewrap(group=make_group())
    if os.environ.get(REFILL) != "cold":
        try:
            return Zygotes(bubblewrap)
        except (UnavailableError, PairDiedError):
            # a kernel may allow namespaces, but not inside one another
            bubblewrap = Bubblewrap(group=make_group())
    try:
        bubblewrap.pair().close()
    except SandboxError:
        bubblewrap.close()
        raise
    return bubblewrap
