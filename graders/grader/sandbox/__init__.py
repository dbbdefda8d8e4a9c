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
    """The driver for this machine, tried by making one pair: bubblewrap, else Docker.

    Raises:
        UnavailableError: none works here; says why and what to do. There is no unsafe way round it.
        PairDiedError: the pair that was made to try it ended by itself.
    """
    if choice == "docker":
        return _docker()
    try:
        return _bubblewrap()
    except SandboxError as error:
        if choice == "bubblewrap":
            raise
        try:
            return _docker()
        except SandboxError:
            raise error from None  # what is preferred is what should be mended


def _bubblewrap() -> Driver:
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


def _docker() -> Driver:
    from grader.sandbox.docker import Docker  # its SDK takes a while to import

    driver = Docker()
    try:
        driver.pair().close()
    except BaseException:
        driver.close()
        raise
    return driver
