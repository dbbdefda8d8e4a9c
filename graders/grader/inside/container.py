"""The first process of a container: one side of a pair (the Docker driver).

A container can be handed no descriptor. So its line to the worker is its standard streams, and it
makes its listening sockets itself, before any learner code is near. Their names are abstract: they
belong to the network namespace, which is all that the two containers of a pair share.

Environment: KINTSUGI_LISTENERS are the names to listen at, with "@" for the NUL before each.
"""

import os
import socket
import sys

from grader.inside.wire import Line

BACKLOG = 128


class Streams:
    """Standard input and output as one line, moved away from where programs look for them."""

    def __init__(self) -> None:
        """Take them; what is printed from here on, by whomever, goes nowhere."""
        self._in, self._out = os.dup(0), os.dup(1)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(nowhere, fd)
        os.close(nowhere)

    def fileno(self) -> int:
        return self._in

    def recv(self, size: int, /) -> bytes:
        return os.read(self._in, size)

    def sendall(self, data: bytes, /) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._out, rest) :]

    def gettimeout(self) -> None:
        """Both sides wait for the worker as long as it takes."""

    def settimeout(self, value: float | None, /) -> None:
        if value is not None:
            raise ValueError("no time-outs here")

    def close(self) -> None:
        os.close(self._in)
        os.close(self._out)


def listener(name: str) -> socket.socket:
    """A socket that listens in the containers' network namespace."""
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(name.replace("@", "\0"))
    sock.listen(BACKLOG)
    return sock


def main() -> None:
    line = Line(Streams())
    listeners = [listener(name) for name in os.environ.pop("KINTSUGI_LISTENERS").split(",")]
    sys.dont_write_bytecode = True
    if sys.argv[1] == "app":
        from grader.inside.app import supervisor as side
    else:
        from grader.inside.suite import runner as side
    side.prepare()
    side.work(line, listeners)


if __name__ == "__main__":
    main()
