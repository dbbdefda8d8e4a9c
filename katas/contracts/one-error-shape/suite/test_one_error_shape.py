"""Kata one-error-shape: can a client decide by the answer, and is it told nothing else?

The keep checks look for codes anywhere in an answer, whatever its shape: shapes are the business of
the find checks.
"""

import json
import re
import time
from dataclasses import dataclass

import pytest
from kit import check, seed, wants

PROBLEM = "application/problem+json"
MEMBERS = ("type", "title", "status", "detail", "code")
LOCK_S = 15 * 60
HUGE = 2**63
LEAKS = (
    "select",
    "insert",
    "update ",
    "commit",
    "sql",
    "disk i/o",
    "traceback",
    "exception",
    "operational",
    "overflow",
    "python",
    "/app/",
    ".py",
)


@dataclass
class Lockers:
    """Two partners, two lockers, and the ways to speak of them."""

    mine: dict[str, str]
    other: dict[str, str]
    wide: int
    narrow: int
    pin: str
    wrong: str

    def reserve(self, app, locker=None, by=None, body=None):
        path = f"/lockers/{self.wide if locker is None else locker}/parcels"
        return app.post(path, headers=by or self.mine, json=body or {"pin": self.pin})

    def reserved(self, app, locker=None):
        return wants(self.reserve(app, locker), 201)["id"]

    def deposit(self, app, parcel, by=None):
        return app.post(f"/parcels/{parcel}/deposit", headers=by or self.mine)

    def deposited(self, app, locker=None):
        parcel = self.reserved(app, locker)
        wants(self.deposit(app, parcel), 200)
        return parcel

    def collect(self, app, parcel, pin=None, by=None):
        body = {"pin": pin or self.pin}
        return app.post(f"/parcels/{parcel}/collect", headers=by or self.mine, json=body)

    def read(self, app, parcel, by=None):
        return app.get(f"/parcels/{parcel}", headers=by or self.mine)

    def lock(self, app, parcel):
        for _ in range(3):
            wants(self.collect(app, parcel, self.wrong), 403)


@seed
def partners_and_lockers(app, rng):
    keys = [wants(app.post("/partners", json={"name": n}), 201)["key"] for n in ("North", "South")]
    lockers = [
        wants(app.post("/lockers", json={"place": f"Gate {n}", "boxes": n}), 201)["id"]
        for n in (9, 1)
    ]
    pin, wrong = rng.sample(range(1000, 999_999), 2)
    mine, other = ({"Authorization": f"Bearer {key}"} for key in keys)
    return Lockers(mine, other, *lockers, str(pin), str(wrong))


@pytest.fixture
def lockers(seeded):
    """What the seed made."""
    return seeded


class Ear:
    """Hears what the service prints from now on."""

    def __init__(self, app):
        self.app, self.mark = app, app.printed

    def heard(self):
        time.sleep(0.05)  # some lines are printed after the answer
        return self.app.log_since(self.mark)


@pytest.fixture
def ear(app):
    return Ear(app)


def carries(reply, code):
    assert code in reply.text, f"{reply.what} {reply.answered} without the code {code}."


# What partners rely on


@check("k1", kind="keep", title="Three wrong PINs lock the box for fifteen minutes")
def three_wrong_pins(app, lockers, outside):
    parcel, beside = lockers.deposited(app), lockers.deposited(app)
    for _ in range(2):
        carries(wants(lockers.collect(app, parcel, lockers.wrong), 403), "PIN_WRONG")
    wants(lockers.collect(app, beside), 200)
    carries(wants(lockers.collect(app, parcel, lockers.wrong), 403), "PIN_WRONG")
    carries(wants(lockers.collect(app, parcel), 429), "BOX_LOCKED")
    outside.move_clock(LOCK_S - 30)
    carries(wants(lockers.collect(app, parcel, lockers.wrong), 429), "BOX_LOCKED")
    outside.move_clock(60)
    lockers.lock(app, parcel)
    wants(lockers.collect(app, parcel), 429)
    outside.move_clock(LOCK_S + 30)
    wants(lockers.collect(app, parcel), 200)


@check("k2", kind="keep", title="What succeeds is answered as before")
def successes(app, lockers):
    made = wants(lockers.reserve(app), 201).json
    assert set(made) == {"id", "locker_id", "box", "state"}, "A reserved parcel had other fields."
    number = made["id"]
    steps = (
        ("reserved", lockers.read(app, number)),
        ("deposited", lockers.deposit(app, number)),
        ("deposited", lockers.read(app, number)),
        ("collected", lockers.collect(app, number)),
        ("collected", lockers.read(app, number)),
    )
    for state, reply in steps:
        told = wants(reply, 200).json
        assert told == {**made, "state": state}, f"{reply.what} did not tell a parcel {state}."
        kind = reply.headers.get("content-type", "")
        assert kind.startswith("application/json"), f"{reply.what} answered {kind}."
    stored = app.database().one("select pin from parcel where id = ?", number)
    assert str(stored) == lockers.pin, "The PIN that was stored is not the one that was sent."
    locker = wants(app.post("/lockers", json={"place": "Pier", "boxes": 200}), 201).json
    assert set(locker) == {"id", "place", "boxes"}, "A new locker was told with other fields."
    partner = wants(app.post("/partners", json={"name": "West"}), 201).json
    assert set(partner) == {"id", "name", "key"}, "A new partner was told with other fields."
    paths = {"/lockers/{locker_id}/parcels", "/parcels/{parcel_id}", "/partners", "/lockers"}
    assert paths <= set(app.openapi["paths"]), "The description lost an address."


@check("k3", kind="keep", title="Partners find the codes that they rely on")
def codes(app, lockers, rng):
    parcel = lockers.reserved(app)
    carries(wants(lockers.collect(app, parcel), 409), "PARCEL_STATE")
    wants(lockers.deposit(app, parcel), 200)
    carries(wants(lockers.deposit(app, parcel), 409), "PARCEL_STATE")
    carries(wants(lockers.collect(app, parcel, lockers.wrong), 403), "PIN_WRONG")
    wants(lockers.collect(app, parcel), 200)
    carries(wants(lockers.collect(app, parcel), 409), "PARCEL_STATE")
    carries(wants(lockers.read(app, rng.randrange(9_000, 99_000)), 404), "PARCEL_UNKNOWN")
    carries(wants(app.get(f"/parcels/{parcel}"), 401), "KEY_UNKNOWN")
    for pin in ("0123", "012345"):
        wants(lockers.reserve(app, body={"pin": pin}), 201)
    for pin in ("123", "1234567"):
        carries(wants(lockers.reserve(app, body={"pin": pin}), 400, 422), "INVALID")
    for boxes in (0, 201):
        made = app.post("/lockers", json={"place": "Pier", "boxes": boxes})
        carries(wants(made, 400, 422), "INVALID")


@check("k4", kind="keep", title="A partner sees and moves its own parcels alone")
def own_parcels(app, lockers):
    parcel = lockers.reserved(app)
    theirs = wants(lockers.reserve(app, by=lockers.other), 201)["id"]
    carries(wants(lockers.read(app, theirs), 404), "PARCEL_UNKNOWN")
    wants(lockers.read(app, theirs, lockers.other), 200)
    for way in (lockers.read, lockers.deposit):
        carries(wants(way(app, parcel, lockers.other), 404), "PARCEL_UNKNOWN")
    wants(lockers.deposit(app, parcel), 200)
    carries(wants(lockers.collect(app, parcel, by=lockers.other), 404), "PARCEL_UNKNOWN")
    nobody = {"Authorization": "Bearer nobody"}
    for reply in (
        lockers.reserve(app, by=nobody),
        lockers.read(app, parcel, nobody),
        lockers.deposit(app, parcel, nobody),
        lockers.collect(app, parcel, by=nobody),
    ):
        carries(wants(reply, 401), "KEY_UNKNOWN")
    wants(lockers.collect(app, parcel), 200)


@check(
    "k5",
    kind="keep",
    title="The free box with the lowest number is given, and again after collecting",
)
def boxes(app, lockers):
    first = [wants(lockers.reserve(app), 201) for _ in range(3)]
    assert [p["box"] for p in first] == [1, 2, 3], "Three parcels did not get the boxes 1 to 3."
    wants(lockers.deposit(app, first[1]["id"]), 200)
    wants(lockers.collect(app, first[1]["id"]), 200)
    given = [wants(lockers.reserve(app), 201)["box"] for _ in range(2)]
    assert given == [2, 4], "After box 2 was emptied, the next parcels did not get boxes 2 and 4."
    assert wants(lockers.reserve(app, lockers.narrow), 201)["box"] == 1, (
        "The first parcel of a locker did not get its box 1."
    )


# F1: faults


def faults(app, lockers, outside):
    """A fault in each step of a parcel's way: the step's name, and the answer."""
    reserved, deposited = lockers.reserved(app), lockers.deposited(app)
    ways = {
        "A reservation": lambda: lockers.reserve(app),
        "A deposit": lambda: lockers.deposit(app, reserved),
        "A collection": lambda: lockers.collect(app, deposited),
    }
    for what, way in ways.items():
        outside.fail_commits(1)
        yield what, way()


@check("c2", finding="F1", title="A fault of ours is told as 500 and tells nothing of its cause")
def faults_tell_nothing(app, lockers, outside, matrix, evidence):
    told = list(faults(app, lockers, outside))
    shown = [what.lower() for what, reply in told if leak(reply)]
    statuses = ", ".join(str(reply.status) for _, reply in told)
    words = " and ".join(shown) or "none"
    evidence(
        f"The database failed in three steps, which were answered {statuses}.",
        statuses=statuses,
        shown=words,
    )
    for what, reply in told:
        matrix(f"{what} while the database failed", reply, 500)
    huge = app.post(f"/lockers/{HUGE}/parcels", headers=lockers.mine, json={"pin": lockers.pin})
    told.append(("A reservation in a locker with a very large number", huge))
    told.append(("A parcel with a very large number", lockers.read(app, HUGE)))
    for what, reply in told[3:]:
        matrix(what, reply, 400, 404, 422, 500)
    for what, reply in told:
        matrix.same(f"{what}, exceptions whose text was in the answer", int(leak(reply)), 0)
    again = (
        lockers.deposit(app, told_id(app, "reserved")),
        lockers.collect(app, told_id(app, "deposited")),
    )
    for reply in again:
        matrix("The same step once the database worked again", reply, 200)


def told_id(app, state):
    """A parcel that a failed step has left in this state."""
    return app.database().one("select id from parcel where lower(state) = ? order by id", state)


def leak(reply):
    """Whether an answer shows what an exception said."""
    return any(word in reply.text.lower() for word in LEAKS)


@check(
    "g1",
    kind="guard",
    finding="F1",
    title="The cause of a 500 stands in the log with its traceback",
)
def faults_are_logged(app, lockers, outside, matrix):
    ear = Ear(app)
    for what, _ in faults(app, lockers, outside):
        heard = ear.heard()
        cause = "disk I/O error" in heard and "Traceback" in heard
        matrix.same(f"{what} failed, causes with a traceback in the log", int(cause), 1)
        ear = Ear(app)


# F2, F5, F6: the shape


def refusals(app, lockers, outside, rng):
    """What was asked, the answer, the status and the code that are declared for it."""
    parcel, locked = lockers.deposited(app), lockers.deposited(app)
    lockers.lock(app, locked)
    wrong_key = {"Authorization": f"Bearer {rng.getrandbits(80):x}"}
    nowhere = f"/{''.join(rng.choices('bcdfghk', k=8))}"
    return [
        ("An unknown parcel", lockers.read(app, 9_999), 404, "PARCEL_UNKNOWN"),
        ("A deposit of a deposited parcel", lockers.deposit(app, parcel), 409, "PARCEL_STATE"),
        ("A wrong PIN", lockers.collect(app, parcel, lockers.wrong), 403, "PIN_WRONG"),
        ("A locked box", lockers.collect(app, locked), 429, "BOX_LOCKED"),
        ("A request without a key", app.get(f"/parcels/{parcel}"), 401, "KEY_UNKNOWN"),
        ("An unknown key", lockers.read(app, parcel, wrong_key), 401, "KEY_UNKNOWN"),
        ("A body without a PIN", lockers.reserve(app, body={"p": 1}), 422, "INVALID"),
        ("A word for a number", lockers.read(app, "word"), 422, "INVALID"),
        ("A fault of the service", fault(app, lockers, outside, parcel), 500, "INTERNAL"),
    ], [
        ("An unknown address", app.get(nowhere), 404, "NOT_FOUND"),
        (
            "An unknown address below a known one",
            app.post(f"/parcels/{parcel}{nowhere}"),
            404,
            "NOT_FOUND",
        ),
        (
            "A method that an address does not know",
            app.delete(f"/parcels/{parcel}"),
            405,
            "METHOD_NOT_ALLOWED",
        ),
    ]


def fault(app, lockers, outside, parcel):
    outside.fail_commits(1)
    return lockers.collect(app, parcel)


def shape(reply):
    """Media type and members, without those that one kind of refusal may add."""
    kind = reply.headers.get("content-type", "").split(";")[0].strip().lower()
    try:
        body = json.loads(reply.text)
    except ValueError:
        body = None
    return kind, body if isinstance(body, dict) else {}


@check("c1", finding="F2", title="All refusals have one shape, with the declared status")
def one_shape(app, lockers, outside, rng, matrix, evidence):
    ours, routers = refusals(app, lockers, outside, rng)
    kind, first = shape(ours[0][1])
    shapes = {(k, tuple(sorted(b))) for k, b in (shape(r) for _, r, _, _ in (*ours, *routers))}
    evidence(
        f"{len(ours) + len(routers)} requests that must be refused were answered in"
        f" {len(shapes)} shapes.",
        shapes=len(shapes),
    )
    for what, reply, status, code in (*ours, *routers):
        matrix(what, reply, status)
        matrix.same(f"{what}, media type as for an unknown parcel", shape(reply)[0], kind)
        missing = sorted(set(first) - set(shape(reply)[1]))
        matrix.same(f"{what}, members missing that an unknown parcel has", missing, [])
        if (what, reply, status, code) in routers:
            matrix.same(f"{what}, is {code} in the answer", code in reply.text, True)


@check(
    "c5",
    finding="F5",
    title="Refusals are problem documents as agreed, and their status is the true one",
)
def problem_documents(app, lockers, outside, rng, matrix, evidence):
    ours, _ = refusals(app, lockers, outside, rng)
    kind, first = shape(ours[0][1])
    evidence(
        f"An unknown parcel was told as {kind} with the members {', '.join(sorted(first))}.",
        kind=kind,
        members=", ".join(sorted(first)),
    )
    for what, reply, _, code in ours:
        kind, body = shape(reply)
        matrix.same(f"{what}, media type", kind, PROBLEM)
        missing = [name for name in MEMBERS if name not in body]
        matrix.same(f"{what}, members missing", missing, [])
        if not missing:
            matrix.same(f"{what}, status in the document", body["status"], reply.status)
            matrix.same(f"{what}, code in the document", body["code"], code)
            texts = all(isinstance(body[n], str) and body[n] for n in ("type", "title", "detail"))
            matrix.same(f"{what}, are type, title and detail texts", texts, True)


@check("c6", finding="F6", title="Refusals carry the headers that go with their status")
def headers(app, lockers, outside, rng, matrix, evidence):
    parcel = lockers.deposited(app)
    lockers.lock(app, parcel)
    without = app.get(f"/parcels/{parcel}")
    unknown = lockers.read(app, parcel, {"Authorization": f"Bearer {rng.getrandbits(80):x}"})
    basic = lockers.read(app, parcel, {"Authorization": f"Basic {rng.getrandbits(40):x}"})
    locked = lockers.collect(app, parcel)
    method = app.delete(f"/parcels/{parcel}")
    lost = [
        name
        for reply, name in (
            (without, "WWW-Authenticate"),
            (locked, "Retry-After"),
            (method, "Allow"),
        )
        if name.lower() not in reply.headers
    ]
    evidence(
        "A request without a key, one for a locked box and one with a wrong method were sent.",
        lost=" and ".join(lost) or "none",
    )
    for what, reply in (
        ("No key", without),
        ("An unknown key", unknown),
        ("Another scheme", basic),
    ):
        matrix(what, reply, 401)
        scheme = reply.headers.get("www-authenticate", "").split(" ")[0].lower()
        matrix.same(f"{what}, scheme named in WWW-Authenticate", scheme, "bearer")
    matrix("A method that an address does not know", method, 405)
    allowed = method.headers.get("allow", "")
    matrix.same("A wrong method, is GET named in Allow", "GET" in allowed, True)
    matrix.same("A locked box, is Retry-After right", about(locked, LOCK_S), True)
    passed = rng.randrange(100, 700)
    outside.move_clock(passed)
    later = lockers.collect(app, parcel, lockers.wrong)
    matrix("A locked box some minutes later", later, 429)
    matrix.same("A locked box, is it right later", about(later, LOCK_S - passed), True)


def about(reply, seconds):
    """Whether Retry-After says so many seconds, give or take the running of the check."""
    said = reply.headers.get("retry-after", "").strip()
    return said.isascii() and said.isdigit() and abs(int(said) - seconds) <= 8


# F3: PINs


def invalid_requests(app, lockers, rng):
    """Requests that are not as documented, each with a PIN that must be seen nowhere."""
    parcel = lockers.deposited(app)
    for path in (f"/parcels/{parcel}/collect", f"/lockers/{lockers.wide}/parcels"):
        for what, make in FORMS.items():
            pin = "".join(rng.choices("123456789", k=11))
            body = make(pin)
            content = {"content": body} if isinstance(body, str) else {"json": body}
            headers = {**lockers.mine, "Content-Type": "application/json"}
            sent = app.post(path, headers=headers, **content)
            yield f"{what}, {re.sub('[0-9]+', 'N', path)}", pin, sent


FORMS = {
    "A PIN that is too long": lambda pin: {"pin": pin},
    "A PIN as a number": lambda pin: {"pin": int(pin)},
    "A PIN in a list": lambda pin: {"pin": [pin]},
    "A PIN under a misspelt name": lambda pin: {"pni": pin},
    "A PIN in a list of bodies": lambda pin: [{"pin": pin}],
    "A PIN in broken JSON": lambda pin: f'{{"pin": "{pin}"',
    "A PIN as the whole body": lambda pin: f'"{pin}"',
}


@check("c3", finding="F3", title="The answer to an invalid request holds no PIN")
def pins_in_answers(app, lockers, rng, matrix, evidence):
    sent = list(invalid_requests(app, lockers, rng))
    held = sum(pin in reply.text for _, pin, reply in sent)
    evidence(
        f"Of {len(sent)} invalid requests, {held} were answered with the PIN that they held.",
        held=held,
        sent=len(sent),
    )
    for what, pin, reply in sent:
        matrix.same(f"{what}, PINs in the answer", reply.text.count(pin), 0)


@check("c7", finding="F3", title="An invalid request leaves no PIN in the log")
def pins_in_the_log(app, lockers, ear, rng, matrix, evidence):
    sent = list(invalid_requests(app, lockers, rng))
    heard = ear.heard()
    held = sum(pin in heard for _, pin, _ in sent)
    evidence(
        f"Of {len(sent)} invalid requests, {held} left the PIN that they held in the log.",
        logged=held,
    )
    for what, pin, _ in sent:
        matrix.same(f"{what}, PINs in the log", heard.count(pin), 0)


@check("g2", kind="guard", finding="F3", title="A 422 still names the fields that were wrong")
def fields_are_named(app, lockers, matrix):
    none, many, nameless = (
        app.post("/lockers", json=body)
        for body in ({"place": "Pier"}, {"place": "Pier", "boxes": 999}, {"place": "", "boxes": 3})
    )
    cases = (
        ("A locker without boxes", none, "boxes", "pin"),
        ("A locker of too many boxes", many, "boxes", "place"),
        ("A locker with an empty place", nameless, "place", "boxes"),
        ("A parcel without a PIN", lockers.reserve(app, body={"x": 1}), "pin", "place"),
        ("A word for a parcel's number", lockers.read(app, "word"), "parcel_id", "pin"),
    )
    for what, reply, wrong, right in cases:
        matrix(what, reply, 422)
        matrix.same(f"{what}, is {wrong} named", names(reply, wrong), True)
        matrix.same(f"{what}, is {right} named, which was right", names(reply, right), False)


def names(reply, field):
    return re.search(rf"\b{field}\b", reply.text) is not None


# F4: a refusal inside a try


@check("c4", finding="F4", title="A refused reservation says 409 or 404, not 500")
def refused_reservations(app, lockers, rng, matrix, evidence):
    lockers.reserved(app, lockers.narrow)
    full = lockers.reserve(app, lockers.narrow)
    unknown = lockers.reserve(app, rng.randrange(9_000, 99_000))
    evidence(
        "A box was asked for in a full locker, and one in a locker that does not exist.",
        full=full.status,
        unknown=unknown.status,
    )
    for what, reply, status, code in (
        ("A full locker", full, 409, "LOCKER_FULL"),
        ("An unknown locker", unknown, 404, "LOCKER_UNKNOWN"),
    ):
        matrix(what, reply, status)
        matrix.same(f"{what}, is {code} in the answer", code in reply.text, True)
    kept = app.database().one("select count(*) from parcel where locker_id = ?", lockers.narrow)
    matrix.same("Parcels in a locker of one box", kept, 1)
