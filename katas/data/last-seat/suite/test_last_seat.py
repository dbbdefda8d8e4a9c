"""Kata 24, last-seat. Every check opens shows of its own; the database begins empty.

Whatever races, races behind a rendezvous at the pricing partner: nobody passes it before everybody
who can come is there. So what a service does between its check and its write happens at once.
"""

import re

import pytest
from kit import check, refused, tally, wants

MINUTE = 60
GONE = (404, 409, 410)  # a hold that has run out may be kept as a row or not


class House:
    """The theatre as its customers know it."""

    def __init__(self, app, outside, rng):
        self.app, self.outside, self.rng = app, outside, rng
        self.base = rng.randrange(1_000, 9_000)
        outside.answers(price=self.quote)

    def quote(self, show, seat):
        return self.base + 10 * show + len(seat)

    def show(self, cheap=0):
        title = f"Evening {self.rng.randrange(10**6)}"
        return wants(self.app.post("/shows", json={"title": title, "cheap": cheap}), 201).json["id"]

    def seats(self, n):
        """n different seats."""
        every = [f"{row}{number}" for row in "ABCDEFGHJKLM" for number in range(1, 31)]
        return self.rng.sample(every, n)

    def names(self, n):
        first = self.rng.randrange(10**6)
        return [f"customer-{first + i}" for i in range(n)]

    def hold(self, show, seat, name):
        return self.app.as_user(name).post(f"/shows/{show}/holds", json={"seat": seat})

    def till(self, show, seat, name="till-1"):
        return self.app.as_user(name).post(f"/shows/{show}/till", json={"seat": seat})

    def cheap(self, show, name):
        return self.app.as_user(name).post(f"/shows/{show}/cheap")

    def pay(self, booking, name):
        return self.app.as_user(name).post(f"/bookings/{booking}/pay")

    def cancel(self, booking, name):
        return self.app.as_user(name).delete(f"/bookings/{booking}")

    def cheap_left(self, show):
        return wants(self.app.get(f"/shows/{show}"), 200).json["cheap_left"]

    def listed(self, show):
        """The seats in the plan, one entry for each that is held or paid."""
        return [entry["seat"] for entry in wants(self.app.get(f"/shows/{show}/seats"), 200).json]

    # Requests as data, for a rush

    def asks_hold(self, show, seat, name, on=0):
        path = f"/shows/{show}/holds"
        return self.app.as_user(name, on=on).prepare("POST", path, json={"seat": seat})

    def asks_till(self, show, seat, name="till-1"):
        path = f"/shows/{show}/till"
        return self.app.as_user(name).prepare("POST", path, json={"seat": seat})

    def asks_cheap(self, show, name, on=0):
        return self.app.as_user(name, on=on).prepare("POST", f"/shows/{show}/cheap")

    def rush(self, requests):
        """All at once, and together at the pricing partner."""
        requests = list(requests)
        self.outside.rendezvous("price", len(requests))
        return self.app.together(requests, deadline=8.0)


@pytest.fixture
def house(app, outside, rng):
    return House(app, outside, rng)


@pytest.fixture
def must(evidence):
    """Fails the check with a sentence, and facts for the notes, unless something holds."""

    def judge(holds, text, **facts):
        if not holds:
            evidence(text, **facts)
            raise AssertionError

    return judge


def told(replies):
    """How many were told that they have what they asked for."""
    return sum(reply.ok for reply in replies)


# What the theatre does


@check("k1", kind="keep", title="The price of a hold never changes")
def price_of_hold(house, outside):
    show, (seat,), (ann,) = house.show(), house.seats(1), house.names(1)
    held = wants(house.hold(show, seat, ann), 201).json
    assert held["price"] == house.quote(show, seat), "A hold had another price than the quoted one."
    outside.answers(price=lambda show, seat: 99_999)
    paid = wants(house.pay(held["id"], ann), 200).json
    assert (paid["price"], paid["state"]) == (held["price"], "paid"), (
        "A hold was paid for, and its price or state was not the expected one."
    )


@check("k2", kind="keep", title="A cancelled seat can be sold again")
def cancel_frees(house):
    show, (seat,) = house.show(), house.seats(1)
    for name in house.names(2):
        held = wants(house.hold(show, seat, name), 201).json
        refused(house.cancel(held["id"], "somebody-else"))
        wants(house.cancel(held["id"], name), 204)
        assert seat not in house.listed(show), "A cancelled seat was still in the seat plan."
    sold = wants(house.till(show, seat), 201).json
    wants(house.cancel(sold["id"], "till-1"), 204)
    wants(house.till(show, seat), 201)


@check("k3", kind="keep", title="A hold lasts ten minutes, then the seat is for sale")
def ten_minutes(house, outside):
    show, (seat,), (ann, bob) = house.show(), house.seats(1), house.names(2)
    first = wants(house.hold(show, seat, ann), 201).json
    outside.move_clock(9.5 * MINUTE)
    refused(house.hold(show, seat, bob), 409)
    outside.move_clock(MINUTE)
    assert house.listed(show) == [], "A hold that had run out was still in the seat plan."
    refused(house.pay(first["id"], ann), *GONE)
    second = wants(house.hold(show, seat, bob), 201).json
    refused(house.pay(first["id"], ann), *GONE)
    wants(house.cancel(first["id"], ann), 204, *GONE)
    assert house.listed(show) == [seat], "Cancelling a hold that had run out freed the next one's."
    wants(house.pay(second["id"], bob), 200)


@check("k4", kind="keep", title="Six seats of a show are the most for one customer")
def six_seats(house, outside):
    show, seats, (ann, bob) = house.show(), house.seats(9), house.names(2)
    held = [wants(house.hold(show, seat, ann), 201).json for seat in seats[:6]]
    refused(house.hold(show, seats[6], ann), 409)
    wants(house.hold(show, seats[8], bob), 201)
    wants(house.hold(house.show(), seats[6], ann), 201)
    wants(house.cancel(held[0]["id"], ann), 204)
    wants(house.hold(show, seats[6], ann), 201)
    wants(house.pay(held[1]["id"], ann), 200)
    refused(house.hold(show, seats[7], ann), 409)
    outside.move_clock(11 * MINUTE)  # five run out, the paid one stays
    wants(house.hold(show, seats[7], ann), 201)


@check("k5", kind="keep", title="Cheap tickets: as many as the show has, one for each customer")
def cheap_tickets(house, rng):
    quota = rng.randint(2, 4)
    other, show, names = house.show(cheap=quota), house.show(cheap=quota), house.names(quota + 1)
    for sold, name in enumerate(names[:quota]):
        ticket = wants(house.cheap(show, name), 201).json
        assert ticket["price"] == house.quote(show, "cheap"), "A cheap ticket had another price."
        if sold + 1 < quota:
            refused(house.cheap(show, name), 409)
        assert house.cheap_left(show) == quota - sold - 1, "The cheap tickets were miscounted."
    refused(house.cheap(show, names[quota]), 409)
    assert house.cheap_left(other) == quota, "A cheap ticket of one show was counted in another."


@check("k6", kind="keep", title="The till sells at once, and knows no limit of six")
def till_sells(house, outside):
    show, seats, (ann,) = house.show(), house.seats(8), house.names(1)
    wants(house.hold(show, seats[0], ann), 201)
    refused(house.till(show, seats[0]), 409)
    for seat in seats[1:]:
        sold = wants(house.till(show, seat), 201).json
        assert sold["state"] == "paid", "A seat sold at the till was not paid."
    refused(house.hold(show, seats[1], ann), 409)
    outside.move_clock(11 * MINUTE)
    wants(house.till(show, seats[0]), 201)


@check("k7", kind="keep", title="A paid seat stays sold")
def paid_stays(house, outside):
    show, (seat,), (ann, bob) = house.show(), house.seats(1), house.names(2)
    held = wants(house.hold(show, seat, ann), 201).json
    wants(house.pay(held["id"], ann), 200)
    plan = wants(house.app.get(f"/shows/{show}/seats"), 200)
    assert seat in plan.text, "A paid seat was missing in the seat plan."
    assert ann not in plan.text, "The seat plan told who has a seat."
    outside.move_clock(24 * 60 * MINUTE)
    refused(house.hold(show, seat, bob), 409)
    mine = wants(house.app.as_user(ann).get(f"/bookings/{held['id']}"), 200).json
    assert mine["state"] == "paid", "A paid booking changed its state with time."
    refused(house.app.as_user(bob).get(f"/bookings/{held['id']}"))


@check("k8", kind="keep", title="Unknown shows and impossible seats are refused as before")
def refusals(house):
    show, (seat,), (ann,) = house.show(), house.seats(1), house.names(1)
    unknown = show + 1_000
    refused(house.hold(unknown, seat, ann), 404)
    refused(house.till(unknown, seat), 404)
    refused(house.cheap(unknown, ann), 404)
    for path in (f"/shows/{unknown}", f"/shows/{unknown}/seats"):
        refused(house.app.get(path), 404)
    refused(house.hold(show, "front row", ann), 400, 422)
    refused(house.app.post(f"/shows/{show}/holds", json={"seat": seat}), 400, 401, 422)
    described = {
        re.sub(r"\{\w+\}", "{}", path): methods
        for path, methods in house.app.openapi["paths"].items()
    }
    for path in ("/shows/{}/holds", "/shows/{}/till", "/shows/{}/cheap"):
        answers = described.get(path, {}).get("post", {}).get("responses", {})
        assert "201" in answers, f"POST {path} was no longer described with its 201."


# What goes wrong when many come at once


@check("c1", finding="F1", title="One seat has one buyer, however many ask at once", limit=12)
def one_buyer(house, outside, must):
    for _ in outside.rounds(2):
        show, (seat,), names = house.show(), house.seats(1), house.names(9)
        asks = [house.asks_hold(show, seat, name) for name in names]
        replies = house.rush([*asks, house.asks_till(show, seat)])
        sold, listed = told(replies), house.listed(show).count(seat)
        must(
            sold == 1 and listed == 1,
            f"{len(replies)} buyers asked for one seat at the same moment: {sold} were told that it"
            f" is theirs, and the seat plan listed it {listed} times.",
            buyers=len(replies),
            sold=sold,
        )


@check("c2", finding="F2", title="The cheap quota is never exceeded", limit=12)
def quota(house, outside, rng, must):
    for _ in outside.rounds(2):
        cheap = rng.randint(2, 4)
        show, names = house.show(cheap=cheap), house.names(9)
        replies = house.rush(house.asks_cheap(show, name) for name in names)
        sold, left = told(replies), house.cheap_left(show)
        must(
            1 <= sold <= cheap and left == cheap - sold,
            f"{len(names)} customers asked for {cheap} cheap tickets at the same moment: {sold}"
            f" were sold, and the show counted {left} left.",
            buyers=len(names),
            quota=cheap,
            sold=sold,
        )


@check("c3", finding="F3", title="The database itself refuses a second holder")
def unique_in_database(house, app, must):
    show, (ann,) = house.show(), house.names(1)
    seat = f"{house.rng.choice('GHJKLM')}{house.rng.randint(10, 30)}"  # occurs nowhere by chance
    held = wants(house.hold(show, seat, ann), 201).json
    must(
        refuses_copy(app.database(), seat, ann),
        "A copy of the database was given a second row for a held seat, and it accepted the row.",
        state="held",
    )
    wants(house.pay(held["id"], ann), 200)
    must(
        refuses_copy(app.database(), seat, ann),
        "A copy of the database was given a second row for a paid seat, and it accepted the row.",
        state="paid",
    )


def refuses_copy(database, seat, holder):
    """Whether some table refuses a second customer's row like the one that has this seat.

    A refusal counts if it is about the seat: the same row with another seat must be accepted.
    """
    tables = database.rows("select name from sqlite_master where type = 'table'")
    return any(_refuses_in(database, row["name"], seat, holder) for row in tables)


def _refuses_in(database, table, seat, holder):
    columns = database.rows("select name, pk from pragma_table_info(?)", table)
    names = [column["name"] for column in columns]
    keys = [column["name"] for column in columns if column["pk"]]
    key = keys[0] if len(keys) == 1 else None  # a key of several columns may be the constraint
    has_seat = " or ".join(f"instr({_quoted(name)}, '{seat}')" for name in names)
    row = f"from {_quoted(table)} where {has_seat} limit 1"
    if not names or database.one(f"select 1 {row}") is None:
        return False
    if key and database.one(f"select instr({_quoted(key)}, '{seat}') {row}"):
        return True
    text_key = key and database.one(f"select typeof({_quoted(key)}) {row}") == "text"

    def insert(exchange):
        new = {name: _exchanged(name, exchange) for name in names if name != key}
        if text_key:
            new[key] = "hex(randomblob(16))"
        into = ", ".join(map(_quoted, new))
        return f"insert into {_quoted(table)} ({into}) select {', '.join(new.values())} {row}"

    same_seat = insert({holder: "second-holder"})
    other_seat = insert({holder: "second-holder", seat: "Z99"})
    return database.refuses(same_seat) and not database.refuses(other_seat)


def _exchanged(name, exchange):
    """A column's value, with words in it exchanged for others."""
    value = column = _quoted(name)
    for old, new in exchange.items():
        value = f"iif(instr({column}, '{old}'), replace({value}, '{old}', '{new}'), {value})"
    return value


def _quoted(name):
    return '"' + name.replace('"', '""') + '"'


@check("c4", finding="F4", title="Whoever comes second is told so", limit=12)
def no_server_errors(house, must):
    show, (seat,), names = house.show(cheap=5), house.seats(1), house.names(5)
    clicks = [house.asks_cheap(show, names[0]) for _ in range(5)]
    asks = [house.asks_hold(show, seat, name) for name in names[1:]]
    replies = house.rush([*clicks, *asks, house.asks_till(show, seat)])
    _only_answers(must, replies[:5], "One customer clicked {n} times at once for a cheap ticket")
    _only_answers(must, replies[5:], "{n} buyers asked for one seat at once")


def _only_answers(must, replies, what):
    other = [reply for reply in replies if reply.status not in (201, 409)]
    codes = ", ".join(str(code) if code else "no answer" for code in sorted(tally(other)))
    must(
        not other,
        f"{what.format(n=len(replies))}: {len(other)} got neither 201 nor 409 ({codes}).",
        asked=len(replies),
        broken=len(other),
    )


@check("c5", finding="F5", title="A hold that has run out passes to one customer", limit=12)
def expired_hold(house, outside, must):
    for _ in outside.rounds(2):
        show, (seat,), names = house.show(), house.seats(1), house.names(6)
        wants(house.hold(show, seat, names[0]), 201)
        outside.move_clock(11 * MINUTE)
        replies = house.rush(house.asks_hold(show, seat, name) for name in names[1:])
        sold, listed = told(replies), house.listed(show).count(seat)
        must(
            sold == 1 and listed == 1,
            f"Eleven minutes after a hold, {len(replies)} customers asked for its seat: {sold} got"
            f" it, and the seat plan listed it {listed} times.",
            buyers=len(replies),
            sold=sold,
        )


@check("c6", finding="F6", title="Shows do not wait for each other at the till", limit=12)
def shows_are_independent(house, outside, must):
    for _ in range(3):  # on a busy machine the tills may come too late for each other
        seat, *_ = house.seats(1)
        shows = [house.show() for _ in range(4)]
        for reply in house.rush(house.asks_till(show, seat, f"till-{show}") for show in shows):
            wants(reply, 201)
        if outside.overlaps("price") >= 2:
            return
    must(
        False,
        "Four tills sold seats of four shows, and their calls to the pricing partner went one after"
        " the other.",
        tills=4,
    )


@check("c7", finding="F2", title="Nobody gets more than six seats by asking at once", limit=12)
def six_at_once(house, outside, must):
    for _ in outside.rounds(2):
        show, seats, (ann,) = house.show(), house.seats(10), house.names(1)
        for seat in seats[:5]:
            wants(house.hold(show, seat, ann), 201)
        granted = told(house.rush(house.asks_hold(show, seat, ann) for seat in seats[5:]))
        listed = len(house.listed(show))
        must(
            granted == 1 and listed == 6,
            f"A customer with five seats asked for five more at the same moment: {granted} were"
            f" granted, and the seat plan listed {listed}.",
        )


@check("c8", finding="F1", title="Two processes, one seat: one buyer", limit=12)
def two_processes_one_seat(house, app, outside, must):
    app.second()
    for _ in outside.rounds(3):
        show, (seat,), names = house.show(), house.seats(1), house.names(4)
        replies = house.rush(
            house.asks_hold(show, seat, name, on=i % 2) for i, name in enumerate(names)
        )
        sold, listed = told(replies), house.listed(show).count(seat)
        must(
            sold == 1 and listed == 1,
            f"{len(names)} buyers asked two processes of the service for one seat: {sold} were told"
            f" that it is theirs.",
            buyers=len(names),
            sold=sold,
        )


@check("c9", finding="F2", title="Two processes keep one count", limit=12)
def two_processes_one_count(house, app, outside, must):
    app.second()
    for _ in outside.rounds(3):
        show, names = house.show(cheap=1), house.names(4)
        replies = house.rush(house.asks_cheap(show, n, on=i % 2) for i, n in enumerate(names))
        sold, left = told(replies), house.cheap_left(show)
        must(
            sold == 1 and left == 0,
            f"{len(names)} customers asked two processes for the last cheap ticket: {sold} got it.",
        )
    show, seats, (ann,) = house.show(), house.seats(9), house.names(1)
    for seat in seats[:5]:
        wants(house.hold(show, seat, ann), 201)
    replies = house.rush(
        house.asks_hold(show, seat, ann, on=i % 2) for i, seat in enumerate(seats[5:])
    )
    granted = told(replies)
    must(
        granted == 1,
        f"A customer with five seats asked two processes for four more: {granted} were granted.",
    )


# What a repair must not break


@check("g1", finding="F3", kind="guard", title="A held seat stays held after a restart")
def survives_restart(house, app):
    show, (seat,), (ann, bob) = house.show(), house.seats(1), house.names(2)
    held = wants(house.hold(show, seat, ann), 201).json
    app.restart()
    refused(house.hold(show, seat, bob), 409)
    refused(house.till(show, seat), 409)
    wants(house.pay(held["id"], ann), 200)


@check("g2", finding="F1", kind="guard", title="Buyers of different seats are all served")
def different_seats(house, must):
    show, seats, names = house.show(cheap=9), house.seats(3), house.names(6)
    asks = [house.asks_hold(show, s, n) for s, n in zip(seats, names[:3], strict=True)]
    served = told(house.rush([*asks, *(house.asks_cheap(show, name) for name in names[3:])]))
    must(
        served == len(names),
        f"{len(names)} customers asked at the same moment for different free seats and for cheap"
        f" tickets of which nine were left: {served} were served.",
    )


@check("g3", finding="F2", kind="guard", title="A cheap ticket that nobody got stays for sale", limit=12)
def cheap_comes_back(house, outside):
    show, (ann, bob) = house.show(cheap=3), house.names(2)
    outside.set("price", fail=True)
    failed = house.cheap(show, ann)
    outside.set("price")
    assert not failed.ok, "A cheap ticket was sold although nobody could say its price."
    assert house.cheap_left(show) == 3, "A cheap ticket without a price was counted as sold."
    replies = house.rush([house.asks_cheap(show, bob) for _ in range(2)])
    assert told(replies) == 1, f"A customer clicked twice and was told of {told(replies)} tickets."
    assert house.cheap_left(show) == 2, (
        f"A customer clicked twice, and {3 - house.cheap_left(show)} cheap tickets were counted."
    )
