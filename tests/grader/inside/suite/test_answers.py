"""What is missing in an answer fails a check by assertion, never by another exception."""

import pytest

from grader.inside.suite.answers import read_json

WHAT = "GET /x answered 200"


def test_missing_field() -> None:
    with pytest.raises(AssertionError, match="an answer has no field 'id'"):
        read_json(b'{"a": 1}', WHAT)["id"]


def test_missing_field_deep_inside() -> None:
    with pytest.raises(AssertionError, match="no field 'id'"):
        read_json(b'[{"a": {"b": 1}}]', WHAT)[0]["a"]["id"]


@pytest.mark.parametrize("index", ["id", 3])
def test_list_where_an_object_was_expected(index: object) -> None:
    with pytest.raises(AssertionError, match="an answer is a list without"):
        read_json(b"[1, 2]", WHAT)[index]


@pytest.mark.parametrize("body", [b"", b"no", b"\xff", b"[" * 100_000, b"1" * 5_000])
def test_no_json(body: bytes) -> None:
    with pytest.raises(AssertionError, match="GET /x answered 200 without a JSON body"):
        read_json(body, WHAT)


def test_answers_compare_as_plain_values() -> None:
    assert read_json(b'{"a": [1, {"b": null}]}', WHAT) == {"a": [1, {"b": None}]}
