"""Kata token-gate: which tokens open which doors?

Tokens are taken from the service and altered in one point each, so that whatever a service adds to
its own tokens (a purpose, a type, an id) stays as it is.
"""

import time
from dataclasses import dataclass

import jwt
import pytest
from kit import check, refused, seed, wants

DONE = (200, 201, 202, 204)
NOBODY = (401, 403)
NO_TOKEN = (401, 403, 404, 409)
BAD_LINK = (400, 401, 403, 404, 409, 410, 422)
MINUTE, DAY = 60, 86_400
PLANS = {"day": ["lobby"], "flex": ["lobby", "desks"], "resident": ["lobby", "desks", "studios"]}
ZONES = PLANS["resident"]


@dataclass
class Hub:
    """The members, one of each plan, and the doors that every check begins with."""

    members: dict[str, int]
    names: dict[str, str]
    doors: dict[str, int]
    absent: int

    def token(self, app, plan):
        """A session token, as the login service gets one."""
        return self.sign_in(app, self.members[plan])["access_token"]

    def sign_in(self, app, member):
        return wants(app.post("/tokens", json={"member_id": member}), *DONE).json

    def link(self, app, plan):
        """What stands in the link of a confirmation mail."""
        made = app.post(f"/members/{self.members[plan]}/confirmation")
        return wants(made, *DONE)["token"]

    def open(self, app, token, zone="lobby"):
        return app.client(bearer(token)).post(f"/doors/{self.doors[zone]}/open")

    def opens(self, app, token, zone="lobby"):
        """The door has to open."""
        return wants(self.open(app, token, zone), *DONE)

    def change(self, app, who, **fields):
        return wants(app.patch(f"/members/{self.members[who]}", json=fields), *DONE)

    def remove(self, app, plan):
        return wants(app.delete(f"/members/{self.members[plan]}"), *DONE)

    def ways(self, zone="lobby"):
        """Every request of a member."""
        return (("POST", f"/doors/{self.doors[zone]}/open"), ("GET", "/me"), ("GET", "/doors"))


@seed
def members_and_doors(app, rng):
    """A member of each plan, two doors of each zone."""
    members, names, doors = {}, {}, {}
    for number in range(rng.randint(1, 5)):  # ids that nobody can know
        body = {"name": f"Former {number}", "email": f"f{number}@example.org", "plan": "day"}
        former = wants(app.post("/members", json=body), *DONE)["id"]
        wants(app.delete(f"/members/{former}"), *DONE)
    for plan in PLANS:
        names[plan] = f"Member {rng.randrange(10**6)}"
        body = {"name": names[plan], "email": f"{plan}{rng.randrange(999)}@example.org"}
        members[plan] = wants(app.post("/members", json={**body, "plan": plan}), *DONE)["id"]
    for zone in rng.sample(ZONES, 3) + rng.sample(ZONES, 3):
        body = {"name": f"Door {rng.randrange(10**6)}", "zone": zone}
        doors[zone] = wants(app.post("/doors", json=body), *DONE)["id"]
    return Hub(members, names, doors, rng.randrange(20_000, 60_000))


@pytest.fixture
def hub(seeded):
    """What the seed made."""
    return seeded


@pytest.fixture
def must_refuse(app, hub, matrix, evidence):
    """A token is refused by the lock and by the app's page, and no door is opened by it."""

    def judge(label, token, *codes, ways=None, **facts):
        before = entries(app)
        for method, path in ways or hub.ways("studios")[:2]:
            reply = app.client(bearer(token)).request(method, path)
            matrix(label, reply, *(codes or (401,)))
            if path.endswith("/open") and reply.ok:
                evidence(f"{label} was shown to a lock, and the door opened.", **facts)
        matrix.same(f"{label}, doors opened by it", entries(app) - before, 0)

    return judge


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def claims_of(token):
    """What a token says of itself."""
    try:
        return jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise AssertionError("A token of the service was no JWT.") from None


def ours(app, token):
    """Whether the signature is the one that the hub's other services can check."""
    key, options = app.environment["JWT_SECRET"], {"verify_aud": False, "verify_iat": False}
    try:
        return bool(jwt.decode(token, key, algorithms=["HS256"], options=options))
    except jwt.InvalidTokenError:
        return False


def altered(app, token, *, key=None, algorithm="HS256", **claims):
    """The same token with other claims (None leaves one out), signed anew."""
    told = {name: c for name, c in {**claims_of(token), **claims}.items() if c is not None}
    head = {n: value for n, value in jwt.get_unverified_header(token).items() if n != "alg"}
    secret = app.environment["JWT_SECRET"] if key is None else key
    return jwt.encode(told, secret or None, algorithm=algorithm, headers=head)


def lasting(app, token, seconds, **claims):
    """The same token, ending so many seconds from now."""
    return altered(app, token, exp=int(time.time()) + seconds, **claims)


def spliced(token, other):
    """The words of one token under the signature of another."""
    return ".".join([*token.split(".")[:2], other.split(".")[2]])


def entries(app):
    """How many openings were recorded so far."""
    return len(wants(app.get("/entries"), 200).json)


# What the hub lives by


@check(
    "k1",
    kind="keep",
    title="A member's token opens the doors of the plan, and the opening is recorded",
)
def members_get_in(app, hub):
    for plan, zones in PLANS.items():
        token = hub.token(app, plan)
        me = wants(app.client(bearer(token)).get("/me"), 200)
        assert (me["id"], me["name"], me["plan"]) == (hub.members[plan], hub.names[plan], plan), (
            f"A member with the plan {plan} was shown another number, name or plan than was stored."
        )
        for zone in zones:
            entry = wants(hub.open(app, token, zone), 200)
            told = (entry["door_id"], entry["member_id"])
            assert told == (hub.doors[zone], hub.members[plan]), (
                "The answer of an opened door named another door or member."
            )
            last = wants(app.get("/entries", params={"door_id": hub.doors[zone]}), 200).json[-1]
            assert (last["door_id"], last["member_id"]) == told and last["at"], (
                "An opened door was not recorded with its member and time."
            )


@check("k2", kind="keep", title="Doors of other plans answer 403, and unknown doors 404")
def plans_decide(app, hub):
    for plan, zones in PLANS.items():
        token = hub.token(app, plan)
        before = entries(app)
        for zone in set(ZONES) - set(zones):
            wants(hub.open(app, token, zone), 403)
        wants(app.client(bearer(token)).post(f"/doors/{hub.absent}/open"), 404)
        assert entries(app) == before, "A refusal was recorded as an entry."
        shown = wants(app.client(bearer(token)).get("/doors"), 200).json
        kinds = [door["zone"] for door in shown]
        assert sorted(kinds) == sorted(zones * 2), (
            f"A member with the plan {plan} was shown other doors than those of the plan."
        )


@check(
    "k3",
    kind="keep",
    title="A session token carries number and name, and is announced for 900 seconds",
)
def session_token(app, hub):
    for plan in PLANS:
        made = wants(app.post("/tokens", json={"member_id": hub.members[plan]}), 201)
        claims = claims_of(made["access_token"])
        assert ours(app, made["access_token"]), (
            "A session token was not signed by HS256 with the value of JWT_SECRET."
        )
        told = (claims.get("sub"), claims.get("name"))
        assert told == (str(hub.members[plan]), hub.names[plan]), (
            "A session token carried another sub or name than the member's."
        )
        assert (claims.get("iss"), claims.get("aud")) in (("hub", "doors"), ("hub", ["doors"])), (
            "A session token did not say that it is from the hub and for the doors."
        )
        assert made["expires_in"] == 900 and made["token_type"].lower() == "bearer", (
            "A session token was not announced as a bearer token for 900 seconds."
        )


@check("k4", kind="keep", title="A link confirms the address, and nothing else does")
def confirmation(app, hub):
    link, wrong = hub.link(app, "flex"), (hub.token(app, "flex"), "no-link", "a.b.c")
    for token in wrong:
        refused(app.post("/confirmations", json={"token": token}), *BAD_LINK)
    if link.count(".") == 2:  # a link may be something else than a JWT
        late = claims_of(link).get("exp", 0) - time.time()
        assert 1.9 * DAY < late < 2.1 * DAY, "A confirmation link did not last for two days."
        old = lasting(app, link, -3 * DAY)
        refused(app.post("/confirmations", json={"token": old}), *BAD_LINK)
    assert not confirmed(app, hub, "flex"), "An address was confirmed without its link."
    wants(app.post("/confirmations", json={"token": link}), 204)
    assert confirmed(app, hub, "flex"), "A confirmation link did not confirm the address."
    assert not confirmed(app, hub, "day"), "A link confirmed the address of another member."


def confirmed(app, hub, plan):
    return app.database().one("select email_confirmed from member where id = ?", hub.members[plan])


@check("k5", kind="keep", title="Suspended and former members get no new token")
def no_new_token(app, hub):
    hub.change(app, "flex", suspended=True)
    refused(app.post("/tokens", json={"member_id": hub.members["flex"]}), *NO_TOKEN)
    hub.remove(app, "day")
    refused(app.post("/tokens", json={"member_id": hub.members["day"]}), *NO_TOKEN)
    refused(app.post("/tokens", json={"member_id": hub.absent}), *NO_TOKEN)
    hub.opens(app, hub.token(app, "resident"), "studios")


@check(
    "k6",
    kind="keep",
    title="A lifted suspension and a changed plan count with the next token",
)
def changes_count(app, hub):
    hub.change(app, "flex", suspended=True)
    changed = hub.change(app, "flex", suspended=False)
    assert not changed["suspended"], "A suspension that was lifted was still told."
    hub.opens(app, hub.token(app, "flex"), "desks")
    hub.change(app, "flex", plan="resident")
    hub.opens(app, hub.token(app, "flex"), "studios")
    hub.change(app, "flex", plan="day")
    token = hub.token(app, "flex")
    refused(hub.open(app, token, "desks"), *NOBODY)
    hub.opens(app, token, "lobby")


@check("k8", kind="keep", title="Members and doors need a name that can be shown")
def names(app, matrix):
    member = {"name": "Kim", "email": "kim@example.org", "plan": "day"}
    for field, value in (("name", ""), ("name", "k" * 101), ("email", "ab"), ("email", "e" * 201)):
        reply = app.post("/members", json=member | {field: value})
        matrix(f"A member with an impossible {field}", reply, 400, 422)
    for name in ("", "d" * 61):
        reply = app.post("/doors", json={"name": name, "zone": "lobby"})
        matrix("A door with an impossible name", reply, 400, 422)
    made = wants(app.post("/members", json=member), 201)
    wants(app.post(f"/members/{made['id']}/confirmation"), 201)
    wants(app.post("/doors", json={"name": "Door", "zone": "lobby"}), 201)


@check("k7", kind="keep", title="The record of entries stays when a member leaves")
def record_stays(app, hub):
    hub.opens(app, hub.token(app, "day"))
    hub.opens(app, hub.token(app, "resident"), "studios")
    wants(app.delete(f"/members/{hub.members['day']}"), 204)
    expected = [(hub.doors["lobby"], hub.members["day"])]
    lobby = app.get("/entries", params={"door_id": hub.doors["lobby"]})
    assert recorded(lobby) == expected, "The entries of one door were not that door's alone."
    expected.append((hub.doors["studios"], hub.members["resident"]))
    assert recorded(app.get("/entries")) == expected, (
        "Two doors were opened and one of the members left; the list of entries told another story."
    )
    wants(app.patch(f"/members/{hub.members['day']}", json={"suspended": True}), 404)


def recorded(reply):
    """Which doors were opened by whom, as the list of entries tells."""
    return [(entry["door_id"], entry["member_id"]) for entry in wants(reply, 200).json]


# F1: the signature


@check("c1", finding="F1", title="A token with another signature opens nothing")
def signature(app, hub, rng, must_refuse):
    token, other = hub.token(app, "resident"), hub.token(app, "day")
    hub.opens(app, token, "studios")
    key = "".join(rng.choices("abcdefghijkmnpqrstuvwxyz23456789", k=48))
    signed = lasting(app, token, 10 * MINUTE, key=key)
    must_refuse("A token signed with a key of its writer", signed, kind="a key of its writer")
    bare = lasting(app, token, 10 * MINUTE, key="", algorithm="none")
    must_refuse("A token without a signature", bare)
    promoted = lasting(app, other, 10 * MINUTE, sub=str(hub.members["resident"]), plan="resident")
    must_refuse("A token whose words were changed", spliced(promoted, other))


@check(
    "g1",
    kind="guard",
    finding="F1",
    title="The app's pages refuse tokens that are not signed as agreed",
)
def agreed_algorithm(app, hub, rng):
    token = hub.token(app, "flex")
    key = "".join(rng.choices("abcdefghijkmnpqrstuvwxyz23456789", k=48))
    forged = (
        lasting(app, token, 10 * MINUTE, key=key),
        lasting(app, token, 10 * MINUTE, key="", algorithm="none"),
        lasting(app, token, 10 * MINUTE, algorithm="HS512"),
    )
    for page in ("/me", "/doors"):
        wants(app.client(bearer(token)).get(page), 200)
        for bad in forged:
            reply = app.client(bearer(bad)).get(page)
            assert not reply.ok, f"GET {page} answered {reply.status} to a token signed otherwise."


# F2: time


@check("c2", finding="F2", title="A token without an end is refused")
def endless(app, hub, must_refuse):
    token = hub.token(app, "resident")
    hub.opens(app, token, "studios")
    must_refuse(
        "A well-signed token without exp",
        altered(app, token, exp=None),
        kind="never ends",
    )


@check("c3", finding="F2", title="A token opens nothing once its time is over")
def expired(app, hub, must_refuse):
    token = hub.token(app, "resident")
    hub.opens(app, token, "studios")
    now = int(time.time())
    for ago, words in ((10 * MINUTE, "ten minutes"), (3 * DAY, "three days")):
        old = lasting(app, token, -ago, iat=now - ago - 15 * MINUTE)
        must_refuse(f"A token that ended {words} ago", old, kind=f"had ended {words} before")


@check("c8", finding="F2", title="A session token says itself that it ends after fifteen minutes")
def says_when_it_ends(app, hub, evidence):
    before = time.time()
    claims = claims_of(hub.token(app, "flex"))
    ends = claims.get("exp")
    evidence("A member signed in, and the session token was read.")
    assert ends is not None, "The session token held no exp: nothing in it said when it ends."
    assert isinstance(ends, int | float), "The exp of a session token was no number."
    lasts = (ends - before) / MINUTE
    assert 14 <= lasts <= 16, f"The session token ended after {lasts:.0f} minutes; expected 15."


# F3: from whom, for whom


@check("c4", finding="F3", title="Only tokens from the hub and for the doors are accepted")
def ours_alone(app, hub, rng, must_refuse):
    token = hub.token(app, "resident")
    hub.opens(app, token, "studios")
    other = f"{rng.choice(['printing', 'lunch', 'parking'])}-{rng.randrange(100, 999)}"
    end = 10 * MINUTE
    foreign = lasting(app, token, end, iss=other, aud=other)
    must_refuse("A token from another service and for it", foreign, kind="from another service")
    for words, claims in (
        ("from another service, for the doors", {"iss": other}),
        ("from the hub, for another service", {"aud": other}),
        ("for the doors that does not say where it is from", {"iss": None}),
        ("from the hub that does not say what it is for", {"aud": None}),
    ):
        must_refuse(f"A token {words}", lasting(app, token, end, **claims), kind=words)


# F4: what it is for


@check("c5", finding="F4", title="A token from a confirmation mail is no session")
def mail_is_no_session(app, hub, must_refuse):
    hub.opens(app, hub.token(app, "resident"), "studios")
    link = hub.link(app, "resident")
    must_refuse("What stands in a confirmation link", link, kind="confirmation link")
    wants(app.post("/confirmations", json={"token": link}), *DONE)
    must_refuse("What stands in a link that was used", link)


# F5: whether the person is still a member


@check("c6", finding="F5", title="Suspended and former members open no door with an earlier token")
def no_longer_welcome(app, hub, must_refuse):
    tokens = {plan: hub.token(app, plan) for plan in PLANS}
    for token in tokens.values():
        hub.opens(app, token)
    hub.change(app, "flex", suspended=True)
    hub.remove(app, "day")
    lobby = hub.ways("lobby")[:1]
    for plan, words in (("flex", "suspended"), ("day", "former")):
        must_refuse(f"The token of a {words} member", tokens[plan], *NOBODY, ways=lobby, who=words)
    hub.opens(app, tokens["resident"])


# F6: anything else


@check("c7", finding="F6", title="No token and a broken token are answered 401 with a challenge")
def clean_refusals(app, hub, rng, matrix, evidence):
    token = hub.token(app, "resident")
    hub.opens(app, token, "studios")
    word = "".join(rng.choices("bcdfghkmnprst", k=12))
    number, end = hub.members["resident"], 10 * MINUTE
    broken = {
        "No token": {},
        "An empty header": {"Authorization": ""},
        "A scheme without a token": {"Authorization": "Bearer"},
        "Another scheme": {"Authorization": f"Basic {word}"},
        "Something that is no token": bearer(word),
        "A token of empty parts": bearer(".."),
        "A token that was cut off": bearer(token[: len(token) // 2]),
        "A token whose member is a number, not text": bearer(lasting(app, token, end, sub=number)),
        "A token whose member is a word": bearer(lasting(app, token, end, sub=word)),
        "A token without a member": bearer(lasting(app, token, end, sub=None)),
    }
    statuses = {}
    before = entries(app)
    for label, headers in broken.items():
        for method, path in hub.ways("studios"):
            reply = matrix(label, app.client(headers).request(method, path), 401)
            statuses.setdefault(label, reply.status)
            if reply.status == 401:
                told = "www-authenticate" in reply.headers
                matrix.same(f"{label}, {method} {path}: WWW-Authenticate headers", int(told), 1)
    matrix.same("Doors opened by no token or a broken one", entries(app) - before, 0)
    missing = app.get("/me")
    damaged = app.client(bearer(word)).get("/me")
    evidence(
        f"GET /me {missing.answered} without a token, and {damaged.answered} to something that is"
        " no token.",
        missing=missing.status,
        damaged=damaged.status,
    )
