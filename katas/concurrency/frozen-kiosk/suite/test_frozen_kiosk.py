"""Kata frozen-kiosk: does the hub answer while it waits for others?

Whether something stood still is told by the journal of the partners: `/health` is asked while a
call is open, and has to be answered before that call has ended. Nothing is measured.
"""

import time

import pytest
from kit import check, refused, seed, tally, wants

SLOW_S = 2.0
ENDS = ("end", "failed", "cancelled")
NO_LABEL = (502, 503, 504)
DONE = (200, 201)
PATIENCE_S = 6.0
CROWD = 45  # more than the threads of a pool
PROBES = 5


class Hall:
    """The hall with its partners, and what customers do in it."""

    def __init__(self, app, outside, rng):
        self.app, self.outside, self.rng = app, outside, rng
        self.base = rng.randrange(100, 900)
        self.mark = f"{rng.randrange(10**8):08}"
        outside.answers(label=self.label, sign=self.signature, share=self.tariff)

    def label(self, parcel, zone, weight_g):
        return f"^XA^FO50,50^FD{self.mark} {parcel} {zone} {weight_g}^FS^XZ"

    def signature(self, digest):
        return f"{self.mark}-{digest}"

    def tariff(self, file):
        rates = [("land", 10_000, 4), ("city", 10_000, 3), ("city", 2_000, 1), ("land", 2_000, 2)]
        lines = [f"{zone},{up_to},{self.base * times}" for zone, up_to, times in rates]
        return "\n".join(["zone,up_to_g,cents", *lines]) + "\n"

    def weigh_in(self, zone="city", weight_g=500):
        body = {"zone": zone, "weight_g": weight_g}
        return wants(self.app.post("/parcels", json=body), 201).json

    def parcels(self, n):
        body = {"zone": "city", "weight_g": 500}
        asks = [self.app.prepare("POST", "/parcels", json=body) for _ in range(n)]
        return [wants(reply, 201)["id"] for reply in self.app.together(asks, deadline=6.0)]

    def print(self, parcel, **more):
        return self.app.post(f"/parcels/{parcel}/label", **more)

    def asks_print(self, parcel):
        return self.app.prepare("POST", f"/parcels/{parcel}/label")

    def receipt(self, parcel, **more):
        return self.app.get(f"/parcels/{parcel}/receipt", **more)

    def state(self, parcel):
        return wants(self.app.get(f"/parcels/{parcel}"), 200)["state"]

    def expected(self, parcel, zone="city", weight_g=500):
        return self.label(parcel, zone, weight_g).encode()

    def jobs(self, parcel):
        return sum(call.args.get("parcel") == parcel for call in self.outside.calls("label"))

    def ended(self, partner):
        """How many calls have ended. One of a process that is gone is not counted: it ends late."""
        begun = {call.call for call in self.outside.calls(partner)}
        ends = (call for phase in ENDS for call in self.outside.calls(partner, phase))
        return sum(call.call in begun for call in ends)

    def probes(self, deadline=3.0):
        asks = [self.app.prepare("GET", "/health") for _ in range(PROBES)]
        return self.app.together(asks, deadline=deadline)

    def health_during(self, partner, ask, settled=lambda: True):
        """How many health calls were answered while a call of a partner was open.

        The asker hangs up early; its request goes on, and with it the call. What it writes in the
        end must not meet the next check's data: `settled` tells that it is done.
        """
        self.outside.set(partner, delay=SLOW_S)
        before, ended = len(self.outside.calls(partner)), self.ended(partner)
        ask(deadline=0.5)
        assert until(lambda: len(self.outside.calls(partner)) > before), (
            "What was asked for did not lead to a call of the partner."
        )
        answered = 0
        for reply in self.probes():
            answered += reply.status == 200
        still = self.ended(partner) == ended
        until(lambda: self.ended(partner) > ended and settled())
        self.outside.set(partner)
        return answered if still else 0


def until(holds, seconds=4.0):
    """Wait for something that comes of itself."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@seed
def one_parcel(app, outside, rng):
    """A labelled parcel: whatever is imported or made at the first use is there."""
    hall = Hall(app, outside, rng)
    parcel = hall.weigh_in()["id"]
    hall.print(parcel)
    until(lambda: hall.state(parcel) == "labelled")  # how it is answered is no matter of the seed
    return parcel


@pytest.fixture
def hall(app, outside, rng):
    return Hall(app, outside, rng)


# What the hall lives by


@check("k1", kind="keep", title="The label is the one that the label service made")
def label_bytes(hall):
    weight = hall.rng.randint(1, 10_000)
    parcel = hall.weigh_in("land", weight)
    assert parcel["state"] == "accepted", "A parcel without a label was told as labelled."
    reply = wants(hall.print(parcel["id"]), 201)
    assert reply.body == hall.expected(parcel["id"], "land", weight), (
        "The answer was not the label that the label service had made for this parcel."
    )
    assert reply.headers.get("content-type", "").split(";")[0] == "application/zpl", (
        "The label had another media type."
    )
    assert hall.state(parcel["id"]) == "labelled", "A parcel with a label was not told as labelled."


@check("k2", kind="keep", title="Whoever asks again gets the same label, and nothing is printed")
def asked_again(hall, app):
    one, other = hall.parcels(2)
    first = wants(hall.print(one), 201)
    wants(hall.print(other), 201)
    wants(app.post(f"/parcels/{one}/collected"), 200)
    app.restart()
    again = wants(hall.print(one), 200)
    assert again.body == first.body == hall.expected(one), "The second answer was another label."
    assert hall.jobs(one) == 1, f"One parcel led to {hall.jobs(one)} print jobs."
    assert hall.state(one) == "collected", "Asking for the label again changed the parcel."


@check("k3", kind="keep", title="A parcel costs what the tariff says at that moment")
def prices(hall, app, matrix):
    for _ in range(2):
        for zone, weight, times in (
            ("city", 1, 1),
            ("city", 2_000, 1),
            ("city", 2_001, 3),
            ("land", 2_000, 2),
            ("land", 10_000, 4),
        ):
            made = hall.weigh_in(zone, weight)
            told = wants(app.get(f"/parcels/{made['id']}"), 200).json
            label = f"The price of {weight} g to {zone}"
            matrix.same(label, made["price_cents"], hall.base * times)
            matrix.same("A parcel, read again", dict(told), dict(made))
        hall.base += 7
    for body in ({"zone": "moon", "weight_g": 5}, {"zone": "city", "weight_g": 0}):
        matrix("A parcel that cannot be", app.post("/parcels", json=body), 400, 422)
    heavy = {"zone": "city", "weight_g": 10_001}
    matrix("A parcel over 10 kg", app.post("/parcels", json=heavy), 400, 422)
    hall.outside.set("share", fail=True)
    light = {"zone": "city", "weight_g": 5}
    matrix("A parcel while there are no prices", app.post("/parcels", json=light), 503)


@check("k4", kind="keep", title="Receipts are signed, parcels listed and collected as before")
def receipts(hall, app, seeded):
    one, two = hall.weigh_in("land", 700), hall.weigh_in()
    refused(hall.receipt(one["id"]), 409)
    refused(app.post(f"/parcels/{one['id']}/collected"), 409)
    wants(hall.print(one["id"]), 201)
    told = wants(hall.receipt(one["id"]), 200).json
    asked = hall.outside.calls("sign")
    assert len(asked) == 1, f"One receipt led to {len(asked)} signatures."
    assert dict(told) == {
        "parcel": one["id"],
        "price_cents": one["price_cents"],
        "signature": hall.signature(asked[0].args.get("digest")),
    }, "A receipt held something else than parcel, price and its signature."
    taken = wants(app.post(f"/parcels/{one['id']}/collected"), 200).json
    assert dict(taken) == {**one, "state": "collected"}, (
        "The answer to a collection held other fields or values than the parcel's."
    )
    refused(app.post(f"/parcels/{one['id']}/collected"), 409)
    wants(hall.receipt(one["id"]), 200)
    wants(hall.print(two["id"]), 201)
    wants(hall.receipt(two["id"]), 200)
    texts = {call.args.get("digest") for call in hall.outside.calls("sign")}
    assert len(texts) == 2, "The receipts of two parcels were not signed for what they say."
    three = hall.weigh_in()
    for state, expected in (
        ("collected", [one["id"]]),
        ("labelled", [seeded, two["id"]]),
        ("accepted", [three["id"]]),
    ):
        listed = wants(app.get("/parcels", params={"state": state}), 200).json
        assert [p["id"] for p in listed] == expected, "A list by state held other parcels."
    every = wants(app.get("/parcels"), 200).json
    assert [p["id"] for p in every] == [seeded, one["id"], two["id"], three["id"]], (
        "The list of all parcels held others, or in another order."
    )
    assert set(every[0]) == {"id", "zone", "weight_g", "price_cents", "state"}, (
        "A parcel was told with fields added or missing."
    )


@check("k5", kind="keep", title="What failed is told, and may be asked for again")
def failures(hall, app):
    absent = hall.rng.randrange(20_000, 60_000)
    for path in (f"/parcels/{absent}", f"/parcels/{absent}/receipt"):
        refused(app.get(path), 404)
    for path in (f"/parcels/{absent}/label", f"/parcels/{absent}/collected"):
        refused(app.post(path), 404)
    (parcel,) = hall.parcels(1)
    hall.outside.set("label", fail=True)
    refused(hall.print(parcel), *NO_LABEL)
    assert hall.state(parcel) == "accepted", "A parcel without a label was told as labelled."
    hall.outside.set("label")
    reply = wants(hall.print(parcel), 201)
    assert reply.body == hall.expected(parcel), "After a failure, another label was given."
    assert hall.jobs(parcel) == 2, "A failed job was not tried again, or more than once."
    assert wants(app.get("/health"), 200).json == {"status": "ok"}, "Health was told differently."


@check("g1", kind="guard", finding="F1", title="Asked for at the same moment, a label is made once")
def one_job(hall, app, outside):
    for _ in outside.rounds(2):
        (parcel,) = hall.parcels(1)
        outside.rendezvous("label", 5)
        replies = app.together([hall.asks_print(parcel) for _ in range(5)], deadline=4.0)
        jobs = hall.jobs(parcel)
        assert jobs == 1, f"One parcel was asked for five times at once: {jobs} print jobs."
        for reply in replies:
            wants(reply, *DONE)
            assert reply.body == hall.expected(parcel), "One of those who asked got another label."


@check("g2", kind="guard", finding="F1", title="The label comes with the answer, and not later")
def not_later(hall, outside):
    (parcel,) = hall.parcels(1)
    outside.set("label", delay=0.3)
    reply = hall.print(parcel)
    made = len(outside.calls("label", "end"))
    until(lambda: hall.state(parcel) == "labelled")  # nothing is left to write for the next check
    assert reply.status != 202, "The label was promised in place of being given."
    wants(reply, *DONE)
    assert made == 1 and reply.body, "The answer came before there was a label."
    assert hall.state(parcel) == "labelled", "A parcel with a label was not told as labelled."


# F1 to F3: nobody waits for somebody else's work


def judge(evidence, answered, what):
    evidence(f"While {what}, {answered} of {PROBES} health calls were answered.", answered=answered)
    assert answered == PROBES


@check("c1", finding="F1", title="The hub answers while a label is being made")
def during_label(hall, evidence):
    (parcel,) = hall.parcels(1)
    answered = hall.health_during(
        "label",
        lambda **more: hall.print(parcel, **more),
        settled=lambda: hall.state(parcel) == "labelled",
    )
    judge(evidence, answered, "the label service was making a label")


@check("c6", finding="F1", title="Labels of several parcels are made at the same time")
def labels_overlap(hall, app, outside, evidence):
    for _ in range(3):  # on a busy machine the kiosks may come too late for each other
        parcels = hall.parcels(4)
        outside.rendezvous("label", 4)
        for reply in app.together(map(hall.asks_print, parcels)):
            wants(reply, 201)
        if outside.overlaps("label") >= 2:
            return
    evidence("Four parcels were waiting, and the label service saw one job after the other.")
    raise AssertionError


@check("c2", finding="F2", title="The hub answers while a receipt is being signed")
def during_signature(hall, seeded, evidence):
    answered = hall.health_during("sign", lambda **more: hall.receipt(seeded, **more))
    judge(evidence, answered, "the module was signing a receipt")


@check("c3", finding="F3", title="The hub answers while the shared drive is slow")
def during_tariff(hall, app, evidence):
    body = {"zone": "city", "weight_g": 500}
    answered = hall.health_during(
        "share",
        lambda **more: app.post("/parcels", json=body, **more),
        settled=lambda: len(wants(app.get("/parcels"), 200).json) > 1,
    )
    judge(evidence, answered, "the tariff was being read from a slow drive")


# F4 and F5: a partner that does not answer at all


@check("c4", finding="F4", title="A label service that hangs is given up", limit=20, fresh=True)
def hanging(hall, outside, evidence):
    (parcel,) = hall.parcels(1)
    outside.set("label", hang=True)
    reply = hall.print(parcel, deadline=PATIENCE_S)
    outside.set("label")
    evidence(f"With a label service that hung, the request {reply.answered}.", status=reply.status)
    wants(reply, *NO_LABEL)
    again = wants(hall.print(parcel, deadline=PATIENCE_S), *DONE)
    assert again.body == hall.expected(parcel), "After a hanging job, another label was given."


@check(
    "c5",
    finding="F5",
    title="Forty-five waiting kiosks leave the hub answering",
    limit=20,
    fresh=True,
)
def crowd(hall, app, outside, evidence):
    parcels = hall.parcels(CROWD)
    outside.set("label", hang=True)
    app.together(map(hall.asks_print, parcels), deadline=0.4)
    assert until(lambda: outside.calls("label")), "Nothing reached the label service."
    replies = hall.probes(deadline=2.4)
    given_up = hall.ended("label")
    answered = tally(replies).get(200, 0)
    evidence(
        f"{CROWD} kiosks waited for a label service that hung, and {answered} of {PROBES} health"
        " calls were answered meanwhile.",
        kiosks=CROWD,
        answered=answered,
    )
    assert answered == PROBES
    assert not given_up, "Health was answered only after the first kiosks had been given up."
