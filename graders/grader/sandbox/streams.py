"""A container's standard streams as a socket: input as it is, output out of Docker's frames."""

import socket
import struct

REQUEST = (
    "POST /containers/{id}/attach?stdin=1&stdout=1&stream=1 HTTP/1.1\r\n"
    "Host: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
)
ANSWER_S = 10.0
HEAD_CAP = 4_096
FRAME = struct.Struct(">BxxxI")  # which stream, and how many bytes of it follow


class Attached(socket.socket):
    """The connection that the daemon turned into the container's streams.

    It reads no further than it is asked to, so that `select` tells the truth.
    """

    def __init__(self, connection: int) -> None:
        """Take over a descriptor."""
        super().__init__(fileno=connection)
        self.settimeout(None)
        self._head = bytearray()
        self._left = 0

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Up to so many bytes of the container's output; none where it has ended."""
        while not self._left:
            piece = super().recv(FRAME.size - len(self._head), flags)
            if not piece:
                return b""
            self._head += piece
            if len(self._head) == FRAME.size:
                _, self._left = FRAME.unpack(self._head)
                self._head.clear()
        piece = super().recv(min(size, self._left), flags)
        self._left -= len(piece)
        return piece


def attach(daemon: str, id: str) -> Attached:
    """Attach to a container that has not started yet.

    By hand, because of the SDK's `attach_socket`: the connection that it returns is closed by its
    HTTP library, which takes the answer (101, without a body) for a whole one.

    Args:
        daemon: the path of its socket.
        id: the container.

    Raises:
        OSError: the daemon is gone, or refused.
    """
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(ANSWER_S)
        sock.connect(daemon)
        sock.sendall(REQUEST.format(id=id).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):  # byte by byte: what follows is the container's
            piece = sock.recv(1)
            if not piece or len(head) > HEAD_CAP:
                raise OSError(f"no answer to attach: {head!r}")
            head += piece
        if not head.startswith(b"HTTP/1.1 101 "):
            raise OSError(f"attach was refused: {head!r}")
        return Attached(sock.detach())
