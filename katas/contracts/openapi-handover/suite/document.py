"""Reads an OpenAPI description that may be anything, and holds values against its schemas.

A small part of JSON Schema, as much as FastAPI and Pydantic write, and `nullable` of OpenAPI 3.0.
"""

import re
from datetime import datetime

METHODS = {"get", "post", "put", "patch", "delete"}
TELLING = ("type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const")
TYPES = {
    "null": lambda v: v is None,
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: not isinstance(v, bool) and isinstance(v, int | float) and v == int(v),
    "number": lambda v: not isinstance(v, bool) and isinstance(v, int | float),
    "string": lambda v: isinstance(v, str),
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
}
DEPTH = 24
FREE = {"measures", "detail"}  # that it is there has to be said; what it holds is left open


def mapping(value):
    return value if isinstance(value, dict) else {}


def listing(value):
    return value if isinstance(value, list) else []


def shape(text):
    """A name without its spelling: `List alerts`, `list_alerts` and `listAlerts` are one."""
    return re.sub(r"[\W_]+", "", str(text)).lower()


class Operation(dict):
    """What is said of one method of one path."""

    def __init__(self, path, method, said):
        super().__init__(said)
        self.path, self.method = path, method


class Document:
    """One description; `operations` by method and path, `{}` for every parameter."""

    def __init__(self, root):
        self.root = mapping(root)
        self.operations = {
            (method.upper(), re.sub(r"\{[^}]*\}", "{}", path)): Operation(path, method, said)
            for path, item in mapping(self.root.get("paths")).items()
            for method, said in mapping(item).items()
            if method in METHODS and isinstance(said, dict)
        }

    @property
    def release(self):
        return mapping(self.root.get("info")).get("version")

    def tags(self, operation):
        return [tag for tag in listing(operation.get("tags")) if isinstance(tag, str) and tag]

    def resolve(self, value):
        """Follow references within the document."""
        for _ in range(DEPTH):
            target = mapping(value).get("$ref")
            if not isinstance(target, str):
                return mapping(value)
            value = self.root
            for part in target.removeprefix("#/").split("/"):
                value = mapping(value).get(part.replace("~1", "/").replace("~0", "~"))
        return {}

    # Answers

    def answer(self, operation, status, exact=False):
        """The schema of the body with this status: None where the status is not described.

        `4XX` and `default` stand for many statuses, as OpenAPI has it; not where it must be exact.
        """
        responses = mapping(operation.get("responses"))
        names = [str(status)] if exact else [str(status), f"{status // 100}XX", "default"]
        said = next((responses[name] for name in names if name in responses), None)
        if said is None:
            return None
        content = mapping(self.resolve(said).get("content"))
        found = [mapping(c).get("schema") for kind, c in content.items() if "json" in kind]
        return mapping(found[0]) if found else {}

    # Keys

    def keys(self, header):
        """The names of declared schemes for a key in this header."""
        schemes = mapping(mapping(self.root.get("components")).get("securitySchemes"))
        return {
            name
            for name, scheme in ((n, self.resolve(s)) for n, s in schemes.items())
            if (scheme.get("type"), scheme.get("in")) == ("apiKey", "header")
            and str(scheme.get("name")).lower() == header
        }

    def _ways(self, operation):
        said = self.operations[operation].get("security", self.root.get("security"))
        return [mapping(way) for way in listing(said)]

    def asks(self, operation, schemes):
        """Whether each way to call an operation takes one of these schemes."""
        ways = self._ways(operation)
        return bool(ways) and all(set(way) & schemes for way in ways)

    def secured(self, operation):
        ways = self._ways(operation)
        return bool(ways) and all(ways)

    # Examples

    def wrong_examples(self):
        """Where an example breaks its own schema, and how."""
        for where, schema, example in self._examples():
            found = faults(self, schema, example)
            if found:
                yield where, found

    def body_examples(self, operation):
        """Whole bodies that stand as examples in the description of a request."""
        body = self.resolve(self.operations[operation].get("requestBody"))
        found = []
        for said in mapping(body.get("content")).values():
            found += self._given(mapping(said))
            schema = self.resolve(mapping(said).get("schema"))
            found += self._given(schema) or self._composed(schema)
        return found

    def _composed(self, schema):
        """A body made of the examples of its fields, where each field that it needs has one."""
        fields = mapping(schema.get("properties"))
        made = {name: self._given(self.resolve(field))[:1] for name, field in fields.items()}
        body = {name: given[0] for name, given in made.items() if given}
        needed = set(listing(schema.get("required")))
        return [body] if body and needed <= set(body) else []

    def _given(self, said):
        """Examples beside a schema, of a media type or a parameter: plain, listed or named."""
        many = said.get("examples")
        named = [self.resolve(e) for e in many.values()] if isinstance(many, dict) else []
        found = [example["value"] for example in named if "value" in example]
        return [*found, *listing(many), *([said["example"]] if "example" in said else [])]

    def _examples(self):
        schemas = mapping(mapping(self.root.get("components")).get("schemas"))
        for name, schema in schemas.items():
            yield from self._within(f"Schema {name}", mapping(schema), 0)
        for (method, path), operation in self.operations.items():
            where = f"{method} {path}"
            for said in map(self.resolve, listing(operation.get("parameters"))):
                yield from self._media(f"{where}, parameter {said.get('name')}", said)
            carriers = [operation.get("requestBody"), *mapping(operation.get("responses")).values()]
            for said in map(self.resolve, carriers):
                for media in mapping(said.get("content")).values():
                    yield from self._media(where, mapping(media))

    def _media(self, where, said):
        schema = mapping(said.get("schema"))
        for example in self._given(said):
            yield where, schema, example
        yield from self._within(where, schema, 0)

    def _within(self, where, schema, depth):
        """The examples in a schema that is written out here, and in its parts."""
        if depth > DEPTH:
            return
        for example in self._given(schema):
            yield where, schema, example
        for name, part in mapping(schema.get("properties")).items():
            yield from self._within(f"{where}, {name}", mapping(part), depth + 1)
        parts = [schema.get("items"), schema.get("additionalProperties")]
        for word in ("anyOf", "oneOf", "allOf"):
            parts += listing(schema.get(word))
        for part in filter(None, map(mapping, parts)):
            yield from self._within(where, part, depth + 1)


def faults(document, schema, value, named=False):
    """How a value breaks a schema, as sentences without the value; none where it fits.

    `named`: each field of an object must be described by its name, and with a type.
    """
    return _Judge(document, named).faults(schema, value, "the body", 0)


class _Judge:
    def __init__(self, document, named):
        self.document, self.named = document, named

    def faults(self, schema, value, at, depth):
        if depth > DEPTH:
            return [f"the schema of {at} does not end"]
        if schema is False:
            return [f"{at} was described as absent"]
        said = self.document.resolve(schema)
        if self.named and not any(word in said for word in TELLING):
            return [f"nothing was said about {at}"]
        if said.get("nullable") is True and value is None:
            return []
        judge = _Judge(self.document, named=False) if at in FREE else self
        return [
            *judge._choices(said, value, at, depth),
            *_type(said, value, at),
            *_scalar(said, value, at),
            *judge._parts(said, value, at, depth),
        ]

    def _choices(self, said, value, at, depth):
        loose = _Judge(self.document, named=False)
        for part in listing(said.get("allOf")):
            yield from loose.faults(part, value, at, depth + 1)
        for word in ("anyOf", "oneOf"):
            ways = [self.faults(way, value, at, depth + 1) for way in listing(said.get(word))]
            if ways and all(ways):
                ways.sort(key=lambda way: "another type" in way[0])
                yield ways[0][0]
        if "enum" in said and value not in listing(said["enum"]):
            yield f"{at} is none of the described values"
        if "const" in said and value != said["const"]:
            yield f"{at} is not the described value"

    def _parts(self, said, value, at, depth):
        if isinstance(value, list):
            for item in value[:20]:
                yield from self.faults(said.get("items", {}), item, f"an item of {at}", depth + 1)
        elif isinstance(value, dict):
            yield from self._object(said, value, at, depth)

    def _object(self, said, value, at, depth):
        fields, other = mapping(said.get("properties")), said.get("additionalProperties", True)
        for name in listing(said.get("required")):
            if name not in value:
                yield f"the described field {name} is missing in {at}"
        elsewhere = any(word in said for word in ("anyOf", "oneOf", "allOf"))
        for name, part in value.items():
            if name in fields:
                yield from self.faults(fields[name], part, name, depth + 1)
            elif self.named and not elsewhere:
                yield f"the field {name} is not described by its name"
            elif not elsewhere:
                yield from self.faults(other, part, name, depth + 1)


def _type(said, value, at):
    kinds = said.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if kinds and not any(kind in TYPES and TYPES[kind](value) for kind in map(str, kinds)):
        yield f"{at} is of another type than described"


def _bound(said, word):
    found = said.get(word)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return found if is_number else None


def _scalar(said, value, at):
    if isinstance(value, str):
        yield from _text(said, value, at)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        for word, broken in (
            ("minimum", lambda n: value < n),
            ("maximum", lambda n: value > n),
            ("exclusiveMinimum", lambda n: value <= n),
            ("exclusiveMaximum", lambda n: value >= n),
        ):
            bound = _bound(said, word)
            if bound is not None and broken(bound):
                yield f"{at} is beyond its described bounds"


def _text(said, value, at):
    least, most, pattern = _bound(said, "minLength"), _bound(said, "maxLength"), said.get("pattern")
    if least is not None and len(value) < least:
        yield f"{at} is shorter than described"
    if most is not None and len(value) > most:
        yield f"{at} is longer than described"
    if isinstance(pattern, str) and not _matches(pattern, value):
        yield f"{at} is not of the described form"
    if said.get("format") == "date-time" and not _is_moment(value):
        yield f"{at} is not a date and time with an offset"


def _matches(pattern, value):
    try:
        return re.search(pattern, value) is not None
    except re.error:  # written for another engine
        return True


def _is_moment(value):
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
