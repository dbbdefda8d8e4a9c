"""What is kept of the service's output: the first and the last 32 KiB."""

import pytest

from grader.inside.app.output import HEAD, TAIL, Output


def _written(pieces: list[bytes]) -> Output:
    output = Output()
    for piece in pieces:
        output.add(piece)
    return output


def test_little_output_is_kept_whole_and_in_order() -> None:
    output = _written([b"one\n", b"two\n", b"three\n"])
    assert output.text() == b"one\ntwo\nthree\n"
    assert output.dropped == 0


@pytest.mark.parametrize("size", [1, 999, HEAD, HEAD + 1, HEAD + TAIL, HEAD + TAIL + 1, 1 << 20])
def test_head_and_tail_are_kept_however_the_pieces_fall(size: int) -> None:
    text = bytes(n % 251 for n in range(3 * (HEAD + TAIL)))
    output = _written([text[at : at + size] for at in range(0, len(text), size)])
    assert output.text() == text[:HEAD] + text[-TAIL:]
    assert output.dropped == len(text) - HEAD - TAIL
    assert output.total == len(text)


def test_exactly_what_fits_is_kept_whole() -> None:
    text = bytes(HEAD) + b"x" * TAIL
    output = _written([text])
    assert output.text() == text
    assert output.dropped == 0
