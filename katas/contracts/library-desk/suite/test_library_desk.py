"""Kata library-desk: does the status line tell the truth?

The keep checks look at what the service stores, not at how it says no: the starter refuses with
200. Statuses are the business of the find checks.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from kit import check, seed, wants

DONE = (200, 201, 202, 204)
RULE = (403, 409, 422)
AGAIN = (*DONE, 303, 400, 403, 404, 409, 410, 412, 422)


@dataclass
class Desk:
    """The members and books that every check begins with, and the ways to speak of them."""

    members: list[int]
    books: list[int]
    nobody: int
    absent: int

    def lend(self, app, book, member, **more):
        body = {"book_id": self.books[book], "member_id": self.members[member], **more}
        return app.post("/loans", json=body)

    def lent(self, app, book, member, **more):
        """A loan that has to succeed."""
        return wants(self.lend(app, book, member, **more), *DONE).json

    def reserve(self, app, book, member):
        body = {"member_id": self.members[member]}
        return app.post(f"/books/{self.books[book]}/reservations", json=body)

    def reserved(self, app, book, member):
        return wants(self.reserve(app, book, member), *DONE).json


@seed
def members_and_books(app, rng):
    """Four members, eight books, nothing lent."""
    members, books = [], []
    for name in ("Ada", "Bela", "Cleo", "Dana"):
        made = app.post("/members", json={"name": f"{name} {rng.randrange(10, 99)}"})
        members.append(wants(made, *DONE)["id"])
    for number in range(8):
        title = f"Volume {number} of {rng.randrange(10, 99)}"
        made = app.post("/books", json={"title": title, "author": "R. Hale"})
        books.append(wants(made, *DONE)["id"])
    return Desk(members, books, rng.randrange(20_000, 60_000), rng.randrange(20_000, 60_000))


@pytest.fixture
def desk(seeded):
    """What the seed made."""
    return seeded


def stored(app, what, **where):
    """How many rows of a table match; None stands for an empty column."""
    tests = [f"{name} is null" if value is None else f"{name} = ?" for name, value in where.items()]
    given = [value for value in where.values() if value is not None]
    return app.database().one(f"select count(*) from {what} where {' and '.join(tests)}", *given)


def is_open(app, loan):
    """Whether a loan has no day of return yet, as the service tells."""
    return wants(app.get(f"/loans/{loan}"), 200)["returned_on"] is None


def give_back(app, loan):
    """Return a book by whatever way the service offers; gives the answer, which names the way."""
    for method, path in ways_back(app, loan):
        reply = app.request(method, path)
        if reply.status not in (404, 405):
            wants(reply, *DONE, 303)
            break
    assert not is_open(app, loan), "No request was found that returns a book."
    return reply


def ways_back(app, loan):
    """Addresses that may end a loan: the printed one, then whatever is documented; GET last."""
    printed = f"/loans/{loan}/return"
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        yield method, printed
    yield "DELETE", f"/loans/{loan}"
    yield "GET", printed
    for path, item in app.openapi["paths"].items():
        if "return" in path and path.count("{") == 1:
            yield from ((method.upper(), filled(path, loan)) for method in item)


def filled(path, number):
    return re.sub(r"\{[^}]*\}", str(number), path)


# What the library lives by


@check("k1", kind="keep", title="Three books at a time, and a place is free again after a return")
def at_most_three(app, desk):
    loans = [desk.lent(app, book, 0)["id"] for book in range(3)]
    desk.lend(app, 3, 0)
    held = stored(app, "loan", member_id=desk.members[0], returned_on=None)
    assert held == 3, f"A member who held three books asked for a fourth and then held {held}."
    give_back(app, loans[1])
    desk.lend(app, 3, 0)
    held = stored(app, "loan", member_id=desk.members[0], returned_on=None)
    assert held == 3, f"A member returned one of three books, asked for another and held {held}."


@check("k2", kind="keep", title="A loan is due twenty-one days after its first day")
def due_in_three_weeks(app, desk, rng):
    begun = date(2024, 1, 1) + timedelta(days=rng.randrange(300))
    late = desk.lent(app, 0, 0, lent_on=begun.isoformat())
    assert late["lent_on"] == begun.isoformat(), "A loan handed in later lost its first day."
    assert late["due_on"] == (begun + timedelta(days=21)).isoformat(), (
        "A loan handed in later was not due 21 days after its first day."
    )
    now = desk.lent(app, 1, 1)
    due = date.fromisoformat(str(now["lent_on"])[:10]) + timedelta(days=21)
    assert now["due_on"] == due.isoformat(), "A loan was not due 21 days after its first day."


@check("k3", kind="keep", title="Reservations are served in the order they were made")
def first_come_first_served(app, desk):
    book = desk.books[0]
    for member in (1, 2, 3):
        place = desk.reserved(app, 0, member)
    desk.reserve(app, 0, 1)
    twice = stored(app, "reservation", book_id=book, member_id=desk.members[1])
    assert twice == 1, f"A member who reserved one book twice stood {twice} times in its queue."
    for member, role in ((2, "second in the queue"), (0, "without a reservation")):
        desk.lend(app, 0, member)
        assert not stored(app, "loan", book_id=book), f"A member {role} got a reserved book."
    give_back(app, desk.lent(app, 0, 1)["id"])
    wants(app.delete(f"/reservations/{place['id']}"), *DONE)
    desk.lend(app, 0, 3)
    assert not stored(app, "loan", book_id=book, returned_on=None), (
        "After the first reserver had returned the book, it did not go to the second."
    )
    give_back(app, desk.lent(app, 0, 2)["id"])
    desk.lent(app, 0, 0)


@check("k4", kind="keep", title="Books, loans and reservations carry the same fields")
def same_fields(app, desk):
    loan = desk.lent(app, 0, 0)
    shown = wants(app.get(f"/books/{desk.books[0]}"), 200).json
    told = [
        ("The book", shown, {"id", "title", "author"}),
        ("The reservation", desk.reserved(app, 1, 1), {"id", "book_id", "member_id"}),
        ("The loan", loan, {"id", "book_id", "member_id", "lent_on", "due_on", "returned_on"}),
    ]
    for what, answer, fields in told:
        missing = sorted(fields - set(answer))
        assert not missing, f"{what} was told without {', '.join(missing)}."
    again = wants(app.get(f"/loans/{loan['id']}"), 200).json
    for field in sorted(told[2][2]):
        assert again[field] == loan[field], f"A loan read at its address had another {field}."


@check("k5", kind="keep", title="A returned book can be lent again")
def lent_again(app, desk):
    first = desk.lent(app, 0, 0)["id"]
    desk.lend(app, 0, 1)
    held = stored(app, "loan", book_id=desk.books[0], returned_on=None)
    assert held == 1, f"One book was out with {held} members at once."
    give_back(app, first)
    second = desk.lent(app, 0, 1)["id"]
    assert is_open(app, second) and not is_open(app, first), "The second loan ended with the first."


# F1: a safe method changes nothing


@check("c1", finding="F1", title="Following an address with GET ends no loan")
def get_is_safe(app, desk, evidence):
    loan = desk.lent(app, 0, 0)["id"]
    direct = app.get(f"/loans/{loan}/return")
    at_once = is_open(app, loan)
    for path, item in documented(app, "get"):
        follow(app, path, item["get"], loan)
    state = "open" if stored(app, "loan", id=loan, returned_on=None) else "ended"
    evidence(f"GET on the return address {direct.answered}.", status=direct.status, state=state)
    assert at_once, "It returned the book."
    assert state == "open", "GET on another documented address returned the book."
    assert not direct.ok, "A GET that returns nothing was told that all is well."


def documented(app, method):
    return [(path, item) for path, item in app.openapi["paths"].items() if method in item]


def follow(app, path, operation, number):
    """Ask for one documented address, with a number wherever one is wanted."""
    wanted = [p["name"] for p in operation.get("parameters", []) if p.get("in") == "query"]
    return app.get(filled(path, number), params=dict.fromkeys(wanted, number))


@check("c2", finding="F1", title="A book is returned by sending POST to the printed address")
def post_returns(app, desk):
    loan = desk.lent(app, 0, 0)["id"]
    reply = app.post(f"/loans/{loan}/return")
    if reply.status == 405:  # PUT and PATCH are as honest; the address is what was promised
        others = (app.request(method, f"/loans/{loan}/return") for method in ("PUT", "PATCH"))
        reply = next((other for other in others if other.status != 405), reply)
    wants(reply, *DONE, 303)
    still = stored(app, "loan", id=loan, returned_on=None)
    assert not still, "The answer was a success, but the loan was still open."


# F2: a refusal is not a success


@check("c3", finding="F2", title="The second borrower of one book is told 409")
def already_lent(app, desk, evidence):
    desk.lent(app, 0, 0)
    second = desk.lend(app, 0, 1)
    rows = stored(app, "loan", book_id=desk.books[0])
    evidence("A second member asked for a book that was out.", second=second.status)
    wants(second, 409)
    assert rows == 1, f"One book was lent {rows} times."


@check("c4", finding="F2", title="What does not exist is answered 404")
def unknown_is_404(app, desk, matrix):
    member = {"member_id": desk.members[0]}
    no_loan = f"/loans/{desk.absent}/return"
    back = next(
        (r for m in ("POST", "PUT", "PATCH") if (r := app.request(m, no_loan)).status != 405),
        None,
    )
    matrix("An unknown book", app.get(f"/books/{desk.absent}"), 404)
    matrix("An unknown loan", app.get(f"/loans/{desk.absent}"), 404)
    if back is not None:
        matrix("The return of an unknown loan", back, 404)
    matrix("An unknown reservation", app.delete(f"/reservations/{desk.absent}"), 404)
    queue = f"/books/{desk.absent}/reservations"
    matrix("A reservation of an unknown book", app.post(queue, json=member), 404)
    loan = app.post("/loans", json={"book_id": desk.absent, **member})
    matrix("A loan of an unknown book", loan, 404, 409, 422)


@check("c9", finding="F2", title="A refusal by a library rule has the status of a refusal")
def rules_refuse(app, desk, matrix):
    for book in range(3):
        desk.lent(app, book, 0)
    desk.reserved(app, 4, 1)
    matrix("A fourth book", desk.lend(app, 3, 0), *RULE)
    matrix("A book that is kept for another member", desk.lend(app, 4, 2), *RULE)
    matrix("A second reservation by the same member", desk.reserve(app, 4, 1), *RULE)
    matrix.same("Loans of the book that is kept", stored(app, "loan", book_id=desk.books[4]), 0)
    way = give_back(app, desk.lent(app, 5, 3)["id"]).request
    again = matrix(
        "A book that is back, returned again", app.request(way.method, way.target), *AGAIN
    )
    if again.ok:  # to say once more that it is back is honest, too
        matrix.same("Errors told in a successful second return", int("error" in again.text), 0)


@check("g2", kind="guard", finding="F2", title="A failing database is not blamed on the caller")
def storage_fault(app, desk, outside):
    outside.fail_commits(1)
    reply = desk.lend(app, 0, 0)
    assert reply.status >= 500, (
        f"The database failed while a loan was stored, and the service {reply.answered}."
    )
    assert not stored(app, "loan", book_id=desk.books[0]), "A failed loan was stored all the same."


# F3: the overdue list


@check("c5", finding="F3", title="The overdue list can be reached and is right")
def overdue(app, desk, rng, evidence):
    long_ago = date(2024, 3, 1) + timedelta(days=rng.randrange(200))
    today = date.fromisoformat(desk.lent(app, 2, 2)["lent_on"])
    back = desk.lent(app, 1, 1, lent_on=long_ago.isoformat())
    for book, begun in ((0, long_ago), (3, today - timedelta(22)), (4, today - timedelta(21))):
        desk.lent(app, book, 0, lent_on=begun.isoformat())
    give_back(app, back["id"])
    reply = app.get("/books/overdue")
    evidence(
        "Two late books were on loan, and the overdue list was asked for.", status=reply.status
    )
    books = wants(reply, 200).json
    assert isinstance(books, list), "The overdue list was not a list."
    listed = {book["id"] for book in books}
    assert {desk.books[0], desk.books[3]} <= listed, "A late book was missing in the overdue list."
    assert not listed & {desk.books[1], desk.books[2]}, (
        "The overdue list held a book that was back, or one that was lent today."
    )
    if desk.lent(app, 5, 3)["lent_on"] == today.isoformat():  # midnight has not passed meanwhile
        assert desk.books[4] not in listed, "The overdue list held a book that was due today."


@check(
    "g1",
    kind="guard",
    finding="F3",
    title="A book is still found by its number, and a word is no number",
)
def one_book(app, desk, rng, matrix):
    number = rng.choice(desk.books)
    found = matrix("A book by its number", app.get(f"/books/{number}"), 200)
    if found.ok:
        matrix.same("The number of the book that was shown", found["id"], number)
    word = "".join(rng.choices("bcdfghk", k=6))
    matrix("A word in place of the number", app.get(f"/books/{word}"), 400, 404, 422)


# F4: creating and removing


@check("c6", finding="F4", title="A creation answers 201 and says where the new thing lives")
def created(app, desk, matrix, evidence):
    book = app.post("/books", json={"title": "A new one", "author": "R. Hale"})
    loan = desk.lend(app, 0, 0)
    has = "a" if book.headers.get("location") else "no"
    evidence("A book, a loan, a member and a reservation were made.", book=book.status, has=has)
    matrix("A new member", app.post("/members", json={"name": "Edda"}), 201)
    matrix("A new reservation", desk.reserve(app, 1, 1), 201)
    for what, reply in (("A new book", book), ("A new loan", loan)):
        matrix(what, reply, 201)
        location = reply.headers.get("location", "")
        matrix.same(f"{what}, its Location headers", int(bool(location)), 1)
        if location:
            there = app.get(address(reply, location))
            matrix(f"{what}, read at its Location", there, 200)
            if there.ok:
                matrix.same(f"{what}, its number at its Location", there["id"], reply["id"])


def address(reply, location):
    """The path that a client goes to; a Location may be absolute or relative."""
    return urlsplit(urljoin(f"http://app{reply.request.target}", location)).path


@check("c7", finding="F4", title="A cancelled reservation leaves 204 and no body")
def deleted(app, desk):
    place = desk.reserved(app, 0, 0)["id"]
    reply = wants(app.delete(f"/reservations/{place}"), 204)
    assert not reply.body, "The answer to a cancelled reservation had a body."
    assert not stored(app, "reservation", id=place), "The cancelled reservation was still stored."


# F5: nobody borrows nothing


@check("c8", finding="F5", title="Nothing is lent to or kept for an unknown member")
def unknown_member(app, desk, matrix, evidence):
    no_one = {"member_id": desk.nobody}
    book = desk.books[0]
    loan = app.post("/loans", json={"book_id": book, **no_one})
    kept = app.post(f"/books/{desk.books[1]}/reservations", json=no_one)
    loans, places = stored(app, "loan", **no_one), stored(app, "reservation", **no_one)
    evidence(
        "A loan and a reservation were asked for under a member number that was never given out.",
        loan=loan.status,
        reservation=kept.status,
        rows=loans + places,
    )
    for what, reply in (("The loan", loan), ("The reservation", kept)):
        matrix(f"{what} for an unknown member", reply, 400, 404, 409, 422)
    matrix.same("Loans of an unknown member", loans, 0)
    matrix.same("Reservations of an unknown member", places, 0)
