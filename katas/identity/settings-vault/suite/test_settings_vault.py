"""Kata settings-vault: what does the service do with what its environment tells it?

A check begins with a right deployment in production, by the variables of kata.toml; many then start
the service with others, and as seldom as they can, for starting is what takes the time. How a
submission makes its tokens is its own affair: a forged one is a real one, signed again.
"""

import hmac
import string
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from kit import check, refused, wants

STARTS_S = 20.0  # for checks that start the service more than once
PUBLISHED = "changeme-changeme-changeme-changeme"
LETTERS = string.ascii_letters + string.digits
INSIDE = ("Traceback (most recent call last)", 'File "', "app/main.py", "sqlalchemy", "INSERT INTO")
PIECE = 8  # so many characters of a secret are told by no accident


@dataclass(frozen=True)
class Vault:
    """The secrets that the service is given."""

    jwt_secret: str
    bank_key: str

    @property
    def env(self):
        return {"JWT_SECRET": self.jwt_secret, "BANK_KEY": self.bank_key}

    def told(self, text):
        """Which of the secrets stand in a text, whole or in part."""
        return [name for name, value in self.env.items() if holds(text, value)]


def holds(text, secret):
    return any(secret[i : i + PIECE] in text for i in range(max(1, len(secret) - PIECE + 1)))


def letters(rng, number):
    return "".join(rng.choices(LETTERS, k=number))


DEPLOYED = Vault(  # as in kata.toml
    "Gq7vXn2LtR9wBc4KzYd8HsPm3JfUe6Ax1oTi5NrWbQk0VhSg",
    "e1Zr8MfCw3YtLk6QpVx9DnBj2HsGa7RuTo4KiXm5",
)


@pytest.fixture
def vault(rng):
    """Secrets that nothing else knows."""
    return Vault(letters(rng, 32), letters(rng, 40))


BARE = dict.fromkeys(("JWT_SECRET", "BANK_KEY", "DEBUG", "CURRENCY", "TOKEN_MINUTES"))
DEVELOPMENT = {**BARE, "ENVIRONMENT": "development"}


@dataclass
class Person:
    """An employee with a token."""

    id: int
    token: str
    iban: str
    gross: int

    def client(self, app, token=None, on=0):
        return app.client({"Authorization": f"Bearer {token or self.token}"}, on=on)

    def payslip(self, app, of=None, **how):
        return self.client(app, **how).get(f"/employees/{(of or self).id}/payslip")


def hired(app, rng, office=False, gross=None):
    """An employee who has signed in."""
    gross = gross or rng.randrange(200_000, 900_000)
    iban = f"XX{rng.randrange(10**15, 10**16)}"
    body = {"name": "E. Meyer", "iban": iban, "monthly_cents": gross, "office": office}
    made = wants(app.post("/employees", json=body), 201)["id"]
    token = wants(app.post("/tokens", json={"employee_id": made}), 201)["access_token"]
    return Person(made, token, iban, gross)


def signed_again(token, key, **changed):
    """The same token, with other claims or by another key."""
    claims = jwt.decode(token, options={"verify_signature": False}) | changed
    algorithm = jwt.get_unverified_header(token)["alg"]
    return jwt.encode(claims, key, algorithm=algorithm)


def minutes_left(token):
    ends = jwt.decode(token, options={"verify_signature": False})["exp"]
    return (ends - datetime.now(UTC).timestamp()) / 60


def start_log(app, env):
    """Whether the service starts with these variables, and what it prints meanwhile."""
    before = len(app.log)
    started = app.starts(env)
    return started, app.log[before:]


def expected(gross):
    """A payslip by the rules of the brief, rounded half up."""
    pension = (gross * 93 + 500) // 1000
    tax = (max(0, gross - pension - 120_000) * 20 + 50) // 100
    return {"pension_cents": pension, "tax_cents": tax, "net_cents": gross - pension - tax}


# What the group lives by


@check("k1", kind="keep", title="Pension, tax and net salary are right to the cent")
def payslips(app, rng, matrix):
    office = hired(app, rng, office=True)
    for gross in (rng.randrange(50_000, 132_000), rng.randrange(133_000, 900_000), 132_307):
        slip = matrix("A payslip", office.payslip(app, of=hired(app, rng, gross=gross)), 200)
        if slip.ok:
            told = {name: slip[name] for name in expected(gross)}
            matrix.same("The figures of a payslip", told, expected(gross))
            matrix.same("Its gross", slip["gross_cents"], gross)
            matrix.same("Its currency", slip["currency"], "CHF")


@check("k2", kind="keep", title="The office pays a month once, and the bank accepts the file")
def payouts(app, rng):
    office, other = hired(app, rng, office=True), hired(app, rng)
    month = f"20{rng.randrange(27, 90)}-{rng.randrange(1, 13):02}"
    lines = []
    for person in (other, office):
        body = {"employee_id": person.id, "month": month}
        refused(other.client(app).post("/payouts", json=body), 403)
        paid = wants(office.client(app).post("/payouts", json=body), 201)["net_cents"]
        net = expected(person.gross)["net_cents"]
        assert paid == net, "A payout was not the net salary of the payslip."
        wants(office.client(app).post("/payouts", json=body), 409)
        lines.append(f"{person.iban};{net}")
    refused(other.client(app).get(f"/payouts/{month}/file"), 403)
    wants(app.get(f"/payouts/{month}/file"), 401, 403)
    file = wants(office.client(app).get(f"/payouts/{month}/file"), 200)
    told = [f"{t['iban']};{t['cents']}" for t in file["transfers"]]
    assert told == lines, "A payment file did not hold the payouts of its month."
    text = "\n".join([month, *lines])
    seal = hmac.new(DEPLOYED.bank_key.encode(), text.encode(), "sha256").hexdigest()
    assert file["seal"] == seal, "The bank refused a payment file: its seal was not by BANK_KEY."
    empty = wants(office.client(app).get("/payouts/2026-01/file"), 200)
    assert empty["transfers"] == [], "The file of a month without payouts held some."


@check("k3", kind="keep", title="A payslip is for its employee and the office, with a valid token")
def who_reads(app, rng, matrix):
    office, mine, other = (hired(app, rng, office=office) for office in (True, False, False))
    unknown = office.client(app).get("/employees/7777/payslip")
    matrix("One's own payslip", mine.payslip(app), 200)
    matrix("A payslip, by the office", office.payslip(app, of=mine), 200)
    matrix("A payslip, by a colleague", other.payslip(app, of=mine), 403, 404)
    matrix("An unknown employee's, by the office", unknown, 404)
    matrix("Without a token", app.get(f"/employees/{mine.id}/payslip"), 401)
    past = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
    bad = {
        "an expired token": signed_again(mine.token, DEPLOYED.jwt_secret, exp=past),
        "a token by another key": signed_again(mine.token, letters(rng, 40)),
        "a token of nobody": signed_again(mine.token, DEPLOYED.jwt_secret, sub="7777"),
        "no token at all": letters(rng, 20),
    }
    for how, token in bad.items():
        matrix(f"With {how}", mine.payslip(app, token=token), 401)
    matrix.same("Minutes that a token lasts", round(minutes_left(mine.token)), 90)


@check("k4", kind="keep", title="Development starts without any other variable", limit=STARTS_S)
def bare_development(app, rng):
    started = app.starts({**DEVELOPMENT, "DATABASE_URL": None})
    assert started, "In development, the service did not start without other variables."
    person = hired(app, rng, office=True)
    slip = wants(person.payslip(app), 200)
    assert slip["currency"] == "EUR", "Without CURRENCY, a payslip was not in EUR."
    assert abs(minutes_left(person.token) - 480) < 1, (
        "Without TOKEN_MINUTES, a token was not valid for 480 minutes."
    )
    wants(person.client(app).get("/payouts/2026-10/file"), 503)


@check(
    "k5",
    kind="keep",
    title="In development, the page of settings shows what is no secret",
    limit=STARTS_S,
)
def page_in_development(app, rng, vault):
    minutes, currency = rng.randrange(30, 300), rng.choice(["SEK", "PLN", "CZK"])
    told = {"TOKEN_MINUTES": str(minutes), "CURRENCY": currency}
    app.crash({**DEVELOPMENT, **vault.env, **told, "DEBUG": "false"})
    shown = wants(app.get("/debug/config"), 200)
    assert shown["environment"] == "development", "The page of settings showed another environment."
    assert (shown["currency"], shown["token_minutes"]) == (currency, minutes), (
        "The page of settings did not show CURRENCY and TOKEN_MINUTES as they were set."
    )


@check(
    "k6", kind="keep", title="With DEBUG on, the log tells how a payslip came about", limit=STARTS_S
)
def debug_on(app, rng):
    for environment, on in (("development", "true"), ("production", "1")):
        app.crash({"ENVIRONMENT": environment, "DEBUG": on})
        person = hired(app, rng)
        wants(person.payslip(app), 200)
        assert figures_in(app.log, person), (
            f"In {environment}, DEBUG was {on}, and the log told nothing of a payslip's figures."
        )
        if environment == "development":
            shown = wants(app.get("/debug/config"), 200)["debug"]
            assert shown is True, f"DEBUG was {on}, and the page of settings did not show it as on."


def figures_in(log, person):
    """Whether a log tells the net salary of somebody, which is like nobody else's."""
    return str(expected(person.gross)["net_cents"]) in log


# F1: no start with a secret that others know


@check(
    "c1",
    finding="F1",
    title="Without a secret, staging and production refuse to start",
    limit=STARTS_S,
)
def no_secret(app, vault, matrix, evidence):
    for environment in ("staging", "production"):
        env = {"ENVIRONMENT": environment, **vault.env, "JWT_SECRET": None}
        if not refusal(app, matrix, f"{environment}, without JWT_SECRET", env):
            evidence(
                f"Without JWT_SECRET, the service started in {environment}.",
                environment=environment,
            )


def refusal(app, matrix, case, env):
    """Whether the service refuses to start, and then its log names the secret."""
    started, log = start_log(app, env)
    matrix.same(f"{case}: it started", started, False)
    if not started:
        named = "jwt_secret" in log.lower()
        matrix.same(f"{case}: the log of the refused start named JWT_SECRET", named, True)
    return not started


@check(
    "c2",
    finding="F1",
    title="With a short or a published secret, staging and production refuse to start",
    limit=STARTS_S,
)
def weak_secret(app, rng, vault, matrix):
    for environment, how, value in (
        ("production", "of 31 characters", letters(rng, 31)),
        ("staging", "of 8 characters", letters(rng, 8)),
        ("production", "that is published", PUBLISHED),
        ("staging", "that is empty", ""),
    ):
        env = {"ENVIRONMENT": environment, **vault.env, "JWT_SECRET": value}
        refusal(app, matrix, f"{environment}, a secret {how}", env)


@check(
    "c3",
    finding="F1",
    title="A token signed with the published value opens nothing outside development",
    limit=STARTS_S,
)
def forged(app, rng, vault, matrix, evidence):
    office = hired(app, rng, office=True)
    reply = office.payslip(app, token=signed_again(office.token, PUBLISHED))
    matrix("With a secret of its own, a token signed with the published value", reply, 401)
    if app.starts({**vault.env, "JWT_SECRET": None}):
        office = hired(app, rng, office=True)
        reply = office.payslip(app, token=signed_again(office.token, PUBLISHED))
        matrix("Without a secret, a token signed with the published value", reply, 401)
    if reply.ok:
        evidence(
            "In production, the head of personnel's payslip was asked for with a token that had"
            f" been signed with the published value: the service {reply.answered}.",
            status=reply.status,
        )


@check(
    "g1",
    kind="guard",
    finding="F1",
    title="With a secret of its own, each environment starts and serves",
    limit=STARTS_S,
)
def right_secret(app, rng, vault, matrix):
    for environment, how, more in (
        ("staging", "a secret of 32 characters", {}),
        ("production", "a long secret, and without BANK_KEY", {"JWT_SECRET": letters(rng, 64)}),
    ):
        bank = {"BANK_KEY": vault.bank_key if environment == "staging" else None}
        started = app.starts({"ENVIRONMENT": environment, **vault.env, **bank, **more})
        matrix.same(f"{environment}, with {how}: it started", started, True)
        if started:
            matrix(f"{environment}: a payslip", hired(app, rng).payslip(app), 200)


@check(
    "g2",
    kind="guard",
    finding="F1",
    title="A token outlives a restart, but not a new secret",
    limit=STARTS_S,
)
def outlives(app, rng, vault, matrix):
    person = hired(app, rng)
    app.crash({"JWT_SECRET": vault.jwt_secret})
    matrix("Production, a token after the secret was changed", person.payslip(app), 401)
    app.crash()
    matrix("Production, a token after a restart", person.payslip(app), 200)
    app.crash(DEVELOPMENT)
    person = hired(app, rng)
    app.restart(DEVELOPMENT)
    matrix("Development, a token after a restart", person.payslip(app), 200)


# F2: the page of settings


@check("c4", finding="F2", title="Outside development, nobody reads the settings", limit=STARTS_S)
def page_outside(app, rng, matrix, evidence):
    for environment, debug in (("production", "false"), ("production", "true"), ("staging", "0")):
        if (environment, debug) != ("production", "false"):
            app.crash({"ENVIRONMENT": environment, "DEBUG": debug})
        office = hired(app, rng, office=True)
        for who, client in (("nobody in particular", app), ("the office", office.client(app))):
            reply = client.get("/debug/config")
            told = DEPLOYED.told(reply.text)
            matrix(f"{environment}, DEBUG {debug}, asked by {who}", reply, 401, 403, 404)
            matrix.same("Secrets in that answer", told, [])
            if reply.ok:
                evidence(
                    f"In {environment}, GET /debug/config was asked for by {who}: it"
                    f" {reply.answered} and showed {len(told)} of 2 secrets.",
                    environment=environment,
                    status=reply.status,
                    shown=len(told),
                )


@check(
    "c8",
    finding="F2",
    title="In development, the page of settings keeps the secrets",
    limit=STARTS_S,
)
def page_keeps(app, vault, matrix):
    app.crash({**DEVELOPMENT, **vault.env, "DEBUG": "true"})
    for path in ("/debug/config", "/openapi.json"):
        told = vault.told(app.get(path).text)
        matrix.same(f"Secrets in the answer of GET {path}", told, [])


# F3: the log


@check(
    "c5",
    finding="F3",
    title="Neither a start nor a request writes a secret to the log",
    limit=STARTS_S,
)
def log_keeps(app, rng, vault, matrix, evidence):
    for environment, debug in (("development", "true"), ("staging", "false")):
        _, log = start_log(app, {"ENVIRONMENT": environment, **vault.env, "DEBUG": debug})
        told = vault.told(log)
        matrix.same(f"{environment}, DEBUG {debug}: secrets in the log of a start", told, [])
        if told:
            names = " and ".join(told)
            evidence(f"A start in {environment} wrote the value of {names} to the log.", told=names)
        before = len(app.log)
        office = hired(app, rng, office=True)
        office.payslip(app)
        office.payslip(app, token=signed_again(office.token, letters(rng, 32)))
        office.client(app).get("/payouts/2026-10/file")
        log = app.log[before:]
        matrix.same(f"{environment}: secrets in the log of requests", vault.told(log), [])
    matrix.same("Production: secrets in the log", DEPLOYED.told(app.log), [])


@check(
    "c9", finding="F3", title="A refused start keeps the refused value to itself", limit=STARTS_S
)
def refusal_keeps(app, rng, matrix):
    for environment, number in (("staging", 12), ("production", rng.randrange(16, 31))):
        weak = Vault(letters(rng, number), letters(rng, 40))
        _, log = start_log(app, {"ENVIRONMENT": environment, **weak.env})
        case = f"{environment}, a secret of {number} characters"
        matrix.same(f"{case}: secrets in the log of that start", weak.told(log), [])


# F4: a switch that can be off


@check("c6", finding="F4", title="DEBUG set to false or 0 is off", limit=STARTS_S)
def debug_off(app, rng, matrix, evidence):
    for environment, off in (("production", "false"), ("staging", "0"), ("development", None)):
        if environment != "production":
            app.crash({"ENVIRONMENT": environment, "DEBUG": off})
        person = hired(app, rng)
        wants(person.payslip(app), 200)
        told = figures_in(app.log, person)
        how = f"set to {off}" if off else "not set"
        matrix.same(f"{environment}, DEBUG {how}: figures in the log", told, False)
        if told:
            evidence(
                f"In {environment}, with DEBUG {how}, the log told the figures of a payslip.",
                how=how,
            )
        page = app.get("/debug/config")
        if environment == "development" and page.ok:
            matrix.same(f"DEBUG {how}, on the page of settings", page["debug"], False)


# F5: errors


@check(
    "c7",
    finding="F5",
    title="An unexpected error tells its caller nothing of the inside",
    limit=STARTS_S,
)
def errors_tell_nothing(app, rng, outside, matrix, evidence):
    for environment, debug in (("production", "false"), ("staging", "true")):
        if environment != "production":
            app.crash({"ENVIRONMENT": environment, "DEBUG": debug})
        office = hired(app, rng, office=True)
        body = {"employee_id": office.id, "month": "2027-05"}
        outside.fail_commits(1)
        failing = office.client(app).post("/payouts", json=body)
        beyond = office.client(app).get(f"/employees/{rng.randrange(10**20, 10**21)}/payslip")
        case = f"{environment}, DEBUG {debug}"
        matrix(f"{case}, a payout while the database failed", failing, 500, 503)
        for what, reply in (("a failing database", failing), ("a number beyond all sense", beyond)):
            inside = [word for word in INSIDE if word in reply.text]
            matrix.same(f"{case}, {what}: what the answer told of the inside", inside, [])
            if inside:
                places = reply.text.count("File ")
                evidence(
                    f"In {environment}, {what} {reply.answered}, with {places} places of the"
                    " source in the body.",
                    status=reply.status,
                    places=places,
                )
