"""Requests to begin with, from a description that anybody may have written."""

import json
from typing import Annotated, Any

from fastapi import FastAPI, Header, Query
from pydantic import BaseModel, Field

from grader.inside.suite.forms import routes_of


class Line(BaseModel):
    sku: str
    quantity: int = 1


class Order(BaseModel):
    name: str = Field(examples=["Ada"])
    lines: list[Line]
    note: str | None = None


def described() -> Any:
    """What a service of today says of itself."""
    app = FastAPI()

    @app.put("/orders/{order_id}")
    def change(order_id: int, body: Order, x_user: Annotated[str, Header()]) -> None:
        """Change an order."""

    @app.get("/orders")
    def search(q: Annotated[str, Query()], page: int = 1) -> None: ...

    return app.openapi()


def test_a_body_has_every_field_with_a_value_of_its_kind() -> None:
    change = next(r for r in routes_of(described()) if r["method"] == "PUT")
    assert json.loads(change["body"]) == {
        "name": "Ada",
        "lines": [{"sku": "text", "quantity": 1}],
        "note": "text",
    }
    assert (change["path"], change["summary"]) == ("/orders/{order_id}", "Change")
    assert change["headers"] == {"x-user": ""}


def test_what_a_query_must_have_stands_in_the_path() -> None:
    search = next(r for r in routes_of(described()) if r["method"] == "GET")
    assert (search["path"], search["body"]) == ("/orders?q=", "")


def test_a_schema_that_holds_itself_ends() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    media = {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}
    document = {
        "components": {"schemas": {"Node": node, "Loop": {"$ref": "#/components/schemas/Loop"}}},
        "paths": {"/nodes": {"post": {"requestBody": {"content": media}}}},
    }
    (route,) = routes_of(document)
    assert route["body"].count("next") < 10


def test_a_huge_description_is_cut() -> None:
    many: dict[str, Any] = {f"/r{n}": {"get": {}} for n in range(500)}
    wide = {"type": "object", "properties": {f"f{n}" * 30: {"type": "string"} for n in range(99)}}
    body = {"content": {"application/json": {"schema": wide}}}
    routes = routes_of({"paths": {"/wide": {"post": {"requestBody": body}}, **many}})
    assert len(routes) == 100
    assert len(routes[0]["body"]) <= 4_000


def test_what_is_no_description_offers_nothing() -> None:
    nothings: list[Any] = [None, [], 7, {"paths": []}, {"paths": {"/x": {"get": 1, "x-y": {}}}}]
    for nothing in nothings:
        assert [route["path"] for route in routes_of(nothing)] in ([], ["/x"])
