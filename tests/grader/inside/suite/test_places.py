"""Selectors resolve to the learner's own lines, however the service is written."""

import pytest

from grader.inside.suite.places import Places, Span

HEAD = "from fastapi import APIRouter, FastAPI\n"
PLAIN = """from fastapi import FastAPI
app = FastAPI()


@app.get("/invoices/{id}")
def read(id: int): ...
"""
ROUTER = f"""{HEAD}router = APIRouter(prefix="/invoices")


@router.get("/{{invoice_id}}")
async def read(invoice_id: int): ...
"""
INCLUDE = f"""{HEAD}from app.routes import router
app = FastAPI()
app.include_router(router)
"""
VARIANTS = {
    "plain": ({"app/main.py": PLAIN}, Span("app/main.py", 5, 6)),
    "router in another file": (
        {"app/main.py": INCLUDE, "app/routes.py": ROUTER},
        Span("app/routes.py", 5, 6),
    ),
    "prefix at the inclusion": (
        {
            "app/main.py": INCLUDE.replace("(router)", '(router, prefix="/invoices")'),
            "app/routes.py": ROUTER.replace('(prefix="/invoices")', "()"),
        },
        Span("app/routes.py", 5, 6),
    ),
    "module imported, router by attribute": (
        {
            "app/main.py": f"{HEAD}from app import routes\napp = FastAPI()\n"
            "app.include_router(routes.router)\n",
            "app/routes.py": ROUTER,
        },
        Span("app/routes.py", 5, 6),
    ),
    "relative import": (
        {
            "app/__init__.py": "",
            "app/main.py": INCLUDE.replace("app.routes", ".routes"),
            "app/routes.py": ROUTER,
        },
        Span("app/routes.py", 5, 6),
    ),
    "router in a router": (
        {
            "app/main.py": f"{HEAD}from app.outer import api\napp = FastAPI()\n"
            "app.include_router(api)\n",
            "app/outer.py": f"{HEAD}from app.routes import router as inner\n"
            "api = APIRouter()\napi.include_router(inner)\n",
            "app/routes.py": ROUTER,
        },
        Span("app/routes.py", 5, 6),
    ),
    "path from a constant": (
        {"app/main.py": PLAIN.replace("app = ", 'P = "/invoices"\napp = ').replace(
            '"/invoices/{id}"', 'P + "/{id}"'
        )},
        Span("app/main.py", 6, 7),
    ),
    "path from an f-string": (
        {"app/main.py": PLAIN.replace("app = ", 'P = "/invoices"\napp = ').replace(
            '"/invoices/{id}"', 'f"{P}/{{id}}"'
        )},
        Span("app/main.py", 6, 7),
    ),
    "add_api_route": (
        {"app/main.py": "from fastapi import FastAPI\napp = FastAPI()\n\n\n"
         'def read(id: int): ...\n\n\napp.add_api_route("/invoices/{id}", read)\n'},
        Span("app/main.py", 5, 5),
    ),
    "api_route with methods": (
        {"app/main.py": PLAIN.replace(
            'app.get("/invoices/{id}")', 'app.api_route("/invoices/{id}", methods=["GET"])'
        )},
        Span("app/main.py", 5, 6),
    ),
    "another decorator above": (
        {"app/main.py": PLAIN.replace("@app.get", "@traced\n@app.get")},
        Span("app/main.py", 5, 7),
    ),
    "class of its own": (
        {"app/main.py": PLAIN.replace("app = FastAPI()", "app: FastAPI = FastAPI()")},
        Span("app/main.py", 5, 6),
    ),
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_route_is_found(variant: str) -> None:
    files, expected = VARIANTS[variant]
    assert Places(files).find("route GET /invoices/{invoice}") == [expected]


@pytest.mark.parametrize(
    "source",
    [
        "def make():\n    r = APIRouter()\n    return r\n",
        "for p, f in ROUTES:\n    app.get(p)(f)\n",
        "def broken(:\n",
        "",
    ],
)
def test_what_cannot_be_told_has_no_place(source: str) -> None:
    assert Places({"app/main.py": HEAD + source}).find("route GET /invoices/{id}") == []


def test_method_counts() -> None:
    assert Places({"app/main.py": PLAIN}).find("route DELETE /invoices/{id}") == []


def test_function_class_and_file() -> None:
    places = Places({"app/main.py": "class A:\n    x = 1\n\n\ndef f():\n    return A\n"})
    assert places.find("class A") == [Span("app/main.py", 1, 2)]
    assert places.find("function f") == places.find("dependency f") == [Span("app/main.py", 5, 6)]
    assert places.find("file app/main.py") == [Span("app/main.py", 1, 1)]
    assert places.find("file app/other.py") == []


def test_field_of_a_base_class_behind_an_import() -> None:
    files = {
        "app/base.py": "class Base:\n    amount: int\n",
        "app/models.py": "from app.base import Base\n\n\nclass Invoice(Base):\n    note: str\n",
    }
    places = Places(files)
    assert places.find("model Invoice.amount") == [Span("app/base.py", 2, 2)]
    assert places.find("model Invoice.note") == [Span("app/models.py", 5, 5)]
    assert places.find("model Invoice") == [Span("app/models.py", 4, 5)]
    assert places.find("model Invoice.missing") == []


def test_classes_that_inherit_in_a_circle_end() -> None:
    assert Places({"a.py": "class A(B): ...\nclass B(A): ...\n"}).find("model A.x") == []


@pytest.mark.parametrize(
    "source",
    ["text('x')\n", "sa.text('x')\n", "from sqlalchemy import text as t\nt('x')\n"],
)
def test_call_by_any_name(source: str) -> None:
    assert Places({"app/main.py": source}).find("call text(")[0].file == "app/main.py"


def test_unknown_selector_is_the_authors_mistake() -> None:
    with pytest.raises(ValueError, match="unknown selector"):
        Places({}).find("smell of code")
