"""What a look at a submission's source told: taken in the suite's sandbox, checked on arrival."""

import contextlib
import keyword
from collections.abc import Collection
from typing import Any, cast

from pydantic import ValidationError

from grader.report import Place, Reading, Size

NAME_CAP = 60  # characters; a longer name is not worth its line in an example
NAMES_CAP = 200


def parse_reading(message: Any, findings: Collection[str], files: Collection[str]) -> Reading:
    """Read what the suite's side told; what is not of the right form is left out.

    Args:
        message: the event, which may be a submission's own work.
        findings: those that may have a place.
        files: the submission's own; a place in another file is none.
    """
    told = dict(_items(message))
    places: dict[str, Place] = {}
    for finding, value in _items(told.get("places")):
        with contextlib.suppress(ValidationError):
            place = Place.model_validate(value)
            if finding in findings and place.file in files:
                places[finding] = place
    names = {
        old: new for old, new in _items(told.get("names"))[:NAMES_CAP] if _name(old) and _name(new)
    }
    size = None
    with contextlib.suppress(ValidationError):
        size = Size.model_validate(told.get("size"))
    return Reading(places=places, names=names, size=size)


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(cast(dict[str, Any], value).items()) if isinstance(value, dict) else []


def _name(value: Any) -> bool:
    """A plain ASCII identifier: nothing else may end up in an example."""
    return (
        isinstance(value, str)
        and len(value) <= NAME_CAP
        and value.isascii()
        and value.isidentifier()
        and not keyword.iskeyword(value)
    )
