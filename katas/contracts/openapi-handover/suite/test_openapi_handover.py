"""Kata openapi-handover: is the description true, and can a client be generated from it?

The service is asked what it really answers, and the description is held against that. Checks of
the description look at the operations that it has; that none is missing is the business of c7.
"""

import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from document import Document, faults, shape
from kit import check, refused, seed, wants

NORTH, COAST, HILLS = "k-7f1c90aa2e", "k-51d0be77c4", "k-0e66a9f3d8"
OPERATOR = "op-94b2c1d7708e"
RELEASE = "1.4.0"
OPEN = [("GET", "/health"), ("GET", "/v1/regions")]
KEYED = [
    ("GET", "/v1/alerts"),
    ("POST", "/v1/alerts"),
    ("GET", "/v1/alerts/search"),
    ("POST", "/v1/alerts/search"),
    ("GET", "/v1/alerts/{}"),
    ("POST", "/v1/alerts/{}/withdraw"),
    ("GET", "/v1/old-alerts"),
    ("GET", "/v1/subscriptions"),
    ("POST", "/v1/subscriptions"),
    ("DELETE", "/v1/subscriptions/{}"),
]
OLD = ("GET", "/v1/old-alerts")
BODIES = [("POST", "/v1/alerts"), ("POST", "/v1/subscriptions")]
FIELDS = {
    "id", "source", "region", "kind", "severity", "headline",
    "starts_at", "ends_at", "measures", "withdrawn",
}  # fmt: skip


@dataclass
class Office:
    """What every check begins with: two alerts of two offices, and one subscription."""

    word: str
    storm: dict
    frost: dict
    subscription: dict
    absent: int


def by(app, key):
    return app.client({"X-API-Key": key})


def alert_of(rng, **more):
    begin = datetime(2027, 1, 1, rng.randrange(24), tzinfo=UTC) + timedelta(rng.randrange(300))
    return {
        "region": "coast",
        "kind": "storm",
        "severity": "orange",
        "headline": f"Gale number {rng.randrange(10**6)}",
        "starts_at": begin.isoformat(),
        **more,
    }


@seed
def offices(app, rng):
    word = "".join(rng.choices("bdfgklmnprst", k=7))
    end = datetime(2028, 3, 1, tzinfo=UTC).isoformat()
    storm = alert_of(
        rng, headline=f"A 50% {word} gale", ends_at=end, measures={"wind_kmh": rng.randint(80, 120)}
    )
    frost = alert_of(rng, region="hills", kind="frost", severity="red", headline="Hard frost")
    wish = {"region": "plain", "callback": f"https://{word}.example/hooks"}
    return Office(
        word,
        wants(by(app, NORTH).post("/v1/alerts", json=storm), 201).json,
        wants(by(app, COAST).post("/v1/alerts", json=frost), 201).json,
        wants(by(app, NORTH).post("/v1/subscriptions", json=wish), 201).json,
        rng.randrange(20_000, 60_000),
    )


@pytest.fixture
def office(seeded):
    return seeded


@pytest.fixture
def document(app):
    return Document(app.openapi)


def moment(value):
    """A point in time; None stays."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise AssertionError("A time was not told as an ISO 8601 date and time.") from None
    assert found.tzinfo is not None, "A time was told without its offset from UTC."
    return found


def shows(told, given, source):
    """An alert is told as it was published, with the fields that it always had."""
    assert set(told) == FIELDS, "An alert was told with fields added or missing."
    for name in ("region", "kind", "severity", "headline"):
        assert told[name] == given[name], f"An alert was told with another {name}."
    for name in ("starts_at", "ends_at"):
        assert moment(told[name]) == moment(given.get(name)), f"An alert had another {name}."
    assert told["measures"] == given.get("measures", {}), "An alert was told with other measures."
    assert told["source"] == source, "An alert was told with another source."
    assert told["withdrawn"] is False, "A new alert was told as withdrawn."


def numbers(reply):
    return [item["id"] for item in wants(reply, 200)["items"]]


# What the service does today


@check("k1", kind="keep", title="Alerts are published, listed, found and withdrawn as before")
def alerts(app, office, rng):
    north, coast = by(app, NORTH), by(app, COAST)
    end = datetime(2029, 5, 4, tzinfo=UTC).isoformat()
    for given in (
        alert_of(rng, kind="flood", ends_at=end, measures={"level_m": 3.5, "gauges": 4}),
        alert_of(rng, kind="heat", severity="yellow"),
    ):
        made = wants(coast.post("/v1/alerts", json=given), 201).json
        shows(made, given, "coast")
        shows(wants(north.get(f"/v1/alerts/{made['id']}"), 200).json, given, "coast")
    _withdrawing(north, coast, office)
    _listing(north, office, rng)
    for ask in (north.get, north.post):
        found = wants(ask("/v1/alerts/search", params={"q": office.word.upper()}), 200)
        assert [a["id"] for a in found["items"]] == [office.storm["id"]], (
            f"{found.what} did not find the alert by a word of its headline."
        )
        assert set(found["items"][0]) == FIELDS, "A found alert had fields added or missing."
        assert found["total"] == 1, "The total of a search was another one."
        sign = numbers(ask("/v1/alerts/search", params={"q": f"50% {office.word[:3]}"}))
        assert sign == [office.storm["id"]], "An alert was not found by a sign in its headline."
        nothing = numbers(ask("/v1/alerts/search", params={"q": f"A %{office.word}"}))
        assert nothing == [], "A percent sign stood for any text in a search."
    stands = alert_of(rng, region="hills")
    later = datetime(2030, 6, 1, tzinfo=UTC).isoformat()
    for more in ({}, {"region": "coast"}, {"kind": "heat"}, {"starts_at": later}):
        wants(north.post("/v1/alerts", json={**stands, **more}), 201)
    refused(coast.post("/v1/alerts", json={**stands, "headline": "The same again"}), 409)


def _withdrawing(north, coast, office):
    path = f"/v1/alerts/{office.storm['id']}/withdraw"
    refused(coast.post(path), 403)
    gone = wants(north.post(path), 200).json
    assert gone["withdrawn"] is True and set(gone) == FIELDS, "A withdrawn alert was told as open."
    refused(north.post(path), 409)
    again = {name: office.storm[name] for name in ("region", "kind", "severity", "starts_at")}
    shown = wants(north.get(f"/v1/alerts/{office.storm['id']}"), 200).json
    assert shown["withdrawn"] is True, "An alert that had been withdrawn was told as open."
    wants(north.post("/v1/alerts", json={**again, "headline": "Once more"}), 201)
    refused(coast.post("/v1/alerts", json={**again, "headline": "Twice"}), 409)


def _listing(north, office, rng):
    begin = datetime(2031, 1, 1, tzinfo=UTC)
    for day in range(21):
        given = alert_of(rng, region="plain", starts_at=(begin + timedelta(day)).isoformat())
        wants(north.post("/v1/alerts", json=given), 201)
    listed = north.get("/v1/alerts")
    ids = numbers(listed)
    assert len(ids) == 20 and ids == sorted(ids, reverse=True), (
        "The list did not begin with the twenty newest alerts."
    )
    assert set(listed["items"][0]) == FIELDS, "A listed alert had fields added or missing."
    every = north.get("/v1/alerts", params={"limit": 100})
    assert every["total"] == listed["total"] == len(numbers(every)), "The total was another one."
    assert office.storm["id"] not in numbers(every), "A withdrawn alert was still listed."
    assert office.frost["id"] in numbers(every), "An open alert was not listed."
    for params in ({"region": "hills"}, {"severity": "red"}):
        some = north.get("/v1/alerts", params={**params, "limit": 100})
        assert numbers(some) == [office.frost["id"]], "The list was narrowed in another way."
    assert len(numbers(north.get("/v1/alerts", params={"limit": 3}))) == 3, "A limit was ignored."
    found = numbers(north.get("/v1/alerts/search", params={"q": "Gale"}))
    assert len(found) == 20 and found == sorted(found, reverse=True), (
        "A search did not give the twenty newest alerts."
    )


@check("k2", kind="keep", title="Subscriptions are made, listed and ended as before")
def subscriptions(app, office):
    north, coast, first = by(app, NORTH), by(app, COAST), office.subscription
    wish = {"region": "hills", "callback": f"https://{office.word}.example/2"}
    made = wants(north.post("/v1/subscriptions", json=wish), 201).json
    assert set(made) == {"id", "region", "callback", "secret"}, (
        "A new subscription was told with fields added or missing."
    )
    assert len(made["secret"]) >= 32 and made["secret"] != first["secret"], (
        "A new subscription did not get a secret of its own."
    )
    refused(north.post("/v1/subscriptions", json=wish), 409)
    wants(coast.post("/v1/subscriptions", json=wish), 201)
    told = wants(north.get("/v1/subscriptions"), 200)
    assert [s["id"] for s in told.json] == [first["id"], made["id"]], (
        "An office was not told its own subscriptions, the oldest first."
    )
    assert all(set(s) == {"id", "region", "callback"} for s in told.json), (
        "A listed subscription had fields added or missing."
    )
    assert told.json[1]["callback"] == wish["callback"], "A subscription had another callback."
    assert made["secret"] not in told.text, "A secret was shown a second time."
    path = f"/v1/subscriptions/{first['id']}"
    refused(coast.delete(path), 404)
    ended = wants(north.delete(path), 204)
    assert not ended.body, "The answer to an ended subscription had a body."
    refused(north.delete(path), 404)
    left = [s["id"] for s in wants(north.get("/v1/subscriptions"), 200).json]
    assert left == [made["id"]], "An ended subscription was still listed, or another one was not."


@check("k3", kind="keep", title="Refusals keep their status and the form of their body")
def refusals(app, office, rng, matrix):
    for label, _, reply, status in met(app, office, rng):
        matrix(label, reply, status)
        detail = reply.json.get("detail") if isinstance(reply.json, dict) else None
        form = list if reply.status == 422 else str
        matrix.same(f"{label}, a detail of the usual form", isinstance(detail, form), True)
    north = by(app, NORTH)
    for limit, status in ((0, 422), (1, 200), (100, 200), (101, 422)):
        for path, more in (("/v1/alerts", {}), ("/v1/alerts/search", {"q": "gale"})):
            reply = north.get(path, params={"limit": limit, **more})
            matrix(f"A limit of {limit}", reply, status)
    for length, status in ((4, 422), (5, 201), (120, 201), (121, 422)):
        given = alert_of(rng, region="plain", headline="h" * length)
        given["starts_at"] = f"2035-01-01T00:00:{length % 60:02}Z"
        reply = north.post("/v1/alerts", json=given)
        matrix(f"A headline of {length} letters", reply, status)
    for length, status in ((200, 201), (201, 422)):
        wish = {"region": "coast", "callback": "https://a.example/".ljust(length, "c")}
        reply = north.post("/v1/subscriptions", json=wish)
        matrix(f"A callback of {length} letters", reply, status)
    matrix("A search for three letters", north.get("/v1/alerts/search", params={"q": "abc"}), 200)
    for label, more in (
        ("A start without an offset", {"starts_at": "2035-02-01T00:00:00"}),
        ("An end that is no later than the start", {"ends_at": "2035-02-01T00:00:00Z"}),
        ("An unknown kind", {"kind": "snow"}),
        ("A measure in words", {"measures": {"wind_kmh": "strong"}}),
    ):
        given = alert_of(rng, **{"starts_at": "2035-02-01T00:00:00Z", **more})
        matrix(label, north.post("/v1/alerts", json=given), 422)


def met(app, office, rng):
    """Refusals as a client meets them: what was asked, the operation, the answer, its status."""
    north, coast = by(app, NORTH), by(app, COAST)
    storm, no_one = office.storm["id"], f"k-{rng.randrange(10**8)}"
    keyless = itertools.cycle((("no key", app), ("an unknown key", by(app, no_one))))
    for (method, path), (label, client) in zip(KEYED, keyless, strict=False):
        reply = client.request(method, path.format(storm))
        yield f"{method} {path} with {label}", (method, path), reply, 401
    wish = {"region": "coast", "callback": "https://a.example"}
    same = {name: office.storm[name] for name in ("region", "kind", "severity", "starts_at")}
    one = ("GET", "/v1/alerts/{}")
    away = ("POST", "/v1/alerts/{}/withdraw")
    publish, follow = BODIES
    end = ("DELETE", "/v1/subscriptions/{}")
    listing, search = ("GET", "/v1/alerts"), "/v1/alerts/search"
    for label, operation, reply, status in (
        ("An unknown alert", one, north.get(f"/v1/alerts/{office.absent}"), 404),
        ("A word for a number", one, north.get("/v1/alerts/first"), 422),
        ("An alert of another office", away, coast.post(f"/v1/alerts/{storm}/withdraw"), 403),
        ("An unknown alert", away, north.post(f"/v1/alerts/{office.absent}/withdraw"), 404),
        ("An unknown region", listing, north.get("/v1/alerts", params={"region": "moon"}), 404),
        ("An unknown severity", listing, north.get("/v1/alerts", params={"severity": "x"}), 422),
        ("A short word", ("GET", search), north.get(search, params={"q": "ab"}), 422),
        ("No word", ("POST", search), north.post(search), 422),
        (
            "An alert for an unknown region",
            publish,
            north.post("/v1/alerts", json=alert_of(rng, region="moon")),
            404,
        ),
        (
            "The same alert again",
            publish,
            coast.post("/v1/alerts", json={**same, "headline": "The same again"}),
            409,
        ),
        ("An empty alert", publish, north.post("/v1/alerts", json={}), 422),
        (
            "A subscription to an unknown region",
            follow,
            north.post("/v1/subscriptions", json={**wish, "region": "moon"}),
            404,
        ),
        (
            "A second subscription",
            follow,
            north.post("/v1/subscriptions", json={**wish, "region": "plain"}),
            409,
        ),
        (
            "A callback without https",
            follow,
            north.post("/v1/subscriptions", json={**wish, "callback": "http://a.example"}),
            422,
        ),
        ("An unknown subscription", end, north.delete(f"/v1/subscriptions/{office.absent}"), 404),
    ):
        yield label, operation, reply, status
    wants(north.post(f"/v1/alerts/{storm}/withdraw"), 200)
    yield "A second withdrawal", away, north.post(f"/v1/alerts/{storm}/withdraw"), 409


@check("k4", kind="keep", title="Old readers, regions and health answer as before")
def quiet_corners(app, office):
    old = wants(by(app, HILLS).get("/v1/old-alerts"), 200).json
    expected = [
        {
            "no": office.storm["id"],
            "area": "Coast and islands",
            "text": office.storm["headline"],
            "level": 2,
        },
        {"no": office.frost["id"], "area": "Hill country", "text": "Hard frost", "level": 3},
    ]
    assert old == expected, "The answer for old readers was another one."
    wants(by(app, NORTH).post(f"/v1/alerts/{office.storm['id']}/withdraw"), 200)
    mild = {"region": "plain", "kind": "frost", "severity": "yellow", "headline": "Light frost"}
    mild["starts_at"] = "2030-01-01T00:00:00Z"
    made = wants(by(app, NORTH).post("/v1/alerts", json=mild), 201)["id"]
    old = wants(by(app, HILLS).get("/v1/old-alerts"), 200).json
    told = [(line["no"], line["level"]) for line in old]
    assert told == [(office.frost["id"], 3), (made, 1)], (
        "Old readers were told of a withdrawn alert, or in another order, or of another level."
    )
    regions = wants(app.get("/v1/regions"), 200).json
    assert {r["code"]: r["name"] for r in regions} == {
        "coast": "Coast and islands",
        "hills": "Hill country",
        "plain": "River plain",
    }, "The regions were told differently."
    assert all(set(r) == {"code", "name"} for r in regions), "A region had fields added or missing."
    assert wants(app.get("/health"), 200).json == {"status": "ok"}, "Health was told differently."


@check("k5", kind="keep", title="The operator's key empties the service, and no other does")
def reset(app, office):
    refused(app.post("/internal/reset"), 401)
    refused(by(app, "k-none").post("/internal/reset"), 401)
    refused(by(app, NORTH).post("/internal/reset"), 403)
    refused(by(app, OPERATOR).get("/v1/alerts"), 401)
    assert numbers(by(app, NORTH).get("/v1/alerts")), "A refused reset emptied the service."
    gone = wants(by(app, OPERATOR).post("/internal/reset"), 200).json
    assert gone == {"removed": 3}, "A reset did not tell how much it had removed."
    assert numbers(by(app, NORTH).get("/v1/alerts")) == [], "A reset left alerts."
    assert wants(by(app, NORTH).get("/v1/subscriptions"), 200).json == [], (
        "A reset left subscriptions."
    )


# F1: names


@check("c1", finding="F1", title="Every operation has a name of its own that a client can carry")
def operation_ids(document, evidence):
    ids, derived = [], []
    for (method, path), operation in document.operations.items():
        if path.startswith("/internal"):
            continue
        name = operation.get("operationId")
        assert isinstance(name, str) and name.strip(), f"{method} {path} had no operation id."
        ids.append(re.sub(r"[\W_]+", "", name).lower())
        address = re.sub(r"\W", "_", operation.path)
        if re.search(rf"{re.escape(address)}_(get|post|put|patch|delete)$", name):
            derived.append(name)
    assert ids, "The description held no operation."
    twice = len(ids) - len(set(ids))
    example = f", such as {derived[0][:60]}" if derived else ""
    evidence(
        f"{len(ids)} operations made {len(set(ids))} methods{example}.",
        twice=twice,
        derived=len(derived),
        operations=len(ids),
    )
    assert not twice and not derived


# F2: answers


@check("c2", finding="F2", title="Each successful answer is described as it is")
def successes(app, office, document, rng, evidence):
    compared, wrong = 0, []
    for operation, reply in succeeded(app, office, rng):
        described = document.operations.get(operation)
        if described is None:
            continue
        compared += 1
        schema = document.answer(described, reply.status, exact=True)
        if reply.status == 204 and schema is not None:
            continue
        found = [f"status {reply.status} was not described"]
        if schema is not None:
            found = faults(document, schema, reply.json, named=True)
        if found:
            wrong.append(f"{operation[0]} {operation[1]}: {found[0]}.")
    for text in dict.fromkeys(wrong):
        evidence(text)
    assert compared, "The description held none of the operations."
    evidence(
        f"{compared} successful answers were held against the description; {len(wrong)} differed.",
        compared=compared,
        differing=len(wrong),
    )
    assert not wrong


def succeeded(app, office, rng):
    """A successful request to each operation; of some, two with differing answers."""
    north, storm = by(app, NORTH), office.storm["id"]
    yield OPEN[0], wants(app.get("/health"), 200)
    yield OPEN[1], wants(app.get("/v1/regions"), 200)
    yield OLD, wants(north.get("/v1/old-alerts"), 200)
    yield ("GET", "/v1/alerts"), wants(north.get("/v1/alerts"), 200)
    for method in ("GET", "POST"):
        reply = north.request(method, "/v1/alerts/search", params={"q": office.word})
        yield (method, "/v1/alerts/search"), wants(reply, 200)
    for given in (
        alert_of(rng, region="plain", measures={"wind_kmh": rng.uniform(80, 99)}),
        alert_of(rng, region="plain", kind="heat", ends_at="2033-01-01T00:00:00Z"),
    ):
        made = wants(north.post("/v1/alerts", json=given), 201)
        yield ("POST", "/v1/alerts"), made
        yield ("GET", "/v1/alerts/{}"), wants(north.get(f"/v1/alerts/{made['id']}"), 200)
    gone = wants(north.post(f"/v1/alerts/{storm}/withdraw"), 200)
    yield ("POST", "/v1/alerts/{}/withdraw"), gone
    wish = {"region": "coast", "callback": "https://a.example"}
    made = wants(north.post("/v1/subscriptions", json=wish), 201)
    yield ("POST", "/v1/subscriptions"), made
    yield ("GET", "/v1/subscriptions"), wants(north.get("/v1/subscriptions"), 200)
    ended = wants(north.delete(f"/v1/subscriptions/{made['id']}"), 204)
    yield ("DELETE", "/v1/subscriptions/{}"), ended


# F3: the key


@check("c3", finding="F3", title="The key is declared, on the operations that ask for it")
def key_declared(document, evidence):
    schemes = document.keys("x-api-key")
    bare = [o for o in KEYED if o in document.operations and not document.asks(o, schemes)]
    needless = [o for o in OPEN if o in document.operations and document.secured(o)]
    seen = sum(o in document.operations for o in KEYED)
    evidence(
        f"{seen} operations answered 401 without a key; {seen - len(bare)} of them were described"
        f" as asking for one.",
        keyed=seen,
        declared=seen - len(bare),
    )
    assert schemes, "No security scheme was declared for the header X-API-Key."
    assert seen, "The description held none of the operations that ask for a key."
    assert not bare, f"{' '.join(bare[0])} asked for a key, and was not described so."
    assert not needless, f"{' '.join(needless[0])} was described as asking for a key."


# F4: refusals


@check("c4", finding="F4", title="Each refusal that was met is described with its body")
def refusals_described(app, office, document, rng, evidence):
    compared, wrong = 0, []
    for _, operation, reply, _ in met(app, office, rng):
        described = document.operations.get(operation)
        if described is None:
            continue
        compared += 1
        schema = document.answer(described, reply.status)
        found = ["it was not described"]
        if schema is not None:
            found = faults(document, schema, reply.json, named=True)
        if found:
            wrong.append(f"{' '.join(operation)} answered {reply.status}: {found[0]}.")
    told = list(dict.fromkeys(wrong))
    for text in told[:12]:
        evidence(text)
    assert compared, "The description held none of the operations."
    evidence(
        f"{compared} refusals were held against the description; {len(wrong)} were not described,"
        " or differently.",
        compared=compared,
        differing=len(wrong),
    )
    assert not wrong


# F5: what is internal


@check("c5", finding="F5", title="The operator's address works, and is not published")
def internal(app, document, evidence):
    published = [o.path for o in document.operations.values() if o.path.startswith("/internal")]
    count = len(published)
    evidence(f"{count} operations under /internal were published.", published=count)
    wants(by(app, OPERATOR).post("/internal/reset"), 200)
    assert not published


@check("g1", kind="guard", finding="F5", title="The description can be read without a key")
def readable(document):
    version = str(document.root.get("openapi"))
    assert version.startswith("3."), "The description was not one of OpenAPI 3."
    assert document.operations, "The description held no operation."


# F6: examples


@check("c6", finding="F6", title="Examples are what the service accepts")
def examples(app, document, evidence):
    wrong = [f"{where}: {found[0]}." for where, found in document.wrong_examples()]
    hills, sent = by(app, HILLS), 0
    for operation in BODIES:
        if operation not in document.operations:
            continue
        bodies = document.body_examples(operation)
        if not bodies:
            wrong.append(f"{' '.join(operation)}: its body had no example.")
        for body in bodies:
            sent += 1
            reply = hills.post(operation[1], json=body)
            if reply.status not in (201, 409):  # two examples may be of the same alert
                wrong.append(f"{' '.join(operation)} {reply.answered} to its own example.")
    for text in wrong:
        evidence(text)
    evidence(
        f"{sent} examples were sent as they stood, and {len(wrong)} faults were found in examples.",
        sent=sent,
        faults=len(wrong),
    )
    assert not wrong


# F7: orientation


@check(
    "c7", finding="F7", title="All operations are there, grouped and explained, of a named release"
)
def orientation(document, matrix, evidence):
    lost = [o for o in (*OPEN, *KEYED) if o not in document.operations]
    for method, path in lost:
        matrix.same(f"{method} {path}, times described", 0, 1)
    here = {o: document.operations[o] for o in (*OPEN, *KEYED) if o in document.operations}
    ungrouped = [o for o, operation in here.items() if not document.tags(operation)]
    silent = [o for o, operation in here.items() if not explained(operation)]
    evidence(
        f"{len(here)} of {len(OPEN) + len(KEYED)} operations were described.",
        untagged=len(ungrouped),
        silent=len(silent),
    )
    matrix.same("The release that the description named", document.release, RELEASE)
    matrix.same("Operations without a tag", len(ungrouped), 0)
    matrix.same("Operations without a line of explanation", len(silent), 0)
    for operation, described in here.items():
        label = f"{' '.join(operation)}, described as deprecated"
        matrix.same(label, described.get("deprecated", False), operation == OLD)


def explained(operation):
    """Whether an operation has a description, or a summary that is not its name once more."""
    description, summary = operation.get("description"), operation.get("summary")
    if isinstance(description, str) and len(description.split()) > 1:
        return True
    return isinstance(summary, str) and shape(summary) not in shape(operation.get("operationId"))
