"""The line between worker and sandboxes: whole frames arrive, anything else is an error of ours."""

import json
import socket
import struct
import threading
from collections.abc import Generator

import pytest

from grader.inside.wire import BLOB_CAP, HEAD, MESSAGE_CAP, Line, WireError


@pytest.fixture
def ends() -> Generator[tuple[Line, socket.socket]]:
    """A line, and the bare socket at its other end."""
    near, far = socket.socketpair()
    near.settimeout(5)
    far.settimeout(5)
    with near, far:
        yield Line(near), far


def _frame(text: bytes, blob: bytes = b"") -> bytes:
    return HEAD.pack(len(text), len(blob)) + text + blob


def test_frame_arrives_with_its_blob(ends: tuple[Line, socket.socket]) -> None:
    line, far = ends
    Line(far).send({"op": "log", "id": 7, "text": "é\0"}, b"\x00\xff")
    assert line.receive() == ({"op": "log", "id": 7, "text": "é\0"}, b"\x00\xff")


def test_two_frames_in_one_piece_stay_two(ends: tuple[Line, socket.socket]) -> None:
    line, far = ends
    far.sendall(_frame(b'{"n":1}', b"blob") + _frame(b'{"n":2}'))
    assert line.receive() == ({"n": 1}, b"blob")
    assert line.receive() == ({"n": 2}, b"")


def test_frame_that_comes_byte_by_byte_is_put_together(ends: tuple[Line, socket.socket]) -> None:
    line, far = ends

    def drip() -> None:
        for byte in _frame(b'{"n":1}', b"blob"):
            far.send(bytes([byte]))

    sender = threading.Thread(target=drip)
    sender.start()
    assert line.receive() == ({"n": 1}, b"blob")
    sender.join()


def test_blob_larger_than_the_socket_buffer_arrives(ends: tuple[Line, socket.socket]) -> None:
    line, far = ends
    blob = bytes(range(256)) * (8 << 12)
    sender = threading.Thread(target=Line(far).send, args=({}, blob))
    sender.start()
    assert line.receive() == ({}, blob)
    sender.join()


def test_frames_of_several_threads_do_not_mix(ends: tuple[Line, socket.socket]) -> None:
    line, far = ends
    other = Line(far)
    senders = [
        threading.Thread(target=other.send, args=({"n": n}, bytes([n]) * 50_000)) for n in range(8)
    ]
    for sender in senders:
        sender.start()
    frames = [line.receive() for _ in senders]
    for sender in senders:
        sender.join()
    for frame in frames:
        assert frame is not None
        message, blob = frame
        assert blob == bytes([message["n"]]) * 50_000
    assert sorted(frame[0]["n"] for frame in frames if frame) == list(range(8))


def test_line_that_was_closed_says_none(ends: tuple[Line, socket.socket]) -> None:
    line, far = ends
    far.close()
    assert line.receive() is None


@pytest.mark.parametrize("keep", [3, HEAD.size, HEAD.size + 4])
def test_line_that_is_closed_within_a_frame_says_none(
    ends: tuple[Line, socket.socket], keep: int
) -> None:
    line, far = ends
    far.sendall(_frame(b'{"n":1}', b"blob")[:keep])
    far.close()
    assert line.receive() is None


@pytest.mark.parametrize(
    ("text_size", "blob_size"), [(MESSAGE_CAP + 1, 0), (2, BLOB_CAP + 1), (0xFFFFFFFF, 0xFFFFFFFF)]
)
def test_oversize_frame_is_refused_before_it_is_read(
    ends: tuple[Line, socket.socket], text_size: int, blob_size: int
) -> None:
    line, far = ends
    far.sendall(struct.pack("!II", text_size, blob_size))
    with pytest.raises(WireError, match="a frame of"):
        line.receive()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"n":' + b"1" * 5_000 + b"}",
        b"[" * 200_000,
        b'{"a":' * 200_000,
    ],
    ids=["empty", "cut", "not UTF-8", "huge number", "deep list", "deep object"],
)
def test_frame_that_is_not_json_is_refused(ends: tuple[Line, socket.socket], text: bytes) -> None:
    line, far = ends
    sender = threading.Thread(target=far.sendall, args=(_frame(text),))
    sender.start()
    with pytest.raises(WireError, match="not JSON"):
        line.receive()
    sender.join()


@pytest.mark.parametrize("value", [[1], "text", 1, None, True])
def test_json_that_is_no_object_is_refused(ends: tuple[Line, socket.socket], value: object) -> None:
    line, far = ends
    far.sendall(_frame(json.dumps(value).encode()))
    with pytest.raises(WireError, match="not a JSON object"):
        line.receive()


def test_sending_to_a_closed_line_is_an_os_error(ends: tuple[Line, socket.socket]) -> None:
    line, far = ends
    far.close()
    with pytest.raises(OSError, match="Broken pipe"):
        line.send({"n": 1})


def test_silence_ends_with_the_sockets_time_limit(ends: tuple[Line, socket.socket]) -> None:
    line, far = ends
    line.sock.settimeout(0.05)
    far.sendall(_frame(b'{"n":1}')[:-1])
    with pytest.raises(TimeoutError):
        line.receive()
