"""JSON of a service under test, read so that what is missing in it fails a check by assertion."""

import json
from typing import Any, cast


class Answer(dict[str, Any]):
    """An object of an answer; a missing field is the service's fault."""

    def __missing__(self, name: str) -> Any:
        raise AssertionError(f"an answer has no field {name!r}")


class Answers(list[Any]):
    """An array of an answer; what is not in it is the service's fault."""

    def __getitem__(self, index: Any) -> Any:
        try:
            return super().__getitem__(index)
        except (TypeError, IndexError):
            wanted = f"field {index!r}" if isinstance(index, str) else f"item {index}"
            raise AssertionError(f"an answer is a list without {wanted}") from None


def read_json(body: bytes, what: str) -> Any:
    """Parse a body.

    Args:
        body: at most 1 MiB, from the service under test.
        what: begins the sentence of the assertion: "GET /x answered 200".

    Raises:
        AssertionError: not JSON.
    """
    try:
        return _wrapped(json.loads(body, object_hook=Answer))
    except (ValueError, RecursionError):
        raise AssertionError(f"{what} without a JSON body") from None


def _wrapped(value: Any) -> Any:
    if isinstance(value, list):
        return Answers(_wrapped(item) for item in cast(list[Any], value))
    if isinstance(value, Answer):
        return Answer({name: _wrapped(item) for name, item in value.items()})
    return value
