"""Kata cathedral: are the rules kept, and is there less to read?

The measures of the code stand in the brief. They are taken from whatever `app/main.py` imports, in
every arrangement of the files; behaviour is asked for wherever it can tell.
"""

import ast
import re
from collections import deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from kit import check, seed, wants

DONE = (200, 201)
BAD = (400, 422)
DAY = 86_400
MOST_CLASSES, MOST_PORTS, MOST_FORWARDS, MOST_CALLS, MOST_LINES, MOST_BRANCHES = 19, 1, 2, 3, 40, 10


@dataclass
class Garage:
    """Six tools, nothing lent."""

    ids: list[int]
    names: list[str]
    codes: list[str]
    deposits: list[int]
    absent: int
    today: date | None = None


def member(rng):
    return f"{rng.choice(['ana', 'ben', 'cleo', 'dov', 'eva'])}-{rng.randrange(10**5)}"


def partners(outside):
    """Partners that answer, and noon by the library's clock; gives that day."""

    def hold(member, cents):
        return f"ref-{member}-{cents}"

    outside.answers(hold_deposit=hold, release_deposit=lambda **_: None, send_mail=lambda **_: None)
    now = datetime.now(UTC)
    noon = now.replace(hour=12, minute=0, second=0) + timedelta(days=now.hour >= 12)
    outside.move_clock((noon - now).total_seconds())
    return noon.date()


@seed
def tools(app, rng, outside):
    partners(outside)
    names = [f"{kind} {rng.randrange(100, 999)}" for kind in ("Drill", "Saw", "Ladder") * 2]
    codes = [f"{n}-{rng.randrange(10**6)}" for n in range(6)]
    deposits = [rng.randrange(20, 90) * 100 for _ in names]
    ids = [
        wants(app.post("/tools", json=body(code, name, cents)), 201)["id"]
        for code, name, cents in zip(codes, names, deposits, strict=True)
    ]
    return Garage(ids, names, codes, deposits, rng.randrange(20_000, 60_000))


def body(code, name, cents):
    return {"code": code, "name": name, "deposit_cents": cents}


@pytest.fixture
def garage(seeded, outside):
    """What the seed made, with partners that answer, at noon."""
    seeded.today = partners(outside)
    return seeded


def lend(app, garage, tool, who):
    return wants(app.post("/loans", json={"tool_id": garage.ids[tool], "member": who}), 201).json


def give_back(app, loan):
    return app.post(f"/loans/{loan['id']}/return")


def held(app, who):
    """The tools that a member has."""
    return {loan["tool_id"] for loan in wants(app.get(f"/members/{who}/loans"), 200).json}


def free(app):
    return {tool["id"] for tool in wants(app.get("/tools", params={"free": "true"}), 200).json}


def loans_of(app, who):
    return app.database().one("select count(*) from loan where member = ?", who)


def released(outside):
    return [(r.args["reference"], r.args["cents"]) for r in outside.calls("release_deposit")]


# What the street lives by


@check("k1", kind="keep", title="A late tool costs 50 cents a day, out of its deposit")
def late_fee(app, rng, outside, garage):
    many = rng.randrange(3, 20)
    days = {0: 3, 1: 7, 2: 8, 3: 8 + many, 4: 7 + garage.deposits[4] // 50 + many}
    loans = {tool: lend(app, garage, tool, member(rng)) for tool in days}
    passed = 0
    for tool, after in days.items():
        outside.move_clock((after - passed) * DAY)
        passed = after
        late = max(after - 7, 0)
        deposit = garage.deposits[tool]
        fee = min(late * 50, deposit)
        told = wants(give_back(app, loans[tool]), 200)
        assert told["fee_cents"] == fee, (
            f"A tool that was {late} days late cost {told['fee_cents']} cents; {fee} were due."
        )
        assert told["refund_cents"] == deposit - fee, "The refund was not the rest of the deposit."
        given = released(outside)[-1]
        assert given == (f"ref-{loans[tool]['member']}-{deposit}", deposit - fee), (
            "The card company was asked to release another deposit or another sum."
        )


@check(
    "k2", kind="keep", title="A member has two tools at most, and a tool is with one member"
)
def limits(app, rng, garage, outside):
    ann, bob = member(rng), member(rng)
    first, _ = lend(app, garage, 0, ann), lend(app, garage, 1, ann)
    third = {"tool_id": garage.ids[2], "member": ann}
    wants(app.post("/loans", json=third), 409)
    assert loans_of(app, ann) == 2, "A member who had two tools got a third."
    wants(app.post("/loans", json={"tool_id": garage.ids[0], "member": bob}), 409)
    assert not loans_of(app, bob), "A tool was lent to two members."
    blocked = len(outside.calls("hold_deposit")) - len(outside.calls("release_deposit"))
    assert blocked == 2, f"Two loans were made and two refused: {blocked} deposits were blocked."
    wants(give_back(app, first), 200)
    wants(give_back(app, first), 409)
    lend(app, garage, 0, bob)
    lend(app, garage, 2, ann)


@check("k3", kind="keep", title="Every member with a late tool is mailed")
def mailed(app, rng, outside, garage):
    ann, bob, cleo = member(rng), member(rng), member(rng)
    lend(app, garage, 0, ann)
    lend(app, garage, 1, ann)
    back = lend(app, garage, 2, cleo)
    late = rng.randrange(2, 9)
    outside.move_clock(late * DAY)
    lend(app, garage, 3, bob)
    outside.move_clock(7 * DAY)
    wants(give_back(app, back), 200)
    told = wants(app.post("/reminders"), 200)
    mails = sorted(
        (r.args["to"], r.args["tool"], r.args["days"]) for r in outside.calls("send_mail")
    )
    expected = sorted((ann, garage.names[tool], late) for tool in (0, 1))
    assert mails == expected, (
        f"Two tools were {late} days late and one was due that day; {len(mails)} mails were sent,"
        f" {len(set(mails) & set(expected))} of them with the right name, tool and days."
    )
    assert told["sent"] == len(mails), "The answer told of another number of mails than were sent."


@check("k4", kind="keep", title="A loan lasts seven days and holds the tool's deposit")
def deposit_held(app, rng, outside, garage):
    ann = member(rng)
    loan = lend(app, garage, 0, ann)
    lent, due = (date.fromisoformat(loan[name]) for name in ("lent_on", "due_on"))
    assert lent == garage.today, "A loan did not begin on the day of the library's clock."
    assert due - lent == timedelta(7), "A loan did not last seven days."
    assert (loan["tool_id"], loan["member"]) == (garage.ids[0], ann), (
        "The answer told of another tool or another member."
    )
    assert loan["returned_on"] is None, "A new loan was told as returned."
    calls = [(r.args["member"], r.args["cents"]) for r in outside.calls("hold_deposit")]
    assert calls == [(ann, garage.deposits[0])], (
        f"For one loan, {len(calls)} deposits were asked for, or one of another sum."
    )
    outside.move_clock(40 * DAY)
    later = lend(app, garage, 1, ann)
    assert date.fromisoformat(later["lent_on"]) - lent == timedelta(40), (
        "A loan did not begin on the day of the library's clock."
    )


@check("k5", kind="keep", title="Tools are listed, found and changed")
def tools_kept(app, rng, garage):
    listed = wants(app.get("/tools"), 200).json
    assert {tool["id"] for tool in listed} == set(garage.ids), "The list did not hold every tool."
    loan = lend(app, garage, 1, member(rng))
    assert free(app) == set(garage.ids) - {garage.ids[1]}, (
        "The list of free tools did not hold all but the one that was lent."
    )
    wants(give_back(app, loan), 200)
    assert free(app) == set(garage.ids), "A tool that came back was not in the list of free tools."
    path = f"/tools/{garage.ids[0]}"
    change = {"name": f"Chisel {rng.randrange(99)}", "notes": f"sharp {rng.randrange(99)}"}
    told = wants(app.patch(path, json=change), 200)
    assert told["updated"] is True, "A change was not told as made."
    shown = wants(app.get(path), 200).json
    expected = {"id": garage.ids[0], **body(garage.codes[0], None, garage.deposits[0]), **change}
    assert shown == expected, "After a change of name and notes, a tool showed something else."
    for name, value in (("name", ""), ("code", "c" * 21), ("code", None)):
        wants(app.patch(path, json={name: value}), *BAD)
    wants(app.post("/tools", json=body(garage.codes[0], "Second", 0)), 409)
    for wrong in (
        {"deposit_cents": -1},
        {"deposit_cents": 50_001},
        {"name": "n" * 81},
        {"code": "c" * 21},
    ):
        wants(app.post("/tools", json={**body("x", "y", 5), **wrong}), *BAD)
    wants(app.post("/tools", json=body("c" * 20, "n" * 80, 50_000)), 201)
    wants(app.get(f"/tools/{garage.absent}"), 404)


@check("k6", kind="keep", title="Loans and lists are those of the member who asks")
def own_loans(app, rng, garage):
    ann, bob = member(rng), member(rng)
    back = lend(app, garage, 0, ann)
    lend(app, garage, 1, ann)
    lend(app, garage, 2, bob)
    wants(give_back(app, back), 200)
    for who, tool in ((ann, 1), (bob, 2)):
        assert held(app, who) == {garage.ids[tool]}, (
            "A member's list did not hold exactly the one tool that the member has."
        )
    assert held(app, member(rng)) == set(), "Somebody without a tool had one in the list."
    wants(app.post("/loans", json={"tool_id": garage.absent, "member": bob}), 404)
    wants(app.post("/loans", json={"tool_id": garage.ids[3], "member": ""}), *BAD)
    wants(app.post(f"/loans/{garage.absent}/return"), 404)


# F1: the code


class Code:
    """What `app/main.py` reaches by imports, and what can be counted in it."""

    def __init__(self, source):
        self.trees = {}
        waiting = ["app.main"]
        while waiting:
            name = waiting.pop()
            file = next((f for f in files_of(name) if f in source.files), None)
            if name in self.trees or file is None or file.endswith("outside.py"):
                continue
            tree = source.tree(file)
            assert tree is not None, f"{file} could not be parsed."
            self.trees[name] = tree
            waiting += imported(name, tree)
        nodes = [node for tree in self.trees.values() for node in ast.walk(tree)]
        self.classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
        self.functions = [node for node in nodes if isinstance(node, FUNCTION)]
        self.by_name = {}
        for function in self.functions:
            self.by_name.setdefault(function.name, []).append(function)

    @property
    def routes(self):
        return [f for f in self.functions if any(is_route(d) for d in f.decorator_list)]


FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
VERBS = {"get", "post", "put", "patch", "delete", "api_route", "head", "options"}
SQL = {"exec", "execute", "scalars", "scalar", "query", "get_one", "commit", "flush", "refresh"}
ABSTRACT = {"ABC", "ABCMeta", "Protocol", "Generic"}


def files_of(module):
    path = module.replace(".", "/")
    return f"{path}.py", f"{path}/__init__.py"


def imported(name, tree):
    """Modules that a module may import; names of functions among them do no harm."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = name.split(".")[: -node.level] if node.level else []
            base = ".".join([*package, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def is_route(decorator):
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(call, ast.Attribute) and call.attr in VERBS


def last_name(node):
    """`b` of `a.b`, `a` of `a[...]`, the name itself."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def statements(function):
    """The body without a docstring."""
    first = function.body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.body[1:] if is_text and isinstance(first.value.value, str) else function.body


def is_stub(function):
    """Whether a function has no body of its own: it is there to be overridden."""
    for node in statements(function):
        bare = isinstance(node, ast.Pass)
        dots = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        raised = getattr(node, "exc", None) if isinstance(node, ast.Raise) else None
        error = last_name(raised.func if isinstance(raised, ast.Call) else raised)
        if not (bare or dots or error == "NotImplementedError"):
            return False
    return True


def lonely_abstractions(code):
    """Base classes that exist to be implemented, and are not by two."""
    names = {node.name for node in code.classes}
    children = {name: set() for name in names}
    for node in code.classes:
        for base in node.bases:
            children.get(last_name(base), set()).add(node.name)
    lonely = []
    for node in code.classes:
        bases = {last_name(base) for base in (*node.bases, *(k.value for k in node.keywords))}
        stubs = [f for f in node.body if isinstance(f, FUNCTION) and is_stub(f)]
        if (bases & ABSTRACT or stubs) and len(children[node.name]) < 2:
            lonely.append(node.name)
    return lonely


def forwards(code):
    """Functions, routes aside, that only pass on their own arguments."""
    routes = {id(function) for function in code.routes}
    return [f.name for f in code.functions if id(f) not in routes and passes_on(code, f)]


def passes_on(code, function):
    body = statements(function)
    value = getattr(body[0], "value", None) if len(body) == 1 else None
    if isinstance(value, ast.Await):
        value = value.value
    if not isinstance(value, ast.Call) or not isinstance(value.func, (ast.Attribute, ast.Name)):
        return False
    named = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    own = [name for name in (*named, *(a.arg for a in function.args.kwonlyargs)) if name]
    is_method = own[:1] in (["self"], ["cls"])
    own = own[1:] if is_method else own
    given = [*value.args, *(keyword.value for keyword in value.keywords)]
    names = [node.id for node in given if isinstance(node, ast.Name)]
    known = last_name(value.func) in {*code.by_name, *PARTNERS}
    return known and len(names) == len(given) and names == own and bool(own or is_method)


PARTNERS = {"hold_deposit", "release_deposit", "send_mail", "today", "now"}


def asks_database(function):
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value).lower()
            reads = node.func.attr == "get" and re.search("session|db", owner)
            if reads or node.func.attr in SQL:
                return True
    return False


def calls_to_query(code, route):
    """How many functions the shortest way from a route to a query has; None without a way."""
    waiting, seen = deque([(route, 1)]), {id(route)}
    while waiting:
        function, length = waiting.popleft()
        if asks_database(function):
            return length
        for node in ast.walk(function):
            if not isinstance(node, ast.Call):
                continue
            for callee in code.by_name.get(last_name(node.func), []):
                if id(callee) not in seen:
                    seen.add(id(callee))
                    waiting.append((callee, length + 1))
    return None


@check("c1", finding="F1", title="The code holds to the measures that were agreed")
def measures(source, matrix, evidence):
    code = Code(source)
    lonely, passing = lonely_abstractions(code), forwards(code)
    far = [r.name for r in code.routes if (calls_to_query(code, r) or 0) > MOST_CALLS]
    for label, got, most in (
        ("Classes", len(code.classes), MOST_CLASSES),
        ("Base classes with fewer than two implementations", len(lonely), MOST_PORTS),
        ("Functions that only pass on their arguments", len(passing), MOST_FORWARDS),
        (f"Routes with more than {MOST_CALLS} functions on the way to a query", len(far), 0),
    ):
        matrix.same(f"{label}, above the agreed {most}", max(got - most, 0), 0)
    if len(code.classes) > MOST_CLASSES or len(lonely) > MOST_PORTS or len(passing) > MOST_FORWARDS:
        facts = {"classes": len(code.classes), "lonely": len(lonely), "passing": len(passing)}
        named = [*lonely[:3], *passing[:3]] or ["the models"]
        evidence(f"Counted among others: {', '.join(named)}.", **facts)


@check("g1", kind="guard", finding="F1", title="No function does everything")
def crammed(source, matrix, evidence):
    code = Code(source)
    for function in code.functions:
        lines, branches = length(function), 1 + sum(weight(node) for node in own_nodes(function))
        for what, got, most in (
            ("lines", lines, MOST_LINES),
            ("branches", branches, MOST_BRANCHES),
        ):
            label = f"{what.title()} of {function.name}, above the agreed {most}"
            matrix.same(label, max(got - most, 0), 0)
    assert code.functions, "The application has no functions."


def length(function):
    """Lines of a function without its docstring and without the functions inside it."""
    first = statements(function)[0]
    inner = [node for node in own_nodes(function) if isinstance(node, FUNCTION)]
    whole = function.end_lineno - first.lineno + 1
    return whole - sum(node.end_lineno - node.lineno + 1 for node in inner)


def own_nodes(function):
    """The nodes of a function, with the heads of inner functions but not their bodies."""
    waiting = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, FUNCTION):
            waiting += ast.iter_child_nodes(node)


def weight(node):
    """How many more ways through a function there are because of a node."""
    branching = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.IfExp)
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    return int(isinstance(node, (*branching, ast.comprehension, ast.match_case)))


DESCRIBED = {
    "POST /tools": ("", "code name notes deposit_cents", "201 code name notes deposit_cents id"),
    "GET /tools": ("free", "", "200 code name notes deposit_cents id"),
    "GET /tools/{}": ("path", "", "200 code name notes deposit_cents id"),
    "PATCH /tools/{}": ("path", "code name notes", "200 updated"),
    "POST /loans": ("", "tool_id member", "201 tool_id member id lent_on due_on returned_on"),
    "GET /loans/overdue": ("", "", "200 tool_id member id lent_on due_on returned_on"),
    "POST /loans/{}/return": ("path", "", "200 fee_cents refund_cents"),
    "GET /members/{}/loans": ("path", "", "200 tool_id member id lent_on due_on returned_on"),
    "POST /reminders": ("", "", "200 sent"),
}


@check("g2", kind="guard", finding="F1", title="The description of the service is the same")
def described(app, matrix):
    description = app.openapi
    found = {}
    for path, item in description["paths"].items():
        for method, route in item.items():
            if method in VERBS:
                key = f"{method.upper()} {re.sub('{[^}]*}', '{}', path)}"
                found[key] = told_of(description, route)
    matrix.same("Addresses in the description", sorted(found), sorted(DESCRIBED))
    for key, (parameters, sent, answer) in DESCRIBED.items():
        if key in found:
            expected = (parameters, sorted(sent.split()), sorted(answer.split()))
            for what, got, wanted in zip(PARTS, found[key], expected, strict=True):
                matrix.same(f"{key}, its {what}", got, wanted)


PARTS = ("parameters", "body", "answer")


def told_of(description, route):
    """Parameters, fields of the body, status and fields of the answer."""
    parameters = [
        "path" if parameter["in"] == "path" else parameter["name"]
        for parameter in route.get("parameters", [])
    ]
    status = next((code for code in route["responses"] if code.startswith("2")), "")
    sent = fields(description, route.get("requestBody", {}))
    answer = fields(description, route["responses"].get(status, {}))
    return " ".join(parameters), sorted(sent), sorted([status, *answer])


def fields(description, part):
    schema = part.get("content", {}).get("application/json", {}).get("schema", {})
    schema = schema.get("items", schema)
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        schema = description["components"]["schemas"][name]
    return list(schema.get("properties", {}))


# F2: failures


@check("c2", finding="F2", title="A change of a tool is refused where it cannot be made")
def change_refused(app, rng, garage, matrix, evidence):
    taken = app.patch(f"/tools/{garage.ids[0]}", json={"code": garage.codes[1], "notes": "n"})
    nowhere = app.patch(f"/tools/{garage.absent}", json={"name": f"Plane {rng.randrange(99)}"})
    evidence(
        "A tool was given the code of another one, and a tool that never was got a name.",
        taken=taken.status,
        nowhere=nowhere.status,
    )
    matrix("A change to a code that another tool has", taken, 409)
    matrix("A change of a tool that does not exist", nowhere, 404)
    shown = wants(app.get(f"/tools/{garage.ids[0]}"), 200)
    matrix.same("The code, after the refused change", shown["code"], garage.codes[0])
    matrix.same("The notes, after the refused change", shown["notes"], "")
    same = app.patch(f"/tools/{garage.ids[0]}", json={"code": garage.codes[0]})
    matrix("A change to the code that the tool has already", same, 200)


@check("c8", finding="F2", title="A failing database is not told as success")
def storage_fault(app, rng, outside, garage, matrix):
    loan = lend(app, garage, 2, member(rng))
    for what, method, path, sent in (
        ("A change", "PATCH", f"/tools/{garage.ids[0]}", {"notes": "later"}),
        ("A return", "POST", f"/loans/{loan['id']}/return", None),
    ):
        outside.fail_commits(1)
        reply = app.request(method, path, json=sent)
        told = "as a fault" if reply.status >= 500 else f"with {reply.status}"
        matrix.same(f"{what} that the database failed to store, told", told, "as a fault")


# F3: rows


@check("c3", finding="F3", title="The database chooses the rows")
def rows_chosen(app, rng, outside, garage, matrix, evidence):
    who = member(rng)
    lend(app, garage, 0, who)
    few = asked(app, garage, who, 1)
    for tool in (2, 3, 4):
        wants(give_back(app, lend(app, garage, tool, member(rng))), 200)
    lend(app, garage, 4, member(rng))
    many = asked(app, garage, who, 3)
    whole = []
    for what, reply in many.items():
        selects = [" ".join(text.lower().split()) for text in reply.sql if reads_table(text)]
        assert reply.sql, f"No statement of {reply.what} was seen."
        personal = what != "The list of free tools"
        loose = [text for text in selects if not narrowed(text, personal=personal)]
        matrix.same(f"{what}, queries that read a whole table", len(loose), 0)
        count, before = len(reply.sql), len(few[what].sql)
        matrix.same(f"{what}, more statements with more loans", max(count - before, 0), 0)
        if loose:
            whole.append(what)
    if whole:
        evidence(
            f"The statements of {len(whole)} of {len(many)} requests named no rows.",
            whole=", ".join(whole).lower(),
        )


def asked(app, garage, who, tool):
    replies = {
        "A member's list": app.get(f"/members/{who}/loans"),
        "The list of free tools": app.get("/tools", params={"free": "true"}),
        "A loan": app.post("/loans", json={"tool_id": garage.ids[tool], "member": f"{who}-{tool}"}),
    }
    for reply in replies.values():
        wants(reply, *DONE)
    return replies


def reads_table(text):
    return re.match(r"\s*(select|with)\b", text, re.IGNORECASE) and "from " in text.lower()


def narrowed(text, personal):
    """Whether a query says which rows it wants; for one member or tool, by a bound value."""
    condition = " ".join(re.split(r" where | having ", text)[1:])
    return bool(condition) and (not personal or bool(re.search(r"\?|:\w+|%\(", condition)))


# F4: together or not at all


@check("c4", finding="F4", title="Without a deposit there is no loan")
def declined(app, rng, outside, garage, matrix, evidence):
    ann, tool = member(rng), garage.ids[0]
    outside.set("hold_deposit", fail=True)
    reply = app.post("/loans", json={"tool_id": tool, "member": ann})
    stored = loans_of(app, ann)
    evidence(
        f"A deposit was declined, and the loan {reply.answered}.",
        status=reply.status,
        stored="stored" if stored else "not stored",
    )
    matrix("A loan whose deposit was declined", reply, 502)
    matrix.same("Loans without a deposit", stored, 0)
    matrix.same("Tools missing after it in the list of free ones", int(tool not in free(app)), 0)
    outside.set("hold_deposit", fail=False)
    again = app.post("/loans", json={"tool_id": tool, "member": member(rng)})
    matrix("A loan of the same tool to the next member", again, 201)


@check("c9", finding="F4", title="A return counts once the deposit is settled")
def not_settled(app, rng, outside, garage, matrix, evidence):
    ann = member(rng)
    loan = lend(app, garage, 0, ann)
    outside.set("release_deposit", fail=True)
    reply = give_back(app, loan)
    stands = "open" if garage.ids[0] in held(app, ann) else "closed"
    evidence(
        f"A deposit could not be released, the return {reply.answered} and the loan was {stands}.",
        stands=stands,
    )
    matrix("A return whose deposit could not be released", reply, 502)
    matrix.same("The loan after it", stands, "open")
    outside.set("release_deposit", fail=False)
    matrix("The return, tried again", give_back(app, loan), 200)
    missing = len(garage.ids) - len(free(app))
    matrix.same("Tools missing after it in the list of free ones", missing, 0)


@check("g3", kind="guard", finding="F4", title="A loan that could not be stored does not exist")
def not_stored(app, rng, outside, garage):
    ann = member(rng)
    outside.fail_commits(1)
    reply = app.post("/loans", json={"tool_id": garage.ids[0], "member": ann})
    assert reply.status >= 500, (
        f"The database failed while a loan was stored, and the service {reply.answered}."
    )
    assert not loans_of(app, ann), "A loan that failed was stored all the same."
    lend(app, garage, 0, member(rng))


# F5: names


@check(
    "c5", finding="F5", title="Every address answers, and none hangs on the spelling of a name"
)
def every_address(app, rng, outside, garage, source, matrix, evidence):
    ann, bob = member(rng), member(rng)
    lend(app, garage, 0, ann)
    back = lend(app, garage, 2, bob)
    outside.move_clock(7 * DAY)
    wants(give_back(app, lend(app, garage, 3, bob)), 200)
    lend(app, garage, 1, bob)
    reply = app.get("/loans/overdue")
    matrix("The list of late loans, on the last day", reply, 200)
    matrix.same("Late loans on the last day", listed(reply), [])
    outside.move_clock(DAY)
    wants(give_back(app, back), 200)
    reply = app.get("/loans/overdue")
    matrix("The list of late loans", reply, 200)
    matrix.same("The tools on it", listed(reply), [garage.ids[0]])
    found = by_name(Code(source))
    matrix.same("Functions that choose what to call by a text", ", ".join(found), "")
    evidence(
        "The list of late loans was asked for.",
        status=reply.status,
        found=", ".join(found) or "nothing",
    )


def listed(reply):
    return [loan["tool_id"] for loan in reply.json] if reply.ok else "no list"


def by_name(code):
    """Functions that look up by a text what they call: `parts[name](...)`, `getattr(x, n)()`."""
    found = []
    for function in code.functions:
        arguments = (*function.args.args, *function.args.kwonlyargs)
        texts = {a.arg for a in arguments if a.annotation and ast.unparse(a.annotation) == "str"}
        looked_up = {
            node.targets[0].id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and is_lookup(node.value, texts)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and (
                is_lookup(node.func, texts)
                or (isinstance(node.func, ast.Name) and node.func.id in looked_up)
                or last_name(node.func) in ("import_module", "__import__")
            ):
                found.append(function.name)
                break
    return sorted(set(found))


def is_lookup(node, texts):
    if isinstance(node, ast.Subscript):
        return is_text(node.slice, texts)
    if isinstance(node, ast.Call) and last_name(node.func) == "getattr":
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        environ = "environ" in ast.unparse(node.func.value)
        return node.func.attr == "get" and not environ and any(is_text(a, texts) for a in node.args)
    return False


def is_text(node, texts):
    constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return constant or (isinstance(node, ast.Name) and node.id in texts)


# F6: notes


@check("c6", finding="F6", title="Notes come back as they were written")
def notes_kept(app, rng, garage, matrix, evidence):
    written = f"switch {rng.randrange(10**6)} sticks"
    made = app.post("/tools", json={**body(f"n-{rng.randrange(99)}", "Lamp", 0), "notes": written})
    matrix("A new tool with notes", made, 201)
    shown = wants(app.get(f"/tools/{made['id']}"), 200)
    same = "kept" if shown["notes"] == written else "lost"
    evidence(f"A tool was added with a note; read again, the note was {same}.", same=same)
    matrix.same("The notes of a new tool, as it was told", made["notes"], written)
    matrix.same("The notes of a new tool, read again", shown["notes"], written)
    listed = [tool["notes"] for tool in wants(app.get("/tools"), 200).json]
    matrix.same("Tools with these notes in the list", listed.count(written), 1)
    wants(app.patch(f"/tools/{made['id']}", json={"notes": ""}), 200)
    emptied = wants(app.get(f"/tools/{made['id']}"), 200)["notes"]
    matrix.same("The notes, after they were taken out", emptied, "")
