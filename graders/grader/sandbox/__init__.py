"""Places that run code nobody trusts: drivers, limits, self-test."""

from typing import Literal

from grader.sandbox.base import Driver, UnavailableError
from grader.sandbox.bubblewrap import Bubblewrap

Choice = Literal["auto", "bubblewrap", "docker"]


def choose(choice: Choice = "auto") -> Driver:
    """The driver for this machine, tried by making one pair.

    Raises:
        UnavailableError: none works here; says why and what to do. There is no unsafe way round it.
    """
    if choice == "docker":
        raise UnavailableError(
            "the Docker driver is not built yet", "Use --sandbox bubblewrap on Linux."
        )
    driver = Bubblewrap()
    driver.pair().close()
    return driver
