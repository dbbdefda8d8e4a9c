"""How the worker and the two sides of a pair are joined: sockets, and the wait for warmth."""

import socket
from pathlib import Path

from grader.inside.wire import Line, WireError
from grader.sandbox.base import PairDiedError, UnavailableError

WARM_S = 20.0
GONE_S = 5.0
BACKLOG = 128
MEND = (
    "Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
    "kernel.apparmor_restrict_unprivileged_userns=0), or use Docker: --sandbox docker."
)


def listener_at(path: Path) -> socket.socket:
    """A listening Unix socket whose file any user id may connect to."""
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    path.chmod(0o666)
    sock.listen(BACKLOG)
    return sock


def wait_until_warm(line: Line, mend: str = MEND, within_s: float = WARM_S) -> None:
    """Wait for a side's `ready`.

    Args:
        line: to the side.
        mend: what to do where the sandbox ended at once.
        within_s: how long that may take.

    Raises:
        PairDiedError: it did not come.
        UnavailableError: the sandbox ended at once.
    """
    line.sock.settimeout(within_s)
    try:
        frame = line.receive()
    except (OSError, WireError) as error:
        raise PairDiedError(f"a sandbox did not warm up: {error}") from error
    if frame is None:
        raise UnavailableError("a sandbox could not be made: it ended at once", mend)
    line.sock.settimeout(None)
