"""Kata night-watch: what stands in the log, what does not, and what the metrics say.

Of a long log the middle is not kept, so that nothing here may print more than 32 KiB between two
looks at it.
"""

import json
import re
import time
from dataclasses import dataclass, field

import pytest
from kit import check, seed, wants

KEY = "board-key-for-katas"
ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")
ALARM = re.compile(r'"level": ?"(?:ERROR|CRITICAL)"')
LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}
ALARMS = {"ERROR", "CRITICAL"}
SERIES = re.compile(r'http_requests_total\{((?:\w+="(?:[^"\\]|\\.)*",? ?)*)\} (\S+)')
IN_FLIGHT = re.compile(r"^http_requests_in_flight (\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
FIELDS = {"order_no", "reference", "patient", "drug", "quantity", "note", "state", "share"}
LOOKS = 12
CROWD = 6  # every one of them writes, and SQLite lets one at a time


def patient(rng):
    return f"P{rng.randrange(10_000_000, 99_999_999)}"


def word(rng, length=12):
    return "".join(rng.choices("bcdfghjkmnpqrstvwxz", k=length))


def same_answer(order_no, patient, request_id=None):
    return {"patient": patient, "order_no": order_no, "share": 80}


@dataclass
class Desk:
    """A pharmacy, and the ways to speak to the service on its behalf."""

    token: str
    pharmacy: int
    auth: dict[str, str] = field(default_factory=dict)

    def take_in(self, app, rng, headers=None, **more):
        body = {
            "reference": word(rng),
            "patient": patient(rng),
            "drug": "Amoxicillin",
            "quantity": 2,
        }
        return app.post("/prescriptions", headers=self.auth | (headers or {}), json=body | more)

    def order(self, app, rng, **more):
        return wants(self.take_in(app, rng, **more), 201)["order_no"]

    def dispense(self, app, order, headers=None):
        return app.post(f"/prescriptions/{order}/dispense", headers=self.auth | (headers or {}))

    def read(self, app, order, headers=None):
        return app.get(f"/prescriptions/{order}", headers=self.auth | (headers or {}))


@seed
def one_pharmacy(app):
    made = wants(app.post("/pharmacies", json={"name": "Old Mill"}), 201)
    return Desk(made["token"], made["id"], {"Authorization": f"Bearer {made['token']}"})


@pytest.fixture
def desk(seeded, outside):
    outside.answers(cover=same_answer)
    return seeded


class Ear:
    """Hears what the service prints from now on."""

    def __init__(self, app):
        self.app, self.mark = app, app.printed

    def heard(self):
        """What was printed; some lines come a moment after the answer."""
        heard = self.app.log_since(self.mark)
        for _ in range(LOOKS):
            time.sleep(0.02)
            last, heard = heard, self.app.log_since(self.mark)
            if last == heard:
                break
        return heard

    def lines(self):
        """The lines that were printed; None for one that is no JSON object."""
        return [document(line) for line in self.heard().split("\n") if line.strip()]


def document(line):
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


@pytest.fixture
def ear(app, desk):
    return Ear(app)


def of(lines, request_id):
    """The lines of one request."""
    return [line for line in lines if line and line.get("request_id") == request_id]


def echoed(reply):
    return reply.headers.get("x-request-id", "")


def metrics(app, key=KEY):
    """Counts by labels, and the requests in flight."""
    text = wants(app.get("/metrics", headers={"X-Internal-Key": key}), 200).text
    counts = {}
    for labels, value in SERIES.findall(text):
        counts[frozenset(LABEL.findall(labels))] = float(value)
    flight = IN_FLIGHT.search(text)
    assert flight is not None, "The metrics did not hold http_requests_in_flight."
    return counts, float(flight[1])


def counted(counts, **labels):
    return counts.get(frozenset(labels.items()), 0.0)


# What the network lives by


@check("k1", kind="keep", title="The audit table holds one row for each step of an order")
def audit(app, desk, rng, outside):
    order = desk.order(app, rng)
    desk.order(app, rng)
    outside.set("cover", fail=True)
    wants(desk.dispense(app, order), 502)
    outside.set("cover")
    wants(desk.dispense(app, order), 200)
    wants(desk.dispense(app, order), 409)
    rows = app.database().rows("select * from audit where order_no = ? order by id", order)
    told = [(row["action"], row["pharmacy_id"], bool(row["at"])) for row in rows]
    wanted = [(action, desk.pharmacy, True) for action in ("taken in", "dispensed")]
    assert told == wanted, (
        f"An order that was dispensed once left {len(rows)} audit rows or wrong ones."
    )
    assert app.database().one("select count(*) from audit") == 3, (
        "Two orders, one of them dispensed, did not leave three audit rows."
    )


@check("k2", kind="keep", title="Lines of the log keep their fields")
def log_fields(app, desk, ear, rng):
    wants(app.get("/openapi.json"), 200)
    wants(app.get("/prescriptions/unknown"), 401)
    for line in ear.lines():
        if line is not None:
            missing = [name for name in ("ts", "level", "msg") if not line.get(name)]
            assert not missing, f"A line of the log had no {' and no '.join(missing)}."
            assert line["level"] in LEVELS, "A line of the log had a level of another name."
            assert isinstance(line["msg"], str), "The message of a line was not a text."


@check("k3", kind="keep", title="Prescriptions are answered as before")
def answers(app, desk, rng, outside):
    share = rng.randrange(1, 99)
    outside.answers(
        cover=lambda **args: same_answer(args["order_no"], args["patient"]) | {"share": share}
    )
    number, note = patient(rng), word(rng)
    made = wants(desk.take_in(app, rng, patient=number, note=note, quantity=7), 201).json
    assert set(made) == FIELDS, "A prescription was told with other fields."
    wanted = {"patient": number, "note": note, "quantity": 7, "state": "open", "share": None}
    assert {name: made[name] for name in wanted} == wanted, (
        "A prescription was told with other values."
    )
    assert wants(desk.read(app, made["order_no"]), 200).json == made, (
        "An order read back was another."
    )
    done = wants(desk.dispense(app, made["order_no"]), 200).json
    assert done == {**made, "state": "dispensed", "share": share}, (
        "A dispensed order was told otherwise."
    )
    called = outside.calls("cover")[0].args
    assert (called["order_no"], called["patient"]) == (made["order_no"], number), (
        "The insurer was asked about another order or patient."
    )
    second = wants(desk.take_in(app, rng, patient=number), 201).json
    desk.order(app, rng)
    found = wants(
        app.get("/prescriptions", params={"patient": number}, headers=desk.auth), 200
    ).json
    assert found == [done, second], (
        "A patient's prescriptions were not found, or not in their order."
    )


@check("k4", kind="keep", title="Rules and refusals of the network hold")
def rules(app, desk, rng, outside, matrix):
    reference, order = word(rng), desk.order(app, rng)
    wants(desk.take_in(app, rng, reference=reference), 201)
    matrix("A reference used twice", desk.take_in(app, rng, reference=reference), 409)
    rows = app.database().one("select count(*) from prescription where reference = ?", reference)
    matrix.same("Prescriptions with one reference", rows, 1)
    wants(desk.dispense(app, order), 200)
    matrix("An order dispensed twice", desk.dispense(app, order), 409)
    matrix.same("Questions to the insurer about it", len(outside.calls("cover")), 1)
    matrix("An unknown order", desk.read(app, "RX-unknown"), 404)
    matrix("An unknown order dispensed", desk.dispense(app, "RX-unknown"), 404)
    for what, headers in (("No token", {}), ("An unknown token", {"Authorization": "Bearer x"})):
        for method, path in (
            ("GET", f"/prescriptions/{order}"),
            ("GET", "/prescriptions?patient=P1"),
            ("POST", f"/prescriptions/{order}/dispense"),
        ):
            matrix(what, app.request(method, path, headers=headers), 401)
        body = {"reference": word(rng), "patient": patient(rng), "drug": "X", "quantity": 1}
        matrix(what, app.post("/prescriptions", headers=headers, json=body), 401)
    for name in ("", "x" * 81):
        matrix("A pharmacy's name out of bounds", app.post("/pharmacies", json={"name": name}), 422)
    for more in (
        *({"quantity": 0}, {"quantity": 101}, {"patient": "P1234567"}, {"note": "x" * 501}),
        *({"drug": ""}, {"drug": "x" * 81}, {"reference": ""}, {"reference": "x" * 41}),
    ):
        matrix("A prescription out of bounds", desk.take_in(app, rng, **more), 422)
    for more in ({"quantity": 1}, {"quantity": 100}, {"note": "x" * 500}):
        matrix("A prescription at its bounds", desk.take_in(app, rng, **more), 201)
    outside.set("cover", fail=True)
    still = desk.order(app, rng)
    matrix("An order while no insurer answers", desk.dispense(app, still), 502)
    matrix.same("Its state afterwards", desk.read(app, still)["state"], "open")


@check("k5", kind="keep", title="Operators read their counters with the key")
def counters(app, desk, rng, outside):
    before, _ = metrics(app)
    for _ in range(3):
        wants(app.get("/prescriptions?patient=P1", headers=desk.auth), 200)
    wants(app.get("/prescriptions?patient=P1"), 401)
    desk.order(app, rng)
    after, flight = metrics(app)
    for method, status, times in (("GET", "200", 3), ("GET", "401", 1), ("POST", "201", 1)):
        labels = {"method": method, "route": "/prescriptions", "status": status}
        grown = counted(after, **labels) - counted(before, **labels)
        assert grown == times, (
            f"{times} × {method} /prescriptions with {status} were counted {grown:g} times."
        )
    assert flight >= 0, "The number of requests in flight was below zero."
    assert waiting_is_seen(app, desk, rng, outside, flight), (
        "While orders waited for the insurer, http_requests_in_flight had not risen."
    )


def waiting_is_seen(app, desk, rng, outside, flight):
    """Whether the gauge is higher while others wait; three tries, for the order of arrival is free."""
    outside.set("cover", delay=0.3)
    for _ in range(3):
        paths = [f"/prescriptions/{desk.order(app, rng)}/dispense" for _ in range(2)]
        requests = [app.prepare("POST", path, headers=desk.auth) for path in paths]
        requests.append(app.prepare("GET", "/metrics", headers={"X-Internal-Key": KEY}))
        text = wants(app.together(requests)[-1], 200).text
        if any(float(value) > flight for value in IN_FLIGHT.findall(text)):
            return True
    return False


# F1: what was entrusted to us


@check("c1", finding="F1", title="Requests leave nothing in the log that was entrusted to us")
def secrets_of_requests(app, desk, ear, rng, matrix, evidence):
    sent = {}

    def secret(what, text=None):
        sent[what] = text or word(rng, 24)
        return sent[what]

    secret("A bearer token", desk.token)
    number = secret("A patient's number in a body", patient(rng))
    note = f"Do not tell {secret('A note')} of this"
    order = desk.order(app, rng, patient=number, note=note)
    desk.read(app, order, {"Cookie": f"session={secret('A session cookie')}"})
    wants(desk.dispense(app, order), 200)
    searched = secret("A patient's number in a query", patient(rng))
    wants(app.get("/prescriptions", params={"patient": searched}, headers=desk.auth), 200)
    token = {"access_token": secret("A token in a query")}
    app.get(f"/prescriptions/{order}", params=token, headers=desk.auth)
    app.get("/prescriptions", headers={"Authorization": f"Bearer {secret('A wrong token')}"})
    app.get("/metrics", headers={"X-Internal-Key": secret("A wrong internal key")})
    app.get("/metrics", headers={"X-Internal-Key": KEY})
    sent["The internal key"] = KEY
    wrong = secret("A patient's number of a wrong form", patient(rng) + "0")
    desk.take_in(app, rng, patient=wrong)
    desk.take_in(app, rng, note=secret("A note that is too long") + "x" * 500)
    broken = f'{{"patient": "{secret("A patient in a broken body", patient(rng))}"'
    app.post("/prescriptions", headers=desk.auth, content=broken)
    app.post(f"/{word(rng)}", json={"patient": secret("A patient sent elsewhere", patient(rng))})
    app.post("/prescriptions", json={"patient": secret("A patient without token", patient(rng))})
    heard = ear.heard()
    held = [what for what, text in sent.items() if text in heard]
    evidence(
        f"Of {len(sent)} secrets in requests, {len(held)} stood in the log afterwards.",
        held=len(held),
        sent=len(sent),
    )
    for what in sent:
        matrix.same(f"{what}, is it in the log", what in held, False)


@check("c9", finding="F1", title="Errors leave no patient's number in the log")
def secrets_of_errors(app, desk, rng, outside, matrix, evidence):
    cases = {
        "a reference used twice": twice,
        "no answer of the insurer": silent,
        "an incomplete answer of the insurer": incomplete,
        "an answer of the insurer that is no object": another_kind,
        "a failing database": failing_database,
    }
    held = []
    for what, case in cases.items():
        number, ear = patient(rng), Ear(app)
        case(app, desk, rng, outside, number)
        found = number in ear.heard()
        held += [what] * found
        matrix.same(f"After {what}, is the patient's number in the log", found, False)
        outside.set("cover")
        outside.answers(cover=same_answer)
    evidence(
        f"Of {len(cases)} kinds of errors, {len(held)} left the patient's number in the log.",
        errors=len(held),
    )


def twice(app, desk, rng, outside, number):
    reference = word(rng)
    desk.take_in(app, rng, reference=reference)
    wants(desk.take_in(app, rng, reference=reference, patient=number), 409)


def silent(app, desk, rng, outside, number):
    order = desk.order(app, rng, patient=number)
    outside.set("cover", fail=True)
    desk.dispense(app, order)


def incomplete(app, desk, rng, outside, number):
    order = desk.order(app, rng, patient=number)
    outside.answers(cover=lambda **args: {"patient": args["patient"], "order_no": order})
    wants(desk.dispense(app, order), 500, 502)


def another_kind(app, desk, rng, outside, number):
    order = desk.order(app, rng, patient=number)
    outside.answers(cover=lambda **args: args["patient"])
    wants(desk.dispense(app, order), 500, 502)


def failing_database(app, desk, rng, outside, number):
    outside.fail_commits(1)
    desk.take_in(app, rng, patient=number)


@check("g1", kind="guard", finding="F1", title="The number of an order can be found in the log")
def useful(app, desk, ear, rng):
    order = desk.order(app, rng)
    assert order in ear.heard(), "An order was taken in, and its number was not in the log."
    ear = Ear(app)
    wants(desk.dispense(app, order), 200)
    assert order in ear.heard(), "An order was dispensed, and its number was not in the log."


# F2: ids


@check("c2", finding="F2", title="Requests at the same time keep their ids apart", limit=10)
def ids_apart(app, desk, rng, outside, matrix, evidence):
    wrong = 0
    for given in (True, False):
        orders = [desk.order(app, rng) for _ in range(CROWD)]
        own = [word(rng, 20) for _ in orders]
        ear = Ear(app)
        outside.rendezvous("cover", len(orders))
        replies = app.together(
            app.prepare(
                "POST",
                f"/prescriptions/{order}/dispense",
                headers=desk.auth | ({"X-Request-ID": name} if given else {}),
            )
            for order, name in zip(orders, own, strict=True)
        )
        lines = ear.lines()
        asked = {call.args["order_no"]: call.args for call in outside.calls("cover")}
        how = "with an id" if given else "without an id"
        for order, name, reply in zip(orders, own, replies, strict=True):
            matrix(f"A request {how}", wants(reply, 200), 200)
            name = name if given else echoed(reply)
            mine = [line.get("request_id") for line in lines if line and order in json.dumps(line)]
            seen = {echoed(reply), *mine, asked.get(order, {}).get("request_id")}
            wrong += not mine or seen != {name}
            matrix.same(f"A request {how}, is the answer's id its own", echoed(reply), name)
            matrix.same(f"A request {how}, is its order in the log", bool(mine), True)
            matrix.same(f"A request {how}, other ids in its lines", len(set(mine) - {name}), 0)
            matrix.same(
                f"A request {how}, is its id with the insurer",
                asked.get(order, {}).get("request_id") == name,
                True,
            )
        different = len({echoed(reply) for reply in replies if ACCEPTED.fullmatch(echoed(reply))})
        matrix.same(f"Ids of {CROWD} requests {how}", different, len(orders))
    evidence(
        f"Of {2 * CROWD} orders that were dispensed {CROWD} at a time, {wrong} carried the id of another request"
        " or none, on the answer, in the log or at the insurer.",
        mixed=wrong,
    )


@check(
    "g2", kind="guard", finding="F2", title="A given id is taken over, and passed on to the insurer"
)
def id_taken_over(app, desk, rng, outside, matrix):
    for name in (word(rng, 1), f"{word(rng, 20)}.A_9-{word(rng, 39)}"):
        order = desk.order(app, rng)
        reply = desk.dispense(app, order, {"X-Request-ID": name})
        matrix("An order with an id", reply, 200)
        matrix.same("Is the given id on the answer", echoed(reply) == name, True)
        passed_on = outside.calls("cover")[-1].args.get("request_id")
        matrix.same("Is the given id with the insurer", passed_on == name, True)
        refused = desk.read(app, "RX-unknown", {"X-Request-ID": name})
        matrix("An unknown order with an id", refused, 404)
        matrix.same("Is the given id on a refusal", echoed(refused) == name, True)


# F3: lines


@check("c3", finding="F3", title="Every line of the log is one JSON document of our own")
def lines_are_json(app, desk, rng, outside, matrix, evidence):
    forged = word(rng)
    lie = json.dumps({"ts": "2026-01-01", "level": "ERROR", "msg": forged})
    ear = Ear(app)
    app.get(f"/prescriptions/x%0A{lie}%0A", headers=desk.auth)
    app.get(f"/{word(rng)}%0A{lie}%0A")
    app.get("/prescriptions", params={"patient": f"x\n{lie}\n"}, headers=desk.auth)
    desk.take_in(app, rng, drug=f"x\n{lie}\n", note='"quoted" \\ and\ttabbed')
    desk.take_in(app, rng, headers={"User-Agent": f'x", "level": "ERROR", "msg": "{forged}'})
    desk.take_in(app, rng, headers={"X-Request-ID": f'x", "level": "ERROR", "msg": "{forged}'})
    desk.take_in(app, rng, reference=f'{word(rng)}"\n{lie}\n')
    outside.fail_commits(1)
    desk.take_in(app, rng)
    lines = ear.lines()
    broken = sum(line is None for line in lines)
    ours = [line for line in lines if line is not None]
    foreign = sum(line.get("msg") == forged for line in ours)
    evidence(
        f"Of {len(lines)} lines, {broken} were no JSON document, and {foreign} had been written by"
        " a caller.",
        broken=broken,
        forged=foreign,
        lines=len(lines),
    )
    matrix.same("Lines that are no JSON document", broken, 0)
    matrix.same("Lines that a caller has written", foreign, 0)
    bare = [line for line in ours if not {"ts", "level", "msg", "request_id"} <= set(line)]
    matrix.same("Documents without a field", len(bare), 0)


@check("c8", finding="F3", title="An id of another form is replaced")
def ids_of_another_form(app, desk, rng, matrix, evidence):
    taken = 0
    for what, name in (
        ("An id of 2000 characters", word(rng, 2000)),
        ("An id of 65 characters", word(rng, 65)),
        ("An id with quotes", f'{word(rng)}","x":"'),
        ("An id with spaces", f"{word(rng)} {word(rng)}"),
        ("An id with a slash", f"{word(rng)}/{word(rng)}"),
        ("An id with another alphabet", f"{word(rng)}é".encode("latin-1")),
        ("An empty id", ""),
    ):
        ear = Ear(app)
        order = wants(desk.take_in(app, rng, headers={"X-Request-ID": name}), 201)
        right = ACCEPTED.fullmatch(echoed(order)) is not None
        taken += not right
        matrix.same(f"{what}, is the answer's id of the agreed form", right, True)
        lines = [line for line in ear.lines() if line and order["order_no"] in json.dumps(line)]
        others = {str(line.get("request_id")) for line in lines} - {echoed(order)}
        matrix.same(f"{what}, other ids in its lines", len(others), 0)
    evidence(f"Of 7 ids of another form, {taken} came back as they were.", taken=taken)


# F4, F6, F7: metrics


@check("c4", finding="F4", title="Routes are counted by their template", limit=10)
def templates(app, desk, rng, matrix, evidence):
    order = desk.order(app, rng)
    before, _ = metrics(app)
    paths = [f"/prescriptions/RX-{word(rng)}" for _ in range(20)]
    paths += [f"/prescriptions/{order}", f"/prescriptions/{order}"]
    paths += [f"/{word(rng)}/{word(rng)}" for _ in range(20)]
    for first in range(0, len(paths), 14):
        some = paths[first : first + 14]
        app.together(app.prepare("GET", path, headers=desk.auth) for path in some)
    for _ in range(2):
        desk.dispense(app, order)
    app.delete(f"/prescriptions/{order}")
    after, _ = metrics(app)
    new = set(after) - set(before)
    routes = {dict(labels).get("route") for labels in new}
    evidence(
        f"{len(paths) + 3} requests to two routes and to addresses that do not exist made"
        f" {len(new)} new series.",
        series=len(new),
    )
    matrix.same("More than 15 new series", len(new) > 15, False)
    label = {"method": "GET", "route": "/prescriptions/{order_no}"}
    for status, times in (("404", 20), ("200", 2)):
        grown = counted(after, **label, status=status) - counted(before, **label, status=status)
        matrix.same(f"Orders counted as {label['route']} with {status}", grown, times)
    label = {"method": "POST", "route": "/prescriptions/{order_no}/dispense", "status": "200"}
    grown = counted(after, **label) - counted(before, **label)
    matrix.same("Dispensed orders under their route's template", grown, 1)
    matrix.same("Orders' numbers in a label", sum(order in str(r) for r in routes), 0)
    total = sum(after.values()) - sum(before.values())
    matrix.same("Requests that were not counted", len(paths) + 3 <= total, True)


@check("c6", finding="F6", title="A request that crashes is counted, and no longer in flight")
def crashes_counted(app, desk, rng, outside, matrix, evidence):
    order = desk.order(app, rng)
    before, flight = metrics(app)
    for _ in range(2):
        outside.fail_commits(1)
        matrix("An order taken in while the database failed", desk.take_in(app, rng), 500)
    outside.fail_commits(1)
    matrix("An order dispensed while the database failed", desk.dispense(app, order), 500)
    after, left = metrics(app)
    grown = status_500(after) - status_500(before)
    evidence(
        f"Three requests crashed: {grown:g} more were counted with status 500, and"
        f" {left - flight:g} more were in flight.",
        counted=f"{grown:g}",
        flying=f"{left - flight:g}",
    )
    matrix.same("Crashes counted with status 500", grown, 3.0)
    matrix.same("Requests in flight that have ended", left - flight, 0.0)
    label = {"method": "POST", "route": "/prescriptions", "status": "500"}
    grown = counted(after, **label) - counted(before, **label)
    matrix.same("Crashes counted for the route that crashed", grown, 2.0)


def status_500(counts):
    return sum(count for labels, count in counts.items() if dict(labels).get("status") == "500")


@check("c7", finding="F7", title="Metrics need the internal key")
def metrics_are_internal(app, desk, rng, matrix, evidence):
    key = word(rng, 20)
    open_to = 0
    for what, headers in (
        ("No key", {}),
        ("An empty key", {"X-Internal-Key": ""}),
        ("A wrong key", {"X-Internal-Key": word(rng, 20)}),
        ("A pharmacy's token", desk.auth),
        ("The beginning of the key", {"X-Internal-Key": KEY[:-1]}),
    ):
        reply = app.get("/metrics", headers=headers)
        open_to += reply.ok
        matrix(what, reply, 401, 403, 404, 422)
        matrix.same(f"{what}, are there counters", "http_requests" in reply.text, False)
    evidence("The metrics were asked for without the key and with wrong ones.", opened=open_to)
    matrix("The key", app.get("/metrics", headers={"X-Internal-Key": KEY}), 200)
    app.restart(env={"METRICS_KEY": key})
    matrix("A new key", app.get("/metrics", headers={"X-Internal-Key": key}), 200)
    old = app.get("/metrics", headers={"X-Internal-Key": KEY})
    matrix("The old key after a change", old, 401, 403, 404, 422)


# F5: alarms


@check("c5", finding="F5", title="A crash is one ERROR with its traceback, a refusal is none")
def alarms(app, desk, rng, outside, matrix, evidence):
    told = []
    order = desk.order(app, rng)
    for what, ask in (
        ("An order taken in", lambda headers: desk.take_in(app, rng, headers=headers)),
        ("An order dispensed", lambda headers: desk.dispense(app, order, headers)),
    ):
        name, ear = word(rng, 20), Ear(app)
        outside.fail_commits(1)
        reply = ask({"X-Request-ID": name})
        heard = ear.heard()
        ear_lines = [document(line) for line in heard.split("\n") if line.strip()]
        found = [line for line in ear_lines if line and line.get("level") in ALARMS]
        told.append(len(ALARM.findall(heard)))
        matrix(f"{what} while the database failed", reply, 500)
        matrix.same(f"{what}, ERROR documents of the crash", len(found), 1)
        mine = [json.dumps(line) for line in of(found, name)]
        whole = any("Traceback" in text and "disk I/O error" in text for text in mine)
        matrix.same(f"{what}, is traceback and id in one document", whole, True)
        traced = sum("Traceback (most recent" in line for line in heard.split("\n"))
        matrix.same(f"{what}, lines with a traceback", traced, 1)
        matrix.same(f"{what}, is the id on the answer", echoed(reply) == name, True)
    ear = Ear(app)
    reference = word(rng)
    wants(desk.take_in(app, rng, reference=reference), 201)
    for what, reply, status in (
        ("An unknown order", desk.read(app, "RX-unknown"), 404),
        ("An unknown address", app.get(f"/{word(rng)}"), 404),
        ("A wrong method", app.delete("/prescriptions"), 405),
        ("No token", app.get("/prescriptions"), 401),
        ("An invalid prescription", desk.take_in(app, rng, quantity=0), 422),
        ("A reference used twice", desk.take_in(app, rng, reference=reference), 409),
    ):
        matrix(what, reply, status)
    refused = sum(bool(line) and line.get("level") in ALARMS for line in ear.lines())
    evidence(
        f"Two crashes left {told[0]} and {told[1]} documents of level ERROR, six refusals {refused}.",
        crash=max(told),
        refused=refused,
    )
    matrix.same("ERROR documents of refusals", refused, 0)
