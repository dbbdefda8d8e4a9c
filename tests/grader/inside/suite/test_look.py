"""What is told of a submission beside its starter: places that moved, names, size."""

import pytest

from grader.inside.suite.look import look

MODELS = """class Booking(SQLModel, table=True):
    seat: str
    customer: str
    price: int
"""
BOOKING = '''def live():
    return Booking.state == "held"


def check_free(session: Session, show_id: int, seat: str) -> None:
    if session.exec(select(Booking).where(Booking.seat == seat, live())).first():
        raise Refused(f"Seat {seat} is taken.")


def hold_seat(session: Session, show_id: int, seat: str, customer: str) -> Booking:
    """Keep a seat for ten minutes."""
    check_free(session, show_id, seat)
    booking = Booking(show_id=show_id, seat=seat, price=outside.price(show_id, seat))
    session.add(booking)
    session.commit()
    return booking
'''
MAIN = """from fastapi import FastAPI
from app import booking
app = FastAPI()


@app.post("/shows/{show_id}/holds")
def hold(show_id: int, session: Db):
    return booking.hold_seat(session, show_id, "A1", "ann")


@app.get("/shows/{show_id}")
def read_show(show_id: int, session: Db):
    return session.get(Show, show_id)
"""
STARTER = {"app/booking.py": BOOKING, "app/main.py": MAIN, "app/models.py": MODELS}


def placed(files: dict[str, str], *selectors: str) -> tuple[str, int] | None:
    found = look({**STARTER, **files}, STARTER, {"F1": selectors})["places"].get("F1")
    return (found["file"], found["line"]) if found else None


def names(files: dict[str, str]) -> dict[str, str]:
    return look({**STARTER, **files}, STARTER, {})["names"]


def test_function_that_was_renamed_is_shown_under_its_new_name() -> None:
    renamed = {file: text.replace("hold_seat", "reserve") for file, text in STARTER.items()}
    assert placed(renamed, "function hold_seat") == ("app/booking.py", 10)


def test_function_that_was_renamed_and_moved_is_shown_where_it_is() -> None:
    moved = BOOKING.replace("hold_seat", "reserve")
    files = {
        "app/booking.py": "",
        "app/seats.py": moved,
        "app/main.py": MAIN.replace("hold_seat", "reserve"),
    }
    assert placed(files, "function hold_seat") == ("app/seats.py", 10)
    assert placed(files, "function hold_seat", "file app/booking.py") == ("app/seats.py", 10)


def test_file_whose_code_has_moved_is_the_file_that_has_it_now() -> None:
    files = {"app/booking.py": "", "app/seats.py": BOOKING}
    assert placed(files, "file app/booking.py") == ("app/seats.py", 1)


def test_function_that_is_gone_is_never_one_that_does_something_else() -> None:
    files = {"app/booking.py": "def hold_all(shows):\n    return [s.held for s in shows]\n"}
    assert placed(files, "function check_free") == ("app/booking.py", 1)


def test_route_that_is_gone_leaves_the_router_that_would_hold_it() -> None:
    without = MAIN.replace('@app.post("/shows/{show_id}/holds")\n', "").replace("hold(", "unused(")
    assert placed({"app/main.py": without}, "route POST /shows/{id}/holds") == ("app/main.py", 3)


def test_call_is_looked_for_in_what_its_caller_has_become_and_nowhere_else() -> None:
    elsewhere = "def report(session):\n    session.commit()\n" + BOOKING.replace(
        "    session.commit()\n", ""
    )
    files = {"app/booking.py": elsewhere}
    assert placed(files, "call session.commit(", "function hold_seat") == ("app/booking.py", 12)


def test_call_is_followed_into_the_helper_that_was_split_off() -> None:
    split = BOOKING.replace("session.commit()", "keep(session)")
    split += "\n\ndef keep(session):\n    session.commit()\n"
    assert placed({"app/booking.py": split}, "call session.commit(") == ("app/booking.py", 20)


def test_field_that_is_gone_leaves_its_class() -> None:
    files = {"app/models.py": "X = 1\n" + MODELS.replace("    seat: str\n", "")}
    assert placed(files, "model Booking.seat") == ("app/models.py", 2)


def test_names_of_functions_parameters_and_classes() -> None:
    renamed = {
        file: text.replace("hold_seat", "reserve")
        .replace("customer", "guest")
        .replace("Booking", "Reservation")
        for file, text in STARTER.items()
    }
    assert names(renamed) == {
        "hold_seat": "reserve",
        "customer": "guest",
        "Booking": "Reservation",
    }


def test_name_that_has_become_two_is_told_of_neither() -> None:
    changed = BOOKING.replace(
        "check_free(session: Session, show_id: int, seat",
        "check_free(session: Session, show_id: int, place",
    )
    assert names({"app/booking.py": changed}) == {}


def test_parameter_of_another_type_is_another_parameter() -> None:
    changed = BOOKING.replace("customer: str)", "guest: Guest)")
    assert names({"app/booking.py": changed}) == {}


def test_name_that_the_starter_uses_for_something_else_is_not_told() -> None:
    changed = {file: text.replace("customer", "show_id2") for file, text in STARTER.items()}
    assert names(changed) == {"customer": "show_id2"}
    assert "live" not in names({"app/booking.py": BOOKING.replace("live", "hold")})


def test_starter_beside_itself_has_its_own_names() -> None:
    assert names({}) == {}


@pytest.mark.parametrize("text", ["def (", "x = 1\0"])
def test_size_is_told_only_where_all_can_be_parsed(text: str) -> None:
    assert look({"app/main.py": text}, {}, {})["size"] is None
    assert look({"app/main.py": "x = 1\n"}, {}, {})["size"]["lines"] == 1
