"""Mutants: each operator makes its mistake where it can be made, and nowhere else."""

import ast
from pathlib import Path
from textwrap import dedent

import pytest
from grader_factories import MANIFEST, tiny_kata

from grader.authoring.mutants import OPERATORS, Mutant, mutants_of, spread
from grader.kata import bundled_katas, load_catalogue

CASES = {
    "dependency": (
        """
        Admin = Annotated[User, Depends(admin)]

        @app.get("/a", dependencies=[Depends(one), Depends(two)])
        def a(me: Admin, session: Annotated[Session, Depends(db)]):
            return session.get(Thing, 1)
        """,
        {
            '@app.get("/a", dependencies=[Depends(two)])',
            '@app.get("/a", dependencies=[Depends(one)])',
            "def a(session: Annotated[Session, Depends(db)]):",
        },
    ),
    "response-model": (
        """
        class Card(SQLModel, table=True): pass
        class CardOut(SQLModel): pass

        @app.get("/a", response_model=CardOut)
        def a() -> Card:
            return found()

        @app.get("/b")
        def b() -> CardOut:
            return found()

        @app.get("/c")
        def c() -> Card:
            return found()

        @app.get("/d")
        def d() -> CardOut:
            return CardOut()
        """,
        {'@app.get("/a")', "def b():"},
    ),
    "table-model": (
        """
        class Card(SQLModel, table=True): pass
        class CardOut(SQLModel): pass

        @app.get("/a", response_model=list[CardOut])
        def a():
            return found()

        @app.get("/b", response_model=CardOut)
        def b() -> Card:
            return found()
        """,
        {'@app.get("/a", response_model=list[Card])'},
    ),
    "status": (
        """
        @app.post("/a", status_code=201)
        def a():
            if gone:
                raise HTTPException(404, "gone")
            if len(rows) > 404:
                return JSONResponse({}, status.HTTP_409_CONFLICT)
            return rows[404]
        """,
        {
            '@app.post("/a", status_code=200)',
            'raise HTTPException(400, "gone")',
            "return JSONResponse({}, 400)",
        },
    ),
    "header": (
        """
        def a(response):
            response.headers["Location"] = "/a/1"
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        """,
        {"", "raise HTTPException(401)"},
    ),
    "registration": (
        """
        app.add_middleware(Limits)
        print("up")

        @app.exception_handler(Refused)
        def refused(request, error): return None
        """,
        {""},
    ),
    "guard": (
        """
        def a(row, me):
            if row is None:
                raise HTTPException(404)
            if me.staff:
                return row
            if row.owner != me:
                log(row)
            return row.open
        """,
        {""},
    ),
    "negation": (
        """
        def a(row, me):
            if row is None:
                raise HTTPException(404)
            if not me:
                raise HTTPException(401)
            if row.shut or row.gone:
                raise HTTPException(409)
        """,
        {"if row is not None:", "if not (row.shut or row.gone):"},
    ),
    "call": (
        """
        register(app)

        def a(session, row):
            check_limit(session)
            session.add(row)
            session.delete(row)
            print(row)
        """,
        {""},
    ),
    "write": (
        """
        settings.debug = True

        def a(row):
            row.paid_on = today()
            total = 1
            return total
        """,
        {""},
    ),
    "catch": ("try:\n    a()\nexcept KeyError:\n    b()\n", {"except Exception:"}),
    "swallow": (
        "try:\n    a()\nexcept KeyError:\n    b()\nexcept OSError:\n    pass\n",
        {"pass"},
    ),
    "cleanup": (
        "def a():\n    try:\n        b()\n    finally:\n        c()\n",
        {"b()"},
    ),
    "constraint": (
        "class A(SQLModel):\n    n: int = Field(default=0, ge=0, le=500)\n",
        {"n: int = Field(default=0, le=500)", "n: int = Field(default=0, ge=0)"},
    ),
    "loosened": (
        "class A(SQLModel):\n    n: int = Field(ge=1, le=500)\n    s: str = Field(min_length=1)\n",
        {"n: int = Field(ge=0, le=500)", "n: int = Field(ge=1, le=501)"},
    ),
    "forbid": (
        """
        class A(BaseModel):
            model_config = ConfigDict(extra="forbid")
        class B(BaseModel, extra="forbid"):
            model_config = {"extra": "ignore"}
        class C(BaseModel):
            model_config = {"strict": True, "extra": "forbid"}
        """,
        {"model_config = ConfigDict()", "class B(BaseModel):", 'model_config = {"strict": True}'},
    ),
    "flag": (
        "class A(SQLModel):\n    n: str = Field(unique=True, sa_type=True)\n",
        {"n: str = Field(unique=False, sa_type=True)"},
    ),
    "table-argument": (
        'class A:\n    __table_args__ = (UniqueConstraint("a"), Index("b", sqlite_where=c))\n',
        {
            '__table_args__ = (Index("b", sqlite_where=c),)',
            '__table_args__ = (UniqueConstraint("a"),)',
            '__table_args__ = (UniqueConstraint("a"), Index("b"))',
        },
    ),
    "validator": (
        """
        Name = Annotated[str, AfterValidator(known)]
        Word = Annotated[str, Field(), AfterValidator(known)]

        class A(BaseModel):
            @field_validator("a")
            @classmethod
            def known(cls, value): return value
        """,
        {"Name = str", "Word = Annotated[str, Field()]", ""},
    ),
    "unset": (
        "row.update(body.model_dump(exclude_unset=True, mode='json'))\n",
        {"row.update(body.model_dump(mode='json'))"},
    ),
    "condition": (
        """
        query = select(A).where(A.id == id, A.open)
        names = select(A).filter_by(name=name)
        live = or_(A.state == "paid", (A.state == "held") & (A.until > now()))
        """,
        {
            "query = select(A).where(A.open)",
            "query = select(A).where(A.id == id)",
            "names = select(A)",
            'live = or_((A.state == "held") & (A.until > now()))',
            'live = or_(A.state == "paid")',
            'live = or_(A.state == "paid", (A.state == "held"))',
            'live = or_(A.state == "paid", (A.until > now()))',
        },
    ),
    "clause": (
        "query = select(A).order_by(A.id).limit(9).with_for_update()\n",
        {
            "query = select(A).limit(9).with_for_update()",
            "query = select(A).order_by(A.id).with_for_update()",
            "query = select(A).order_by(A.id).limit(9)",
        },
    ),
    "transaction": (
        'def a(session):\n    session.add(1)\n    session.commit()\n    go("BEGIN IMMEDIATE")\n',
        {"", 'go("BEGIN")'},
    ),
    "lock": (
        "def a():\n    with seats_lock:\n        b()\n    with open(c) as file:\n        d(file)\n",
        {"b()"},
    ),
    "await": ("async def a():\n    await b()\n    return await c()\n", {"b()"}),
    "timeout": (
        "async def a():\n    b(timeout=3)\n    return await wait_for(c(), timeout=3)\n",
        {"b()", "return await c()"},
    ),
    "boundary": (
        "full = held >= MOST\nearly = until < outside.now()\nsame = a == b\n",
        {"full = held > MOST"},
    ),
    "connective": ("ok = a and b\nfirst = a or b\n", {"ok = a or b", "first = a and b"}),
    "not": ("shut = not a\n", {"shut = a"}),
    "constant": (
        """
        MOST = 3
        PLANS = {"free": 1}
        ISSUER = "desk"
        engine = create_engine(pool_size=5)
        title = "Desk"
        rare = held > 6
        full = held >= 7
        """,
        {"MOST = 4", 'PLANS = {"free": 2}', 'ISSUER = "deskx"', "rare = held > 7"},
    ),
    "digest": (
        "ok = hmac.compare_digest(a, b) and c\n",
        {"ok = (a == b) and c"},
    ),
    "token": (
        'jwt.decode(t, key, algorithms=["HS256"], audience="desk", options={"require": ["exp"]})\n'
        "text.decode(errors='strict')\n",
        {
            'jwt.decode(t, key, algorithms=["HS256"], options={"require": ["exp"]})',
            'jwt.decode(t, key, algorithms=["HS256"], audience="desk")',
        },
    ),
}
PARTNER = """
async def price_async(show): ...
def price(show): ...
def now(): ...
"""
WAITS = """
@app.get("/a")
def a():
    return outside.now()

@app.get("/b")
def b():
    return quote()

@app.get("/c")
async def c():
    await run_in_threadpool(count, 3)
    await asyncio.sleep(1)
    return await outside.price_async(1)

def quote():
    return outside.price(1)
"""


def mutants(root: Path, text: str) -> list[Mutant]:
    return mutants_of(tiny_kata(root, {"reference/app/main.py": dedent(text)}))


def test_every_operator_has_its_case() -> None:
    assert set(CASES) | {"blocking"} == set(OPERATORS)


@pytest.mark.parametrize("operator", CASES)
def test_operator_makes_its_mistake(tmp_path: Path, operator: str) -> None:
    text, lines = CASES[operator]
    mine = [m for m in mutants(tmp_path, text) if m.operator == operator]
    assert {m.becomes for m in mine} == lines


def test_guard_is_dropped_only_where_it_refuses_or_answers(tmp_path: Path) -> None:
    text, _ = CASES["guard"]
    dropped = [m.was for m in mutants(tmp_path, text) if m.operator == "guard"]
    assert dropped == ["if row is None:", "if me.staff:"]


def test_route_that_waits_for_the_outside_world_is_made_to_block(tmp_path: Path) -> None:
    files = {"reference/app/main.py": WAITS, "starter/app/outside.py": PARTNER}
    about_async = MANIFEST.replace('"security"]', '"async"]')
    lines = {
        m.becomes
        for m in mutants_of(tiny_kata(tmp_path / "a", {**files, "kata.toml": about_async}))
        if m.operator == "blocking"
    }
    awaited = {"count(3)", '__import__("time").sleep(1)', "return outside.price(1)"}
    assert lines == {"async def b():", *awaited}
    others = mutants_of(tiny_kata(tmp_path / "b", files))
    assert {m.becomes for m in others if m.operator == "blocking"} == awaited


def test_mutants_parse_differ_and_come_alike_every_time() -> None:
    for kata in load_catalogue([bundled_katas()]).katas.values():
        made = mutants_of(kata)
        assert made == mutants_of(kata)
        assert len({m.id for m in made}) == len(made)
        for mutant in made:
            said = ast.dump(ast.parse(mutant.text))
            assert said != ast.dump(ast.parse(kata.reference[mutant.file])), mutant


def test_locked_and_foreign_files_are_left_alone(tmp_path: Path) -> None:
    shelf = {"starter/app/shelf.py": "MOST = 3\n", "reference/app/main.py": "LEAST = 3\n"}
    assert {m.file for m in mutants_of(tiny_kata(tmp_path, shelf))} == {"app/main.py"}


def test_mutant_carries_a_diff_that_names_file_and_operator(tmp_path: Path) -> None:
    (mutant,) = mutants(tmp_path, "MOST = 3\n")
    assert mutant.diff.splitlines() == [
        "--- app/main.py",
        "+++ app/main.py\tconstant",
        "@@ -1 +1 @@",
        "-MOST = 3",
        "+MOST = 4",
    ]


def test_spread_gives_every_operator_its_share(tmp_path: Path) -> None:
    guards = "".join(f"    if a == {n}:\n        raise b\n" for n in range(1, 30))
    made = mutants(tmp_path, f"MOST = 3\n\ndef f(a):\n{guards}    return not a\n")
    few = spread(made, 12)
    counts = {name: sum(m.operator == name for m in few) for name in {m.operator for m in made}}
    assert len(few) == 12
    assert counts["not"] == 1
    assert max(counts.values()) - min(n for name, n in counts.items() if name != "not") <= 1
    lines = [m.line for m in few if m.operator == "guard"]
    assert max(lines) - min(lines) > 30, "only the first ones were taken"
    assert spread(made, 10_000) == made
