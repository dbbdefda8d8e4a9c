"""Kata patch-that-forgets: what may a request change, and what does it leave alone?

What is stored is read with GET, so that models may be arranged in any way; the database is asked
for the number of rows only.
"""

from dataclasses import dataclass

import pytest
from kit import check, seed, wants

DESK = {"X-Desk-Token": "towel-and-turnstile"}
BAD = (400, 422)
LEFT_ASIDE = (200, 400, 401, 403, 422)
WORDS = ("ash", "beech", "cedar", "elm", "larch", "maple", "rowan", "willow")


@dataclass
class Gym:
    """Three members: one with the least that a record holds, two with everything."""

    plain: int
    full: int
    other: int
    absent: int

    def path(self, member):
        return f"/members/{member}"

    def preferences(self, member):
        return f"/members/{member}/preferences"


def word(rng):
    return f"{rng.choice(WORDS)}{rng.randrange(1000, 9999)}"


def person(rng, **more):
    name = word(rng)
    body = {"name": name.title(), "email": f"{name}@{word(rng)}.example", "age": 20 + len(name)}
    return {**body, **more}


@seed
def members(app, rng):
    plain, full, other = (
        wants(app.post("/members", json=person(rng)), 200, 201)["id"] for _ in range(3)
    )
    for number, member in enumerate((full, other)):
        everything = person(rng, phone=f"030 {rng.randrange(10**6)}", address=f"{word(rng)} 4")
        promoted = {**everything, "role": "staff"}
        if not app.patch(f"/members/{member}", json=promoted, headers=DESK).ok:
            wants(app.patch(f"/members/{member}", json=everything), 200)
        chosen = {"trainer": word(rng), "locker": 7 + number, "newsletter": True}
        wants(app.patch(f"/members/{member}/preferences", json=chosen), 200)
        paid = {"cents": rng.randrange(100, 900)}
        wants(app.post(f"/members/{member}/credit", json=paid, headers=DESK), 200, 201)
    return Gym(plain, full, other, rng.randrange(20_000, 60_000))


@pytest.fixture
def gym(seeded):
    """What the seed made."""
    return seeded


def record(app, member):
    return dict(wants(app.get(f"/members/{member}"), 200).json)


def rows(app):
    return app.database().one("select count(*) from member")


def differing(before, after):
    """The names of the fields that changed, for sentences."""
    names = [name for name in before if name not in after or after[name] != before[name]]
    return ", ".join(sorted(names)) or "nothing"


# What the gym lives by


@check("k1", kind="keep", title="A new member starts as a member with 500 cents of credit")
def starts(app, rng, gym):
    body = person(rng, phone="0171 22", address=word(rng))
    made = wants(app.post("/members", json=body), 201)
    stored = record(app, made["id"])
    first = {"role": "member", "credit_cents": 500, "newsletter": False, "trainer": None}
    for name, value in {**body, **first, "locker": None}.items():
        assert stored[name] == value, f"A new member's {name} was not what the rules say."
    assert differing(stored, made.json) == "nothing", "A sign-up was told another record."
    short = wants(app.post("/members", json=person(rng)), 201)
    assert (short["phone"], short["address"]) == (None, None), (
        "A sign-up without phone and address did not leave them empty."
    )


@check("k2", kind="keep", title="The desk decides who is staff")
def desk_promotes(app, gym):
    for role in ("staff", "member"):
        change = app.patch(gym.path(gym.plain), json={"role": role}, headers=DESK)
        wants(change, 200)
        assert record(app, gym.plain)["role"] == role, (
            f"The desk made somebody {role}, and the record did not show it."
        )


@check("k3", kind="keep", title="An e-mail address belongs to one member, whatever its case")
def one_owner(app, rng, gym):
    body = person(rng)
    shouted = {**body, "email": body["email"].title()}
    made = wants(app.post("/members", json=shouted), 201)
    assert record(app, made["id"])["email"] == body["email"], (
        "An e-mail address was not stored in lower case at sign-up."
    )
    wants(app.post("/members", json=person(rng, email=body["email"].upper())), 409)
    before = record(app, gym.plain)
    wants(app.patch(gym.path(gym.plain), json={"email": body["email"].upper()}), 409)
    assert record(app, gym.plain) == before, "A change that was answered 409 was stored."
    mine = f"{word(rng)}@{word(rng)}.example"
    for spelling in (mine.upper(), mine.title()):
        wants(app.patch(gym.path(gym.plain), json={"email": spelling}), 200)
        assert record(app, gym.plain)["email"] == mine, (
            "An e-mail address was not stored in lower case by a change."
        )


@check("k4", kind="keep", title="Credit is paid in at the desk alone")
def paid_in(app, rng, gym):
    path, cents = f"/members/{gym.full}/credit", rng.randrange(100, 5_000)
    before = record(app, gym.full)
    wants(app.post(path, json={"cents": cents}, headers=DESK), 200, 201)
    stored = record(app, gym.full)
    grown = {**before, "credit_cents": before["credit_cents"] + cents}
    assert stored == grown, f"After a payment, another record: {differing(grown, stored)}."
    for headers in ({}, {"X-Desk-Token": word(rng)}):
        wants(app.post(path, json={"cents": cents}, headers=headers), 401, 403)
    for wrong in (0, -cents, 100_001):
        wants(app.post(path, json={"cents": wrong}, headers=DESK), *BAD)
    assert record(app, gym.full) == stored, "A refused payment changed the record."
    wants(app.post(path, json={"cents": 100_000}, headers=DESK), 200, 201)


@check("k5", kind="keep", title="A change is stored, told and touches nobody else")
def stored_and_told(app, rng, gym):
    others = {member: record(app, member) for member in (gym.other, gym.plain)}
    change = {"name": word(rng), "age": 60, "phone": "0171 33", "address": word(rng)}
    chosen = {"trainer": word(rng), "locker": 99, "newsletter": False}
    for path, body in ((gym.path(gym.full), change), (gym.preferences(gym.full), chosen)):
        told = wants(app.patch(path, json=body), 200).json
        stored = record(app, gym.full)
        for name, value in body.items():
            assert stored[name] == value, f"A change of {name} was not stored."
        assert told == stored, "The answer to a change was not the record as it is stored."
    for member, before in others.items():
        assert record(app, member) == before, "A change touched somebody else's record."


@check("k6", kind="keep", title="The desk finds members by name, and the app does not")
def found(app, gym):
    name = record(app, gym.full)["name"]
    reply = wants(app.get("/members", params={"name": name[1:]}, headers=DESK), 200)
    assert [member["id"] for member in reply.json] == [gym.full], (
        "The desk searched for a name and did not find that one member."
    )
    everybody = wants(app.get("/members", headers=DESK), 200).json
    assert {member["id"] for member in everybody} == {gym.plain, gym.full, gym.other}, (
        "The desk's list without a name did not hold everybody."
    )
    wants(app.get("/members", params={"name": name}), 401, 403)


@check("k7", kind="keep", title="An unknown member is answered 404")
def unknown(app, gym):
    wants(app.get(gym.path(gym.absent)), 404)
    wants(app.patch(gym.path(gym.absent), json={"phone": "1"}), 404)
    wants(app.patch(gym.preferences(gym.absent), json={"locker": 3}), 404)
    wants(app.post(f"/members/{gym.absent}/credit", json={"cents": 5}, headers=DESK), 404)


# F1: what a request decides


@check("c1", finding="F1", title="A sign-up chooses neither number nor role nor credit")
def sign_up_decides(app, rng, gym, matrix, evidence):
    number = rng.randrange(1_000, 9_000)
    claims = {"id": number, "role": "staff", "credit_cents": rng.randrange(1_000, 9_000)}
    tries, decided = [({name: value}, {}) for name, value in claims.items()], {}
    count = rows(app)
    for claim, headers in (*tries, (claims, {}), ({"role": "staff"}, DESK)):
        reply = app.post("/members", json=person(rng, **claim), headers=headers)
        label = f"A sign-up that sent {' and '.join(claim)}"
        matrix(label, reply, 201, 400, 403, 422)
        if not reply.ok:
            continue
        count += 1
        stored = record(app, reply["id"])
        first = {"role": "member", "credit_cents": 500}
        taken = [name for name in claim if stored[name] != first.get(name, stored[name])]
        taken += ["id"] if stored["id"] == claim.get("id") else []
        matrix.same(f"{label}, what it decided", ", ".join(taken) or "nothing", "nothing")
        if taken:
            decided.update(dict.fromkeys(taken))
            names = " and ".join(decided)
            evidence(f"A sign-up decided its own {' and '.join(taken)}.", decided=names)
    taken_id = app.post("/members", json=person(rng, id=gym.plain))
    matrix("A sign-up that sent the number of another member", taken_id, 201, 400, 403, 422)
    matrix.same("Records stored by refused sign-ups", rows(app) - count - taken_id.ok, 0)


def bad_values(rng):
    """Field and value that break one rule of the table each."""
    at = f"{word(rng)}@{word(rng)}.example"
    return [
        ("name", ""),
        ("name", "n" * 81),
        ("email", word(rng)),
        ("email", f"@{word(rng)}.example"),
        ("email", f"{word(rng)}@"),
        ("email", at.replace("@", " @")),
        ("email", at.replace("@", "@@")),
        ("age", 13),
        ("age", 111),
        ("age", -rng.randrange(1, 99)),
        ("age", word(rng)),
        ("age", 20.5),
        ("phone", "1" * 31),
        ("address", "a" * 201),
    ]


@check("c2", finding="F1", title="A sign-up with a bad value is refused and stores nothing")
def bad_sign_up(app, rng, gym, matrix, evidence):
    stored = set()
    count = rows(app)
    lacking = [(name, ...) for name in ("name", "email", "age")]
    for name, value in [*bad_values(rng), *lacking, ("name", None), ("age", None)]:
        body = person(rng, **{name: value})
        if value is ...:
            del body[name]
        reply = app.post("/members", json=body)
        matrix(f"A sign-up {'without' if value is ... else 'with a bad'} {name}", reply, *BAD)
        if reply.ok:
            stored.add(name)
    matrix.same("Records stored by bad sign-ups", rows(app) - count, 0)
    if stored:
        names = ", ".join(sorted(stored))
        evidence(f"Sign-ups that broke the rules for {names} were stored.", stored=names)


@check(
    "c6",
    finding="F1",
    title="A change from the app promotes nobody, and no change sets credit or number",
)
def change_decides(app, rng, gym, matrix, evidence):
    number, cents = rng.randrange(1_000, 9_000), rng.randrange(1_000, 9_000)
    stranger = {"X-Desk-Token": word(rng)}
    tries = [
        ("The app sent a role", {"role": "staff"}, {}),
        ("The app sent a role beside a phone", {"role": "staff", "phone": "1"}, {}),
        ("A role came with a wrong token", {"role": "staff"}, stranger),
        ("The app sent credit", {"credit_cents": cents}, {}),
        ("The desk sent credit in a change", {"credit_cents": cents}, DESK),
        ("The app sent another number", {"id": number}, {}),
        ("The app sent a role with the preferences", {"role": "staff"}, {}),
    ]
    for what, body, headers in tries:
        before = record(app, gym.plain)
        path = gym.preferences if "preferences" in what else gym.path
        reply = app.patch(path(gym.plain), json=body, headers=headers)
        matrix(what, reply, *LEFT_ASIDE)
        after = record(app, gym.plain)
        changed = [name for name in ("id", "role", "credit_cents") if before[name] != after[name]]
        names = ", ".join(changed) or "nothing"
        matrix.same(f"{what}, what it decided", names, "nothing")
        if changed:
            evidence(f"{what}, and the record took it.", status=reply.status)
            app.patch(gym.path(gym.plain), json={"role": "member"}, headers=DESK)
    matrix("The member, under the old number", app.get(gym.path(gym.plain)), 200)
    before = role(app, gym.full)
    app.patch(gym.path(gym.full), json={"role": "member"})
    matrix.same("A role that the app sent to a member of staff", role(app, gym.full), before)


def role(app, member):
    return record(app, member)["role"]


@check("g2", kind="guard", finding="F1", title="Values on the limits are accepted")
def on_the_limits(app, rng, gym, matrix):
    for body in (
        {"age": 14, "name": "n", "email": f"{word(rng)}@b.example"},
        {"age": 110, "name": "n" * 80, "phone": "1" * 30, "address": "a" * 200},
        {"phone": None, "address": None},
    ):
        matrix("A sign-up on the limits", app.post("/members", json=person(rng, **body)), 201)
        change = app.patch(gym.path(gym.plain), json=person(rng, **{**body, **other_email(rng)}))
        matrix("A change on the limits", change, 200)


def other_email(rng):
    return {"email": f"{word(rng)}@c.example"}


# F2: what a request does not mention


@check("c3", finding="F2", title="A change leaves alone what it does not mention")
def leaves_alone(app, rng, gym, matrix, evidence):
    names = ("name", "email", "age", "phone", "address", "role")
    full = {name: record(app, gym.full)[name] for name in names}
    for what, body, headers in (
        ("an address", {"address": word(rng)}, {}),
        ("nothing", {}, {}),
        ("an age", {"age": 44}, {}),
        ("an e-mail address", {"email": f"{word(rng)}@{word(rng)}.example"}, {}),
        ("a phone by the desk", {"phone": "0171 44"}, DESK),
    ):
        compare_change(app, gym, matrix, evidence, what, gym.path(gym.full), body, headers)
        app.patch(gym.path(gym.full), json=full, headers=DESK)
    for name, value in (("trainer", word(rng)), ("locker", 44), ("newsletter", False)):
        path = gym.preferences(gym.other)
        compare_change(app, gym, matrix, evidence, f"a {name}", path, {name: value}, {})


def compare_change(app, gym, matrix, evidence, what, path, body, headers):
    member = gym.full if path == gym.path(gym.full) else gym.other
    before = record(app, member)
    reply = app.patch(path, json=body, headers=headers)
    expected, after = {**before, **body}, record(app, member)
    matrix(f"A change of {what}", reply, 200)
    lost = differing(expected, after)
    matrix.same(f"A change of {what}, what else it changed", lost, "nothing")
    if reply.ok and lost != "nothing":
        facts = {} if evidence.items else {"what": what, "lost": lost}
        evidence(f"A change of {what} altered more than it mentioned: {lost}.", **facts)


@check("g1", kind="guard", finding="F2", title="An empty change is answered 200 and changes nothing")
def empty_change(app, gym, matrix):
    before = record(app, gym.plain)
    for path in (gym.path(gym.plain), gym.preferences(gym.plain)):
        matrix("A change that mentions nothing", app.patch(path, json={}), 200)
    matrix.same("What it changed", differing(before, record(app, gym.plain)), "nothing")


# F3: changes are looked at


@check("c4", finding="F3", title="A change with a bad value is refused and changes nothing")
def bad_change(app, rng, gym, matrix, evidence):
    taken = set()
    before = record(app, gym.plain)
    for name, value in [*bad_values(rng), ("role", word(rng))]:
        body = {name: value} if name == "address" else {"address": word(rng), name: value}
        reply = app.patch(gym.path(gym.plain), json=body, headers=DESK)
        matrix(f"A change with a bad {name}", reply, *BAD)
        after = app.get(gym.path(gym.plain))
        if not after.ok or after.json != before:
            taken.add(name)
            if not after.ok:
                break  # the record cannot be read any more
            before = after.json
    matrix.same("Bad values that changed the record", ", ".join(sorted(taken)), "")
    if taken:
        names = ", ".join(sorted(taken))
        evidence(f"Read again, the record held bad values: {names}.", taken=names)


@check("c8", finding="F3", title="What cannot be empty is not emptied by null")
def null_where_it_cannot_be(app, gym, matrix, evidence):
    for path, name in (
        *((gym.path, name) for name in ("name", "email", "age", "role")),
        (gym.preferences, "newsletter"),
    ):
        before = record(app, gym.full)
        reply = app.patch(path(gym.full), json={name: None}, headers=DESK)
        matrix(f"A change of {name} to null", reply, *BAD)
        lost = differing(before, record(app, gym.full))
        matrix.same(f"A change of {name} to null, what it changed", lost, "nothing")
        if reply.status >= 500:
            evidence(f"A change of {name} to null was answered {reply.status}.")


# F4: taking back


@check("c5", finding="F4", title="Null empties what may be empty, on both addresses")
def emptied(app, gym, matrix, evidence):
    for path, names in (
        (gym.path(gym.full), ("phone", "address")),
        (gym.preferences(gym.other), ("trainer", "locker")),
    ):
        for name in names:
            reply = app.patch(path, json={name: None})
            matrix(f"A change of {name} to null", reply, 200)
            member = gym.full if name in ("phone", "address") else gym.other
            left = record(app, member)[name]
            kept = "empty" if left is None else "still there"
            matrix.same(f"{name}, after it was set to null", kept, "empty")
            if reply.ok and left is not None:
                facts = {} if evidence.items else {"name": name, "status": reply.status}
                evidence(f"Set to null and read again, {name} had its old value.", **facts)


@check("g3", kind="guard", finding="F4", title="Preferences keep their limits")
def preferences_limits(app, rng, gym, matrix):
    for name, value in (
        ("locker", 0),
        ("locker", 121),
        ("locker", word(rng)),
        ("trainer", ""),
        ("trainer", "t" * 61),
        ("newsletter", word(rng)),
    ):
        before = record(app, gym.other)
        reply = app.patch(gym.preferences(gym.other), json={name: value})
        matrix(f"Preferences with a bad {name}", reply, *BAD)
        matrix.same("What it changed", differing(before, record(app, gym.other)), "nothing")
    for body in ({"locker": 1, "trainer": "t" * 60}, {"locker": 120, "trainer": "t"}):
        matrix("Preferences on the limits", app.patch(gym.preferences(gym.other), json=body), 200)


# F5: unknown fields


@check("c7", finding="F5", title="A field that nobody knows is refused, and nothing is done")
def unknown_field(app, rng, gym, matrix, evidence):
    unknown = {word(rng): word(rng)}
    count, before = rows(app), record(app, gym.plain)
    credit = f"/members/{gym.plain}/credit"
    replies = {
        "A sign-up": app.post("/members", json=person(rng, **unknown)),
        "A change": app.patch(gym.path(gym.plain), json={"age": 33, **unknown}),
        "A change with nothing else": app.patch(gym.path(gym.plain), json=unknown),
        "A preference": app.patch(gym.preferences(gym.plain), json={"locker": 9, **unknown}),
        "A payment": app.post(credit, json={"cents": 5, **unknown}, headers=DESK),
    }
    for what, reply in replies.items():
        matrix(f"{what} with an unknown field", reply, *BAD)
    accepted = [what for what, reply in replies.items() if reply.ok]
    if accepted:
        evidence(
            f"Dropped in silence: the unknown field of {', '.join(accepted).lower()}.",
            accepted=len(accepted),
            tried=len(replies),
        )
    matrix.same("Records made by a refused sign-up", rows(app) - count, 0)
    lost = differing(before, record(app, gym.plain))
    matrix.same("What the refused requests changed", lost, "nothing")
