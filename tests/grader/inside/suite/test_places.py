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


V1 = "/v1/invoices/{id}"
FACTORY = f"""{HEAD}
def make_router():
    router = APIRouter(prefix="/invoices")

    @router.get("/{{id}}")
    def read(id: int): ...

    return router
"""
CREATED = f"""{HEAD}from app.routes import make_router
def create_app():
    app = FastAPI()
    app.include_router(make_router(), prefix="/v1")
    return app
app = create_app()
"""
READ = f"{HEAD}app = FastAPI()\ndef read(id: int): ...\ndef other(): ...\n"
FORMS = {
    "router of a factory, app of a factory": {"app/main.py": CREATED, "app/routes.py": FACTORY},
    "loop over a list": {
        "app/main.py": f"{READ}ROUTES = [('POST', '/v1/x', other), ('GET', '{V1}', read)]\n"
        "for method, path, endpoint in ROUTES:\n"
        "    app.add_api_route(path, endpoint, methods=[method])\n"
    },
    "loop that applies": {
        "app/main.py": f"{READ}for path, endpoint in [('/v1/o', other), ('{V1}', read)]:\n"
        "    app.get(path)(endpoint)\n"
    },
    "loop over a dictionary": {
        "app/main.py": f"{READ}for path, f in {{'{V1}': read}}.items():\n    app.get(path)(f)\n"
    },
    "wrapped by a call": {"app/main.py": f"{READ}app.get('{V1}')(traced(read))\n"},
    "list of routes": {"app/main.py": f"{READ}x = FastAPI(routes=[APIRoute('{V1}', read)])\n"},
    "registered by a function": {
        "app/main.py": f"{HEAD}from app.routes import add\napp = FastAPI()\nadd(app, '/v1')\n",
        "app/routes.py": "def add(api, prefix):\n    @api.get(prefix + '/invoices/{id}')\n"
        "    def read(id: int): ...\n",
    },
    "views in a class": {
        "app/main.py": f"{HEAD}class Views:\n    def __init__(self):\n"
        "        self.router = APIRouter(prefix='/v1/invoices')\n"
        "        self.router.add_api_route('/{id}', self.read)\n"
        "    def read(self, id: int): ...\n"
        "app = FastAPI()\napp.include_router(Views().router)\n"
    },
    "class with a method for each verb": {
        "app/main.py": f"{HEAD}app = FastAPI()\n@app.route('{V1}')\nclass V:\n"
        "    async def get(self, read): ...\n"
    },
    "routers included in a loop, prefix of settings": {
        "app/main.py": f"{HEAD}from app import routes\nfrom app.settings import settings\n"
        "app = FastAPI()\nfor one in (routes.router,):\n"
        "    app.include_router(one, prefix=settings.api)\n",
        "app/settings.py": "class Settings:\n    api: str = '/v1'\nsettings = Settings()\n",
        "app/routes.py": ROUTER,
    },
    "given out by a package": {
        "app/main.py": f"{HEAD}from app.routers import invoices\napp = FastAPI()\n"
        "app.include_router(invoices)\n",
        "app/routers/__init__.py": "from .inner import router as invoices\n",
        "app/routers/inner.py": f"{HEAD}from app.paths import *\n"
        "router = APIRouter(prefix=f'{V1}/invoices')\n@router.get('/{id}')\n"
        "def read(id: int): ...\n",
        "app/paths.py": "V1 = '/v1'\n",
    },
    "app in an app": {
        "app/main.py": f"{HEAD}sub = FastAPI()\n@sub.get('/invoices/{{id}}')\n"
        "def read(id: int): ...\napp = FastAPI()\napp.mount('/v1', sub)\n"
    },
    "verb with a name": {
        "app/main.py": f"{HEAD}app = FastAPI()\nget = app.get\n@get('{V1}')\n"
        "def read(id: int): ...\n"
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_route_is_found_in_the_forms_that_people_write(form: str) -> None:
    (found,) = Places(FORMS[form]).find("route GET /v1/invoices/{x}")
    lines = FORMS[form][found.file].split("\n")[found.line - 1 : found.end]
    assert any("def " in line and "read" in line for line in lines)


def test_prefix_that_cannot_be_told_gives_no_place() -> None:
    source = f"{HEAD}router = APIRouter(prefix=load())\n@router.get('/{{id}}')\ndef read(): ...\n"
    assert Places({"app/main.py": source}).find("route GET /{id}") == []


def test_route_that_is_served_goes_before_one_that_is_left_over() -> None:
    files = {"app/a.py": ROUTER.replace("FastAPI", "x"), "app/main.py": PLAIN}
    assert Places(files).find("route GET /invoices/{id}") == [Span("app/main.py", 5, 6)]


def test_method_of_a_class_by_its_dotted_name() -> None:
    source = "class A:\n    def f(self): ...\nclass B:\n    def f(self): ...\n"
    assert Places({"app/main.py": source}).find("function B.f") == [Span("app/main.py", 4, 4)]


def test_dependency_by_the_alias_that_depends_on_it() -> None:
    source = "def current(): ...\nMe = Annotated[User, Depends(current)]\n"
    assert Places({"app/main.py": source}).find("dependency Me") == [Span("app/main.py", 1, 1)]


def test_call_by_its_first_arguments() -> None:
    source = 'reply({"ok": 1})\nreply({"error": e.detail}, 400)\n'
    found = Places({"app/main.py": source}).find('call reply({"error": e.detail}')
    assert found == [Span("app/main.py", 2, 2)]


def test_call_that_another_call_is_to_make() -> None:
    source = "from app.outside import label\nawait_(to_thread(label, 7))\n"
    assert Places({"app/main.py": source}).find("call outside.label(")[0].line == 2


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
