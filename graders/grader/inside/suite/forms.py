"""What a service's own OpenAPI document offers, as requests to begin with.

The document is the submission's work: it may be anything, refer to itself, or be without end.
"""

import json
from collections.abc import Iterator
from typing import Any, cast

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
ROUTES, PATH, SUMMARY, BODY = 100, 500, 120, 4_000
FIELDS, DEPTH = 20, 5
SAMPLES: dict[str, Any] = {"string": "text", "integer": 1, "number": 1.0, "boolean": True}
FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "email": "ada@example.org",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.org/",
}
CLIENTS = {"accept", "content-type", "authorization"}  # OpenAPI says such parameters do not count


def routes_of(document: Any) -> list[dict[str, Any]]:
    """Each operation with a path, the headers it asks for and an example of its body."""
    return list(_routes(_Document(document)))[:ROUTES]


class _Document:
    """A document, read without trust."""

    def __init__(self, document: Any) -> None:
        self.root = _object(document)

    def resolved(self, value: Any) -> dict[str, Any]:
        """An object, or the one that it refers to."""
        found = _object(value)
        for _ in range(DEPTH):
            where = found.get("$ref")
            if not isinstance(where, str):
                return found
            found = self.root
            for part in where.removeprefix("#/").split("/")[:DEPTH]:
                found = _object(found.get(part))
        return {}

    def sample(self, schema: Any, depth: int = 0) -> Any:
        """A value that the schema might take."""
        found = self.resolved(schema)
        given = found.get("example", found.get("default", found.get("const")))
        if given is not None:
            return given
        for name in ("examples", "enum"):
            if listed := _list(found.get(name)):
                return listed[0]
        for name in ("allOf", "anyOf", "oneOf"):
            if depth < DEPTH and (choices := _list(found.get(name))):
                return self.sample(choices[0], depth + 1)
        return self._made(found, depth)

    def _made(self, schema: dict[str, Any], depth: int) -> Any:
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            fields = list(_object(schema.get("properties")).items())[:FIELDS]
            return {} if depth >= DEPTH else {n: self.sample(s, depth + 1) for n, s in fields}
        if kind == "array":
            return [] if depth >= DEPTH else [self.sample(schema.get("items"), depth + 1)]
        if kind == "string" and isinstance(schema.get("format"), str):
            return FORMATS.get(schema["format"], SAMPLES["string"])
        return SAMPLES.get(kind) if isinstance(kind, str) else None


def _routes(document: _Document) -> Iterator[dict[str, Any]]:
    for path, item in _object(document.root.get("paths")).items():
        shared = _list(_object(item).get("parameters"))
        for method, operation in _object(item).items():
            if method in METHODS and path.startswith("/") and len(path) <= PATH:
                yield _route(document, method, path, _object(operation), shared)


def _route(
    document: _Document, method: str, path: str, operation: dict[str, Any], shared: list[Any]
) -> dict[str, Any]:
    parameters = [document.resolved(p) for p in (shared + _list(operation.get("parameters")))]
    wanted = [_text(p, "name") for p in parameters if p.get("in") == "query" and p.get("required")]
    query = "&".join(f"{name}=" for name in wanted[:FIELDS])
    headers = [_text(p, "name") for p in parameters if p.get("in") == "header"]
    content = _object(document.resolved(operation.get("requestBody")).get("content"))
    return {
        "method": method.upper(),
        "path": f"{path}?{query}"[:PATH] if query else path,
        "summary": _text(operation, "summary"),
        "headers": {name: "" for name in headers[:FIELDS] if name.lower() not in CLIENTS},
        "body": _body(document, _object(content.get("application/json"))),
    }


def _body(document: _Document, media: dict[str, Any]) -> str:
    if not media:
        return ""
    given = media.get("example")
    for each in _object(media.get("examples")).values():
        given = document.resolved(each).get("value", given)
        break
    value = given if given is not None else document.sample(media.get("schema"))
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return text if len(text) <= BODY else ""


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else []


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    return " ".join(found.split())[:SUMMARY] if isinstance(found, str) else ""
