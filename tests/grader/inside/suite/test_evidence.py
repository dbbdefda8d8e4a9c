"""Evidence and matrices."""

import pytest

from grader.inside.suite.evidence import CELLS, EXHIBITS, SENTENCES, Evidence, Matrix
from grader.inside.suite.volley import Reply, Request


def reply(status: int) -> Reply:
    return Reply(Request("GET", "/invoices/7?x=1", (), b""), "rid", status)


def test_evidence_keeps_the_first_line_and_plain_facts() -> None:
    evidence = Evidence()
    evidence("Seen.\nNever shown.", count=3, what={1, 2} and "a set")
    assert evidence.items == [
        {"text": "Seen.", "facts": {"count": 3, "what": "a set"}, "exhibits": []}
    ]


def test_evidence_is_bounded() -> None:
    evidence = Evidence()
    for number in range(100):
        evidence("x" * 1_000, big="y" * 10_000, number=number)
    assert len(evidence.items) == SENTENCES
    assert len(evidence.items[0]["text"]) == 300
    assert evidence.items[0]["facts"] == {}


def test_every_wrong_cell_is_told() -> None:
    evidence = Evidence()
    matrix = Matrix(evidence)
    matrix("Bob reads", reply(200), 403, 404)
    matrix("Zoe reads", reply(404), 403, 404)
    matrix.same("state", "paid", "open")
    with pytest.raises(AssertionError):
        matrix.close()
    assert evidence.unwanted is not None
    assert evidence.unwanted.codes == (403, 404)
    assert [item["text"] for item in evidence.items] == [
        "Bob reads: GET /invoices/7 answered 200; expected 403 or 404.",
        "state: 'paid', where 'open' was expected.",
    ]


def test_matrix_without_a_cell_is_no_check() -> None:
    with pytest.raises(AssertionError, match="Nothing was tried"):
        Matrix(Evidence()).close()


def test_right_matrix_is_silent() -> None:
    evidence = Evidence()
    matrix = Matrix(evidence)
    matrix("x", reply(200), 200)
    matrix.close()
    assert evidence.items == []


def test_many_wrong_cells_are_cut() -> None:
    evidence = Evidence()
    matrix = Matrix(evidence)
    for _ in range(30):
        matrix("x", reply(500), 200)
    with pytest.raises(AssertionError, match="So were 22 more of the 30 cases"):
        matrix.close()
    assert len(evidence.items) == CELLS


def test_answer_that_never_came_is_said_so() -> None:
    silent = reply(0)
    silent.failure = "nothing within 3 s"
    assert silent.answered == "gave no answer (nothing within 3 s)"
    with pytest.raises(AssertionError, match="GET /invoices/7 gave no answer"):
        _ = silent.json


def test_counts_stand_beside_the_sentence_that_came_before() -> None:
    evidence = Evidence()
    evidence.count("statements", 7, 2)
    evidence("Orders were placed.")
    evidence.count("rows", -3, 10**12)
    assert [(item["text"], item["exhibits"]) for item in evidence.items] == [
        (
            "7 statements, where 2 would do.",
            [{"kind": "count", "what": "statements", "seen": 7, "allowed": 2}],
        ),
        (
            "Orders were placed.",
            [{"kind": "count", "what": "rows", "seen": 0, "allowed": 1_000_000_000}],
        ),
    ]


def test_no_more_exhibits_than_can_be_looked_at() -> None:
    evidence = Evidence()
    for number in range(9):
        evidence.count("rows", number, 1)
    assert len(evidence.items) == 1
    assert len(evidence.items[0]["exhibits"]) == EXHIBITS
