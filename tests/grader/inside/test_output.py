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


@pytest.mark.parametrize("length", [10, HEAD + 10, HEAD + TAIL, 3 * (HEAD + TAIL)])
@pytest.mark.parametrize("new", [0, 1, 300, TAIL])
def test_what_came_after_a_mark_is_given_alone(length: int, new: int) -> None:
    text = bytes(n % 251 for n in range(length))
    added = b"x" * new
    assert _written([text, added]).text(len(text)) == added


def test_what_came_after_a_mark_loses_its_middle_and_nothing_else() -> None:
    output = _written([b"a" * 100, b"b" * HEAD, b"c" * (2 * TAIL)])
    assert output.text(100) == b"b" * (HEAD - 100) + b"c" * TAIL
