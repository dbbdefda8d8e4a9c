"""Examples in the learner's own names."""

import pytest

from grader.review.naming import in_their_names

EXAMPLE = """@app.get("/invoices/{invoice_id}")
def get_invoice(invoice_id: int, session: SessionDep) -> Invoice:
    found = session.get(Invoice, invoice_id)  # get_invoice, as before
    if found is None:
        raise HTTPException(404, detail="get_invoice found nothing")
    return enrich(found, session=session, invoice=Invoice.of(found).get_invoice)
"""


def test_functions_parameters_and_classes_take_the_learners_names() -> None:
    names = {"get_invoice": "read_bill", "session": "db", "Invoice": "Bill", "unknown": "other"}
    assert in_their_names(EXAMPLE, names) == (
        '@app.get("/invoices/{invoice_id}")\n'
        "def read_bill(invoice_id: int, db: SessionDep) -> Bill:\n"
        "    found = db.get(Bill, invoice_id)  # get_invoice, as before\n"
        "    if found is None:\n"
        '        raise HTTPException(404, detail="get_invoice found nothing")\n'
        "    return enrich(found, session=db, invoice=Bill.of(found).get_invoice)\n"
    )


def test_two_names_may_change_places() -> None:
    assert in_their_names("one(two)\n", {"one": "two", "two": "one"}) == "two(one)\n"


@pytest.mark.parametrize(
    "names",
    [
        {"get_invoice": "found"},  # already in the example
        {"get_invoice": "same", "session": "same"},
        {},
        {"get_invoice": "get_invoice"},
    ],
)
def test_names_that_would_collide_change_nothing(names: dict[str, str]) -> None:
    assert in_their_names(EXAMPLE, names) == EXAMPLE


@pytest.mark.parametrize("example", ["def broken(:\n  '''", "(", "\tx\n  y\n"])
def test_an_example_that_cannot_be_read_stays_as_it_is(example: str) -> None:
    assert in_their_names(example, {"x": "z", "broken": "whole"}) == example


def test_keywords_over_several_lines_stay() -> None:
    example = "call(\n    name=name,\n    # name\n    other=name,\n)\nname = 1\n"
    assert in_their_names(example, {"name": "label"}) == (
        "call(\n    name=label,\n    # name\n    other=label,\n)\nlabel = 1\n"
    )
