"""Kata phantom-receipt: is what was answered 201 on record?

The service may finish its work after the answer. Where a check is not about that, it waits until
the service is at rest before it goes on (`Shop.rest`).
"""

import time

import pytest
from kit import check, refused, tally, wants

BAD = (400, 422)
VOUCHER = 500
MAIL_S = 2.0  # a mail may be sent after the answer


class Shop:
    """The shop as its tills know it."""

    def __init__(self, app, outside, rng):
        self.app, self.rng = app, rng
        self.till = f"till-{rng.randrange(10, 99)}"
        self.prices = {}
        outside.answers(mail=lambda to, till, number, total_cents: None)

    def rest(self):
        """Until no connection is in use: then nothing is left to be stored."""
        assert self.app.pool == 0, "A connection to the database was still in use after a second."

    def article(self, stock):
        """A new article."""
        sku = f"A{self.rng.randrange(10**6, 10**7)}"
        self.prices[sku] = self.rng.randrange(600, 3_000)
        body = {"sku": sku, "name": "Poster", "price_cents": self.prices[sku], "stock": stock}
        made = wants(self.app.post("/articles", json=body), 201).json
        assert dict(made) == body, "The answer about an article held other fields or values."
        self.rest()
        return sku

    def code(self):
        return f"V{self.rng.randrange(10**6, 10**7)}"

    def asks(self, number, *lines, till=None, **more):
        """A sale as data; a line is a sku or a sku and a quantity."""
        pairs = [line if isinstance(line, tuple) else (line, 1) for line in lines]
        body = {"number": number, "lines": [{"sku": s, "quantity": q} for s, q in pairs], **more}
        return self.app.prepare("POST", f"/tills/{till or self.till}/sales", json=body)

    def sell(self, number, *lines, **more):
        """Ask for one sale, and let the service come to rest."""
        reply = self.at_once(number, *lines, **more)
        self.rest()
        return reply

    def at_once(self, number, *lines, **more):
        return self.app.together([self.asks(number, *lines, **more)])[0]

    def sold(self, number, *lines, **more):
        """A sale that has to succeed."""
        return wants(self.sell(number, *lines, **more), 201)

    def stock(self, sku):
        return wants(self.app.get(f"/articles/{sku}"), 200)["stock"]

    def receipt(self, number, till=None):
        return self.app.get(f"/tills/{till or self.till}/sales/{number}")

    def rows(self, number, till=None):
        """How many receipts of this number are on record."""
        return self.app.database().one(
            "select count(*) from sale where till = ? and number = ?", till or self.till, number
        )


@pytest.fixture
def shop(app, outside, rng):
    return Shop(app, outside, rng)


# What the shop lives by


@check("k1", kind="keep", title="The numbers of a till run on without a gap")
def gap_free(shop):
    sku = shop.article(50)
    other = f"{shop.till}b"
    for number in (1, 2):
        shop.sold(number, sku)
    wants(shop.sell(4, sku), 409)
    wants(shop.sell(2, sku, till=other), 409)
    shop.sold(1, sku, till=other)
    shop.sold(3, sku)
    told = [shop.rows(number) for number in (1, 2, 3, 4)]
    assert told == [1, 1, 1, 0], (
        "After the receipts 1 and 2, a refused 4 and then 3, the till's record was another one."
    )


@check("k2", kind="keep", title="What is sold leaves the stock, and no more than there is")
def stock_counts(shop):
    left = shop.rng.randint(4, 9)
    first, second = shop.article(left), shop.article(5)
    shop.sold(1, (first, left - 1), (second, 2))
    assert (shop.stock(first), shop.stock(second)) == (1, 3), (
        "After a sale, the stock of an article was not lower by what was sold."
    )
    shop.sold(1, (second, 3), till=f"{shop.till}b")
    assert shop.stock(second) == 0, "Selling all that was left did not empty the stock."
    wants(shop.sell(2, (second, 1)), 409)
    wants(shop.sell(1, "NO-SUCH-THING", till=f"{shop.till}c"), 404)
    more = shop.rng.randint(2, 9)
    delivered = shop.app.post(f"/articles/{first}/deliveries", json={"quantity": more})
    read = shop.app.get(f"/articles/{first}")
    for reply in (delivered, read):
        assert set(wants(reply, 200).json) == {"sku", "name", "price_cents", "stock"}, (
            "The answer about an article held other fields than before."
        )
    shop.rest()
    assert shop.stock(first) == 1 + more, "A delivery was not added to the stock."
    wants(shop.app.post("/articles/NO-SUCH-THING/deliveries", json={"quantity": 1}), 404)


@check("k3", kind="keep", title="A receipt says what was sold, and can be read again")
def receipt_body(shop):
    first, second = shop.article(9), shop.article(9)
    quantity = shop.rng.randint(2, 4)
    made = shop.sold(1, (first, quantity), second)
    total = quantity * shop.prices[first] + shop.prices[second]
    lines = [{"sku": first, "quantity": quantity}, {"sku": second, "quantity": 1}]
    expected = {"till": shop.till, "number": 1, "total_cents": total, "lines": lines}
    for what, reply in (("The answer to a sale", made), ("A receipt", shop.receipt(1))):
        told = {field: wants(reply, 200, 201)[field] for field in expected}
        assert told == expected, (
            f"{what} did not say what was sold, for how much and under which number."
        )
    wants(shop.receipt(2), 404)
    wants(shop.receipt(1, till=f"{shop.till}b"), 404)
    again = {"sku": first, "name": "Poster", "price_cents": 100, "stock": 1}
    wants(shop.app.post("/articles", json=again), 409)


@check("k4", kind="keep", title="A voucher takes five euros off, and counts once")
def vouchers(shop):
    sku, code, other = shop.article(20), shop.code(), shop.code()
    price = shop.prices[sku]
    made = shop.sold(1, (sku, 2), vouchers=[code])
    assert made["total_cents"] == 2 * price - VOUCHER, "A voucher did not take 500 cents off."
    wants(shop.sell(2, sku, vouchers=[code]), 409)
    many = [other, *(shop.code() for _ in range(7))]
    free = shop.sold(1, sku, vouchers=many, till=f"{shop.till}b")
    assert free["total_cents"] == 0, "More vouchers than the price did not make a sale free."


@check(
    "k5", kind="keep", title="The receipt is mailed to whoever wants it, and a sale stands without"
)
def mailed(shop, outside):
    sku = shop.article(9)
    address = f"guest{shop.rng.randrange(999)}@example.org"
    total = shop.sold(1, (sku, 2), email=address)["total_cents"]
    shop.sold(2, sku)
    mails = mails_with(outside, address)
    expected = {"to": address, "till": shop.till, "number": 1, "total_cents": total}
    assert mails == [expected], (
        "Of two sales one was to be mailed, and the mail service did not get exactly that receipt."
    )
    outside.set("mail", fail=True)
    shop.sold(3, sku, email=address)
    assert shop.rows(3) == 1, "A sale whose mail could not be sent was not on record."


@check("k6", kind="keep", title="The report of a till adds up")
def reports(shop):
    sku = shop.article(9)
    empty = wants(shop.app.get(f"/tills/{shop.till}/report"), 200)
    told = (empty["sales"], empty["last_number"], empty["total_cents"])
    assert told == (0, 0, 0), "The report of a till without sales was not empty."
    shop.sold(1, (sku, 2))
    shop.sold(2, sku)
    shop.sold(1, sku, till=f"{shop.till}b")
    full = wants(shop.app.get(f"/tills/{shop.till}/report"), 200)
    told = (full["sales"], full["last_number"], full["total_cents"])
    assert told == (2, 2, 3 * shop.prices[sku]), (
        "The report of a till was not the number, the last number and the sum of its sales."
    )


@check("k7", kind="keep", title="What cannot be sold or stocked is refused")
def impossible(shop, matrix):
    sku = shop.article(9)
    article = {"sku": "NEW-1", "name": "Poster", "price_cents": 900, "stock": 1}
    for field, value in (
        *(("name", ""), ("name", "x" * 101), ("price_cents", 0), ("stock", -1), ("sku", "new 1")),
    ):
        reply = shop.app.post("/articles", json=article | {field: value})
        matrix(f"An article with an impossible {field.replace('_', ' ')}", reply, *BAD)
    delivery = shop.app.post(f"/articles/{sku}/deliveries", json={"quantity": 10_001})
    matrix("A delivery of ten thousand and one", delivery, *BAD)
    lines = [(sku, 1)] * 51
    for what, reply in (
        ("A thousand and one of an article", shop.sell(1, (sku, 1_001))),
        ("A receipt with a number of ten digits", shop.sell(10**9, sku)),
        ("A receipt with fifty-one lines", shop.sell(1, *lines)),
        ("A receipt with eleven vouchers", shop.sell(1, sku, vouchers=codes(shop, 11))),
        ("A till with capital letters in its name", shop.sell(1, sku, till="TILL-1")),
        ("A mail to an address without end", shop.sell(1, sku, email=f"{'a' * 199}@x")),
    ):
        matrix(what, reply, *BAD)
    matrix.same("Stock after nothing was sold", shop.stock(sku), 9)


def codes(shop, number):
    return [f"{shop.code()[:-2]}{n:02}" for n in range(number)]


def mails_with(outside, address):
    """The mails so far, once one to this address is among them, or after a while of waiting."""
    deadline = time.monotonic() + MAIL_S
    while True:
        mails = [record.args for record in outside.calls("mail")]
        if any(mail.get("to") == address for mail in mails) or time.monotonic() > deadline:
            return mails
        time.sleep(0.02)


# F1: the answer comes after the commit


@check("c2", finding="F1", title="Where the database cannot store a sale, nobody reads 201")
def commit_fails(shop, outside, matrix, evidence):
    sku = shop.article(9)
    outside.fail_commits(1)
    reply = shop.sell(1, (sku, 2))
    outside.fail_commits(0)
    rows, stock = shop.rows(1), shop.stock(sku)
    evidence(
        f"The database failed to commit a sale: the till was answered {reply.status}, and {rows}"
        " receipts were on record.",
        status=reply.status,
        rows=rows,
    )
    matrix.same(f"{reply.what} that could not be stored, its status", of_class(reply), "5xx")
    matrix.same("Receipts of it on record", rows, 0)
    matrix.same("The stock after it", stock, 9)
    if not rows:
        matrix("The same sale once the database works", shop.sell(1, (sku, 2)), 201)
    outside.fail_commits(1)
    delivery = shop.app.post(f"/articles/{sku}/deliveries", json={"quantity": 3})
    shop.rest()
    matrix.same("A delivery that could not be stored, its status", of_class(delivery), "5xx")
    outside.fail_commits(1)
    article = {"sku": f"{sku}X", "name": "Poster", "price_cents": 100, "stock": 1}
    added = shop.app.post("/articles", json=article)
    shop.rest()
    matrix.same("An article that could not be stored, its status", of_class(added), "5xx")


def of_class(reply):
    return f"{reply.status // 100}xx"


@check("c6", finding="F1", title="After a busy hour, every receipt that was printed is on record")
def busy_hour(shop, app, evidence):
    tills = [f"{shop.till}-{n}" for n in range(4)]
    stocks = {till: shop.article(100) for till in tills}
    used = shop.code()
    shop.sold(1, stocks[tills[0]], vouchers=[used], till=tills[0])
    printed = {till: [] for till in tills}
    printed[tills[0]].append(1)
    for turn in range(1, 6):
        volley = []
        for till in tills:
            number = max(printed[till], default=0) + 1
            volley.append((till, number, shop.asks(number, stocks[till], till=till)))
            if number > 1:  # the cashier pressed twice
                before = shop.rng.randrange(1, number)
                volley.append((till, before, shop.asks(before, stocks[till], till=till)))
        replies = app.together([request for *_, request in volley])
        for (till, number, _), reply in zip(volley, replies, strict=True):
            wants(reply, 201, 409)
            if reply.status == 201:
                printed[till].append(number)
        shop.rest()
    rows = app.database().rows("select till, number from sale")
    stored = sorted((row["till"], row["number"]) for row in rows)
    told = sorted((till, number) for till, numbers in printed.items() for number in numbers)
    evidence(
        f"Four tills printed {len(told)} receipts, and {len(stored)} sales were on record.",
        printed=len(told),
        stored=len(stored),
    )
    assert told == stored, "Receipts were printed that are not on record, or the other way round."
    for till, sku in stocks.items():
        assert shop.stock(sku) == 100 - len(printed[till]), (
            "The stock did not agree with the sales."
        )


# F2: who has read 201 can read the receipt


@check("c3", finding="F2", title="A receipt can be read as soon as its sale is answered", limit=15)
def read_own_write(shop, outside, evidence):
    sku = shop.article(100)
    outside.slow_commits(0.4)
    for number in range(1, 5):
        wants(shop.at_once(number, sku), 201)
        reply = shop.receipt(number)
        if reply.status != 200:
            evidence(
                f"A receipt was asked for right after its sale had been answered 201, and the"
                f" service {reply.answered}.",
                status=reply.status,
            )
        wants(reply, 200)


# F3, F6: what is on record already


@check("c1", finding="F3", title="A receipt number that is on record is refused")
def duplicate_number(shop, app, matrix, evidence):
    sku = shop.article(50)
    shop.sold(1, sku)
    shop.sold(2, sku)
    again = [shop.sell(number, (sku, 3)) for number in (1, 2)]
    evidence(
        f"A till sent a receipt number that was on record, and was answered {again[0].status}.",
        status=again[0].status,
    )
    for reply in again:
        matrix("A number sent again", reply, 409)
    matrix.same("Receipts on record under it", shop.rows(1), 1)
    matrix.same("The stock afterwards", shop.stock(sku), 48)
    replies = app.together([shop.asks(3, sku) for _ in range(6)])
    shop.rest()
    matrix.same("Six requests with one new number at once, 201s", tally(replies).get(201, 0), 1)
    matrix.same("Those that were answered 409", tally(replies).get(409, 0), 5)
    matrix.same("Receipts on record under the new number", shop.rows(3), 1)


@check("c7", finding="F6", title="One voucher is not counted twice in one sale")
def voucher_twice(shop, evidence):
    sku, code = shop.article(9), shop.code()
    reply = shop.sell(1, (sku, 2), vouchers=[code, code])
    rows = shop.rows(1)
    evidence(
        f"One sale carried the same voucher twice: it was answered {reply.status}, and {rows}"
        " receipts were on record.",
        status=reply.status,
        rows=rows,
    )
    refused(reply, 409, *BAD)
    assert not rows and shop.stock(sku) == 9, (
        "A refused sale left a receipt or took from the stock."
    )
    shop.sold(1, sku, vouchers=[code])


# F4: no mail before the commit


@check("c5", finding="F4", title="No receipt is mailed for a sale that was not stored")
def no_mail(shop, outside, matrix, evidence):
    sku = shop.article(9)
    shop.sold(1, sku)
    outside.fail_commits(1)
    failed = shop.sell(2, sku, email="first@example.org")
    again = shop.sell(1, sku, email="second@example.org")
    wants(shop.sell(2, sku, email="third@example.org"), 201)
    mails = mails_with(outside, "third@example.org")  # those before it have arrived, too
    told = [mail.get("to") for mail in mails]
    lost = len(told) - told.count("third@example.org")
    evidence(
        f"The database failed to commit a sale with an e-mail address ({failed.status}), and a"
        f" number on record came again with one ({again.status}): {lost} of the two receipts were"
        " mailed.",
        mails=lost,
    )
    matrix.same("Mails for a sale whose commit failed", told.count("first@example.org"), 0)
    matrix.same("Mails for a number on record", told.count("second@example.org"), 0)
    matrix.same("Mails for the sale that was stored", told.count("third@example.org"), 1)


# F5: a refusal stores nothing


@check("c4", finding="F5", title="A refused sale leaves no receipt, no voucher and the whole stock")
def refusal_stores_nothing(shop, matrix, evidence):
    plenty, few, code, used = shop.article(20), shop.article(1), shop.code(), shop.code()
    shop.sold(1, plenty, vouchers=[used])
    attempts = {
        "A sale of more than there is": shop.sell(2, (plenty, 2), (few, 2), vouchers=[code]),
        "A sale with a used voucher": shop.sell(2, plenty, vouchers=[code, used]),
        "A sale of something unknown": shop.sell(2, plenty, "NO-SUCH-THING"),
    }
    rows, left = shop.rows(2), shop.stock(plenty)
    evidence(
        f"After three sales had been refused, {rows} of their receipts were on record, and"
        f" {19 - left} pieces were missing in the stock.",
        rows=rows,
        missing=19 - left,
    )
    for what, reply in attempts.items():
        matrix(what, reply, 404, 409)
    matrix.same("Receipts on record under the refused number", rows, 0)
    matrix.same("Stock of an article in the refused sales", left, 19)
    if not rows:
        again = shop.sell(2, plenty, vouchers=[code])
        matrix("The same number and voucher in a right sale", again, 201)


# What a repair must not break


@check("g1", kind="guard", finding="F2", title="No request keeps its connection")
def connections_return(shop, app):
    sku = shop.article(30)
    shop.sold(1, sku)
    requests = [
        shop.asks(2, sku),
        shop.asks(9, sku),
        shop.asks(1, (sku, 40), till="till-x"),
        app.prepare("GET", f"/tills/{shop.till}/sales/8"),
    ]
    for request in 5 * requests:
        app.together([request])
    shop.rest()


@check("g2", kind="guard", finding="F5", title="Invalid sales are refused as before")
def invalid(shop, app):
    sku = shop.article(9)
    line = {"sku": sku, "quantity": 1}
    for body in (
        {"number": 1, "lines": []},
        {"number": 0, "lines": [line]},
        {"number": 1, "lines": [{**line, "quantity": 0}]},
        {"number": 1, "lines": [{**line, "quantity": -1}]},
        {"number": 1, "lines": [line], "vouchers": ["?"]},
        {"number": 1, "lines": [line], "email": "nobody"},
        {"lines": [line]},
    ):
        refused(app.post(f"/tills/{shop.till}/sales", json=body), *BAD)
    refused(app.post(f"/articles/{sku}/deliveries", json={"quantity": 0}), *BAD)
    shop.rest()
    assert shop.rows(1) == 0 and shop.stock(sku) == 9, "An invalid sale was stored."
