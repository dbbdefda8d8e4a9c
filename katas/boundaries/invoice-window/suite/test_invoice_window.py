"""Kata invoice-window: who may see and do what with whose invoice?

Fay and Zoe are freelancers, Ann and Bob their clients. Zoe also works for Fay, so that the two
sides of an invoice cannot be told by the person. Requests are sent one after the other: paying and
withdrawing would disturb each other.
"""

import re
from dataclasses import dataclass

import pytest
from kit import check, refused, seed, wants

DONE = (200, 201, 202, 204)
REFUSED = (403, 404)
ILL_ASKED = (400, 403, 404, 422)  # the request itself contradicts what the asker may see


@dataclass
class Bill:
    """An invoice as it was written: its number, its parties by role, and its words."""

    id: int
    client: str
    freelancer: str
    title: str
    cents: int


@dataclass
class Desk:
    """The people and invoices that every check begins with."""

    names: dict[str, str]
    ids: dict[str, int]
    bills: dict[str, Bill]
    absent: int

    def user(self, app, who):
        return app.as_user(self.names[who])

    def nested(self, who, number):
        return f"/clients/{self.ids[who]}/invoices/{number}"

    def told(self, reply):
        """Which of the invoices an answer shows, by their words."""
        return {key for key, bill in self.bills.items() if bill.title in reply.text}

    def pay(self, app, bill):
        return wants(self.user(app, bill.client).post(f"/invoices/{bill.id}/pay"), *DONE)


PEOPLE = {"ann": "member", "bob": "member", "fay": "member", "zoe": "member", "acc": "accountant"}
WRITTEN = (  # key, freelancer, client
    ("first", "fay", "ann"),
    ("second", "fay", "ann"),
    ("bobs", "zoe", "bob"),
    ("fays", "zoe", "fay"),
    ("zoes", "zoe", "ann"),
)


ROLES = {"bob": "client", "ann": "client", "fay": "freelancer", "zoe": "freelancer"}


@seed
def people_and_invoices(app, rng):
    """Four members, an accountant, five open invoices."""
    names = {who: f"{who}-{rng.randrange(100, 999)}" for who in PEOPLE}
    ids = {
        who: wants(app.post("/users", json={"name": names[who], "role": role}), *DONE)["id"]
        for who, role in PEOPLE.items()
    }
    bills = {}
    for key, freelancer, client in WRITTEN:
        title = f"{key} {rng.choice(['draft', 'logo', 'audit'])} {rng.randrange(10**8, 10**9)}"
        cents = rng.randrange(20_000, 900_000)
        body = {"client_id": ids[client], "title": title, "amount_cents": cents}
        made = wants(app.as_user(names[freelancer]).post("/invoices", json=body), *DONE)
        bills[key] = Bill(made["id"], client, freelancer, title, cents)
    return Desk(names, ids, bills, rng.randrange(20_000, 60_000))


@pytest.fixture
def desk(seeded):
    """What the seed made."""
    return seeded


def state(app, bill):
    """An invoice as the database has it: open, paid or gone."""
    rows = app.database().rows("select paid_on from invoice where id = ?", bill.id)
    return ("paid" if rows[0]["paid_on"] else "open") if rows else "gone"


def listed(app, desk, who, **params):
    """The answer to the list, and the invoices in it."""
    reply = desk.user(app, who).get("/invoices", params=params)
    return reply, desk.told(reply)


# What the marketplace lives by


@check("k1", kind="keep", title="Both parties of an invoice find and read it")
def parties_read(app, desk):
    for key in ("first", "fays"):  # Fay is the freelancer of one, the client of the other
        bill = desk.bills[key]
        desk.pay(app, bill)
        for role, who in (("client", bill.client), ("freelancer", bill.freelancer)):
            user = desk.user(app, who)
            shown = wants(user.get(f"/invoices/{bill.id}"), 200)
            told = (shown["title"], shown["amount_cents"], shown["client_id"])
            assert told == (bill.title, bill.cents, desk.ids[bill.client]), (
                f"The {role} of an invoice was shown other content than was written."
            )
            receipt = wants(user.get(f"/invoices/{bill.id}/receipt"), 200)
            assert (receipt["number"], receipt["amount_cents"]) == (bill.id, bill.cents), (
                f"The {role} of a paid invoice was shown another receipt."
            )
            mine = wants(user.get("/invoices"), 200)
            assert key in desk.told(mine), f"The {role} of an invoice did not find it in the list."
        page = desk.nested(bill.client, bill.id)
        wants(desk.user(app, bill.client).get(page), 200)


@check("k2", kind="keep", title="An accountant reads every invoice")
def accountant_reads_all(app, desk):
    accountant = desk.user(app, "acc")
    desk.pay(app, desk.bills["first"])
    for bill in desk.bills.values():
        shown = wants(accountant.get(f"/invoices/{bill.id}"), 200)
        assert shown["title"] == bill.title, "An accountant was shown another invoice."
        wants(accountant.get(desk.nested(bill.client, bill.id)), 200)
    wants(accountant.get(f"/invoices/{desk.bills['first'].id}/receipt"), 200)
    numbers = [bill.id for bill in desk.bills.values()]
    export = accountant.post("/invoices/export", json={"ids": numbers})
    for what, reply in (("list", accountant.get("/invoices")), ("export", export)):
        missing = len(desk.bills.keys() - desk.told(wants(reply, *DONE)))
        assert not missing, f"An accountant's {what} lacked {missing} of {len(numbers)} invoices."


@check("k3", kind="keep", title="The client pays an invoice once")
def pays_once(app, desk):
    for key in ("first", "fays"):
        bill = desk.bills[key]
        desk.pay(app, bill)
        assert state(app, bill) == "paid", "A client paid, but the invoice was not marked as paid."
        again = desk.user(app, bill.client).post(f"/invoices/{bill.id}/pay")
        wants(again, 409)


@check("k4", kind="keep", title="An accountant's list can be narrowed to one client")
def narrowed(app, desk):
    for who in ("ann", "fay"):
        reply, found = listed(app, desk, "acc", client_id=desk.ids[who])
        wants(reply, 200)
        expected = {key for key, bill in desk.bills.items() if bill.client == who}
        assert found == expected, (
            f"An accountant asked for the {len(expected)} invoices of one client; the list showed"
            f" {len(found & expected)} of them and {len(found - expected)} others."
        )


@check("k5", kind="keep", title="The freelancer withdraws an unpaid invoice, and a paid one stays")
def withdrawn(app, desk):
    open_one, paid_one = desk.bills["first"], desk.bills["second"]
    freelancer = desk.user(app, "fay")
    wants(freelancer.delete(f"/invoices/{open_one.id}"), *DONE)
    assert state(app, open_one) == "gone", "A withdrawn invoice was still stored."
    wants(freelancer.get(f"/invoices/{open_one.id}"), *REFUSED)
    desk.pay(app, paid_one)
    wants(freelancer.delete(f"/invoices/{paid_one.id}"), 409)
    assert state(app, paid_one) == "paid", "A paid invoice was withdrawn."


@check("k6", kind="keep", title="The export holds the invoices that a party ticked")
def exported(app, desk):
    for who, keys in (("ann", {"second"}), ("fay", {"first", "fays"}), ("zoe", {"bobs", "fays"})):
        numbers = [desk.bills[key].id for key in keys]
        reply = desk.user(app, who).post("/invoices/export", json={"ids": numbers})
        held = desk.told(wants(reply, *DONE))
        assert held == keys, (
            f"Somebody ticked {len(keys)} invoices of their own; the export held"
            f" {len(held & keys)} of them and {len(held - keys)} others."
        )


# F1: one invoice


@check("c1", finding="F1", title="An invoice is read by its parties and accountants alone")
def strangers_read_nothing(app, desk, matrix, evidence):
    open_to = []
    for who, key in (("bob", "first"), ("zoe", "second"), ("ann", "bobs"), ("fay", "bobs")):
        reply = desk.user(app, who).get(f"/invoices/{desk.bills[key].id}")
        matrix(f"A {ROLES[who]} reads an invoice between two others", reply, *REFUSED)
        matrix.same(f"Invoices of others shown to a {ROLES[who]}", len(desk.told(reply)), 0)
        if reply.ok or desk.told(reply):
            open_to.append(f"a {ROLES[who]}")
            evidence(
                f"A {ROLES[who]} asked for an invoice between two other members: the service"
                f" {reply.answered}{shown(desk, reply)}.",
                status=reply.status,
                strangers=" and ".join(sorted(set(open_to))),
            )
    desk.pay(app, desk.bills["second"])
    receipt = desk.user(app, "bob").get(f"/invoices/{desk.bills['second'].id}/receipt")
    matrix("A client reads a receipt between two others", receipt, *REFUSED)


def shown(desk, reply):
    """How a sentence on an answer goes on, where it showed an invoice."""
    return ", with title and amount" if desk.told(reply) else ""


@check("g2", kind="guard", finding="F1", title="Invoices keep their running numbers")
def running_numbers(app, desk):
    numbers = [bill.id for bill in desk.bills.values()]
    assert numbers == list(range(1, len(numbers) + 1)), (
        "The numbers of the first invoices were not 1, 2, 3 and so on."
    )
    freelancer = desk.user(app, "zoe")
    body = {"client_id": desk.ids["bob"], "title": "One more", "amount_cents": 5_000}
    made = wants(freelancer.post("/invoices", json=body), *DONE)["id"]
    freelancer.delete(f"/invoices/{made}")
    after = wants(freelancer.post("/invoices", json=body), *DONE)["id"]
    assert (made, after) == (len(numbers) + 1, len(numbers) + 2), (
        "Two more invoices, the first of them withdrawn at once, did not get the next two numbers."
    )


@check("g3", kind="guard", finding="F1", title="Whoever is not signed in sees and changes nothing")
def unknown_caller(app, desk, matrix):
    bill = desk.bills["first"]
    callers = (
        ("without a name", app),
        ("with a name that nobody has", app.as_user(f"{desk.names['ann']}x")),
    )
    for how, caller in callers:
        for method, path, body in (*ways(desk, "ann", bill.id), ("GET", "/invoices", None)):
            reply = caller.request(method, path, json=body)
            matrix(f"A request {how}", reply, 401, 403)
            matrix.same("Invoices shown in that answer", len(desk.told(reply)), 0)
    matrix.same("The invoice afterwards", state(app, bill), "open")


def ways(desk, who, number):
    """Every route that takes the number of an invoice; those that change something come last."""
    return (
        ("GET", f"/invoices/{number}", None),
        ("GET", f"/invoices/{number}/receipt", None),
        ("GET", desk.nested(who, number), None),
        ("POST", "/invoices/export", {"ids": [number]}),
        ("POST", f"/invoices/{number}/pay", None),
        ("DELETE", f"/invoices/{number}", None),
    )


# F2: the page of a client


@check("c2", finding="F2", title="A client's page opens the invoices of that client alone")
def pages(app, desk, matrix, evidence):
    first = desk.bills["first"].id
    own = desk.user(app, "bob").get(desk.nested("bob", first))
    crossed = desk.user(app, "acc").get(desk.nested("bob", first))
    evidence(
        "On a client's page, the number of an invoice to another client was asked for. That client"
        f" was told {own.status}{shown(desk, own)}; an accountant"
        f" was told {crossed.status}{shown(desk, crossed)}.",
        client=own.status,
        accountant=crossed.status,
    )
    matrix("A client, another's invoice on the own page", own, *REFUSED)
    matrix.same("Invoices shown in that answer", len(desk.told(own)), 0)
    for who, page in (("bob", "ann"), ("zoe", "zoe"), ("zoe", "ann")):
        reply = desk.user(app, who).get(desk.nested(page, first))
        where = "the own page" if who == page else "that client's page"
        matrix(f"A stranger to an invoice, on {where}", reply, *REFUSED)
        matrix.same("Invoices shown in that answer", len(desk.told(reply)), 0)
    matrix("An accountant, an invoice on the wrong client's page", crossed, *ILL_ASKED)
    matrix.same("Invoices shown in that answer", len(desk.told(crossed)), 0)


# F3: the list


@check("c3", finding="F3", title="The list cannot be steered to somebody else's invoices")
def steered(app, desk, matrix, evidence):
    for who, whose in (("bob", "ann"), ("zoe", "ann"), ("ann", "bob"), ("fay", "bob")):
        reply, found = listed(app, desk, who, client_id=desk.ids[whose])
        foreign = len(foreign_to(desk, who, found))
        matrix("The list with the number of another client", reply, 200, *ILL_ASKED)
        matrix.same("Invoices of others in it", foreign, 0)
        if foreign:
            evidence(
                f"A {ROLES[who]} asked the list for another client's invoices; it"
                f" {reply.answered} and held {counted(foreign)} not their own.",
                status=reply.status,
                foreign=counted(foreign),
            )
    for who in ROLES:
        reply, found = listed(app, desk, who)
        matrix("The list without a number", reply, 200)
        matrix.same("Invoices of others in it", len(foreign_to(desk, who, found)), 0)


def counted(number):
    return "1 invoice" if number == 1 else f"{number} invoices"


def foreign_to(desk, who, keys):
    """Those of these invoices that somebody is no party of."""
    return {k for k in keys if who not in (desk.bills[k].client, desk.bills[k].freelancer)}


# F4: paying and withdrawing


@check("c4", finding="F4", title="Who may not pay or withdraw is refused, and nothing changes")
def pays_and_withdraws(app, desk, matrix, evidence):
    paid, kept = desk.bills["first"], desk.bills["second"]
    tried = [
        ("Another client pays", "bob", "POST", f"/invoices/{paid.id}/pay"),
        ("Another freelancer pays", "zoe", "POST", f"/invoices/{paid.id}/pay"),
        ("An accountant pays", "acc", "POST", f"/invoices/{paid.id}/pay"),
        ("The client withdraws", "ann", "DELETE", f"/invoices/{kept.id}"),
        ("Another freelancer withdraws", "zoe", "DELETE", f"/invoices/{kept.id}"),
        ("An accountant withdraws", "acc", "DELETE", f"/invoices/{kept.id}"),
    ]
    replies = {label: desk.user(app, who).request(how, path) for label, who, how, path in tried}
    after_pay, after_withdrawal = state(app, paid), state(app, kept)
    evidence(
        f"After people with no right to it had tried to pay one invoice and to withdraw another,"
        f" the first was {after_pay} and the second {after_withdrawal}.",
        first=after_pay,
        second=after_withdrawal,
    )
    for label, reply in replies.items():
        matrix(label, reply, *REFUSED)
    matrix.same("The invoice that they tried to pay", after_pay, "open")
    matrix.same("The invoice that they tried to withdraw", after_withdrawal, "open")


@check("g1", kind="guard", finding="F4", title="A freelancer cannot pay the own invoice")
def freelancer_does_not_pay(app, desk):
    for key in ("first", "fays"):
        bill = desk.bills[key]
        refused(desk.user(app, bill.freelancer).post(f"/invoices/{bill.id}/pay"))
        left = state(app, bill)
        assert left == "open", (
            f"A freelancer paid the own invoice: it was refused, but left {left}."
        )


# F5: what a refusal gives away


@check("c5", finding="F5", title="A number of somebody else is refused like one never given")
def foreign_is_absent(app, desk, matrix, evidence):
    desk.pay(app, desk.bills["second"])
    for who, key in (("bob", "first"), ("zoe", "second")):
        number = desk.bills[key].id
        kind = state(app, desk.bills[key])
        pairs = zip(ways(desk, who, number), ways(desk, who, desk.absent), strict=True)
        for foreign, absent in pairs:
            there, nowhere = (sent(app, desk, who, request) for request in (foreign, absent))
            if not granted(desk, there):
                compare(desk, matrix, evidence, kind, there, nowhere)


def sent(app, desk, who, request):
    method, path, body = request
    return desk.user(app, who).request(method, path, json=body)


def granted(desk, reply):
    """Whether a foreign invoice was shown, paid or withdrawn: the business of other checks."""
    return reply.ok and (not reply.body or desk.told(reply))


def compare(desk, matrix, evidence, kind, there, nowhere):
    """The answers for a foreign and for an absent number agree but for the number itself."""
    route = re.sub(r"\d+", "N", there.what)
    label = f"{route} for somebody else's {kind} invoice and for a number never given"
    matrix.same(f"{label}, status", there.status, nowhere.status)
    if there.status == nowhere.status:
        matrix.same(f"{label}, text", *(masked(desk, reply) for reply in (there, nowhere)))
    else:
        facts = {"route": route, "foreign": there.status, "absent": nowhere.status}
        evidence(
            f"{route} answered {there.status} for somebody else's {kind} invoice and"
            f" {nowhere.status} for a number that was never given.",
            **({} if evidence.items else facts),  # the note's sentence tells of the first
        )


def masked(desk, reply):
    """An answer without the numbers that were asked for."""
    numbers = "|".join(str(n) for n in (desk.absent, *(b.id for b in desk.bills.values())))
    return re.sub(rf"\b({numbers})\b", "N", reply.text)


# F6: the export


@check("c6", finding="F6", title="The export holds nothing that its reader may not see")
def export_of_mixed_numbers(app, desk, matrix, evidence):
    numbers = [bill.id for bill in desk.bills.values()]
    for who in ROLES:
        reply = desk.user(app, who).post("/invoices/export", json={"ids": numbers})
        foreign = len(foreign_to(desk, who, desk.told(reply)))
        matrix("An export of own and other invoices", reply, *DONE, *ILL_ASKED)
        matrix.same("Invoices of others in it", foreign, 0)
        if foreign:
            evidence(
                f"A {ROLES[who]} ticked own invoices and those of others: the export"
                f" {reply.answered} and held {counted(foreign)} not their own.",
                status=reply.status,
                foreign=counted(foreign),
            )
