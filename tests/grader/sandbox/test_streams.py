"""Docker's framed output as a plain stream, and attaching to a container."""

import contextlib
import select
import socket
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from grader.inside.wire import Line
from grader.sandbox.streams import FRAME, Attached, attach


@pytest.fixture
def ends() -> Generator[tuple[Attached, socket.socket]]:
    near, far = socket.socketpair()
    with Attached(near.detach()) as attached, far:
        yield attached, far


def framed(*pieces: bytes) -> bytes:
    return b"".join(FRAME.pack(1, len(piece)) + piece for piece in pieces)


def test_messages_may_lie_across_frames_or_share_one(
    ends: tuple[Attached, socket.socket],
) -> None:
    near, far = socket.socketpair()
    with near, far:
        for number in range(3):
            Line(near).send({"event": number}, b"blob")
        data = far.recv(4096)
    attached, far_end = ends
    half = len(data) // 2
    far_end.sendall(framed(data[:1], b"", data[1:half], data[half:]))
    line = Line(attached)
    assert [line.receive() for _ in range(3)] == [({"event": n}, b"blob") for n in range(3)]
    assert not select.select([line], [], [], 0)[0], "nothing was read ahead"
    far_end.close()
    assert line.receive() is None


def test_timeout_in_the_middle_of_a_head_loses_nothing(
    ends: tuple[Attached, socket.socket],
) -> None:
    attached, far = ends
    data = framed(b"said")
    far.sendall(data[:3])
    attached.settimeout(0.01)
    with pytest.raises(TimeoutError):
        attached.recv(10)
    far.sendall(data[3:])
    assert attached.recv(10) == b"said"


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 404 Not Found\r\n\r\n", b"x" * 10_000])
def test_refusal_of_the_daemon_is_an_error(answer: bytes, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(str(path))
        daemon.listen()

        def refuse() -> None:
            connection = daemon.accept()[0]
            with connection, contextlib.suppress(OSError):
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=refuse)
        thread.start()
        with pytest.raises(OSError, match="attach"):
            attach(str(path), "some-id")
        thread.join()
