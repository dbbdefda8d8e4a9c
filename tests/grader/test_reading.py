"""What a submission's source told: nothing that is not of the right form gets through."""

import pytest

from grader.reading import parse_reading
from grader.report import Place, Reading, Size

SIZE = {"files": 2, "lines": 90, "classes": 3, "functions": 12, "depth": 1}


def test_everything_of_the_right_form_is_taken() -> None:
    told = {
        "places": {"F1": {"file": "app/main.py", "line": 3, "end": 5}},
        "names": {"get_invoice": "read_invoice"},
        "size": SIZE,
    }
    assert parse_reading(told, ["F1"], ["app/main.py"]) == Reading(
        places={"F1": Place(file="app/main.py", line=3, end=5)},
        names={"get_invoice": "read_invoice"},
        size=Size(files=2, lines=90, classes=3, functions=12, depth=1),
    )


@pytest.mark.parametrize(
    "name",
    ["a b", "x\ny", "</script>", "import", "n" * 61, "", "\u0430pp", 7, None, ["x"]],
    ids=repr,
)
def test_only_plain_identifiers_are_names(name: object) -> None:
    assert parse_reading({"names": {"get_invoice": name}}, [], []).names == {}


def test_so_many_names_and_no_more() -> None:
    names = {f"old_{n}": f"new_{n}" for n in range(500)}
    assert len(parse_reading({"names": names}, [], []).names) == 200


@pytest.mark.parametrize("size", [7, None, {}, {**SIZE, "lines": "many"}, {**SIZE, "more": 1}])
def test_a_size_is_whole_or_none(size: object) -> None:
    assert parse_reading({"size": size}, [], []).size is None


@pytest.mark.parametrize("message", [7, None, [], "x", {"places": 7, "names": [], "size": "big"}])
def test_whatever_else_arrives_is_an_empty_reading(message: object) -> None:
    assert parse_reading(message, ["F1"], ["app/main.py"]) == Reading()
