"""What of a request and its answer can be shown: names that the learner's source holds, no values.

A suite's values are hidden, and it also puts them where names stand: in paths, as keys, as fields
that a service must not know. So a name is shown when all of its words occur in the submission's own
source (or are FastAPI's); whatever else there is becomes a placeholder.
"""

import json
import re
from collections.abc import Iterable
from itertools import product
from typing import Any, cast
from urllib.parse import parse_qsl

FRAMEWORKS = frozenset(
    [
        "detail",
        "loc",
        "msg",
        "type",
        "input",
        "ctx",
        "url",
        "openapi",
        "json",
        "docs",
        "redoc",
        "error",
        "title",
        "status",
        "instance",
    ]
)
NAME = re.compile(r"[A-Za-z_][A-Za-z_.-]{0,39}")
PATH = re.compile(r"""["'](/[A-Za-z0-9_{}:./-]{0,100})["']""")
VERSION = re.compile(r"v\d{1,2}")
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
ELSE = "..."
PATH_CAP, BODY_CAP, SHAPE_CAP = 200, 65_536, 400
SEGMENTS, KEYS, DEPTH, PATHS = 12, 12, 4, 60


class Names:
    """The names that may be shown, and paths, queries and bodies with nothing else in them."""

    def __init__(self, files: Iterable[str]) -> None:
        """Learn the names, and what a path can look like: texts that begin with a slash.

        A router's prefix stands before its routes' paths, so any two of them may make a path.

        Args:
            files: the submission's files, as text.
        """
        texts = list(files)
        words = (w for text in texts for name in NAME.findall(text) for w in WORD.findall(name))
        self._words = FRAMEWORKS | {word.lower() for word in words}
        paths = list(dict.fromkeys(path for text in texts for path in PATH.findall(text)))[:PATHS]
        self._routes = [_segments(path) for path in paths]
        self._routes += [_segments(a + b) for a, b in product(paths, repeat=2)]
        self._literals = {part for parts in self._routes for part in parts if part[0] != "{"}

    def name(self, text: str) -> str:
        """A key, a field or a header; `...` for one that the source does not have."""
        words = WORD.findall(text) if NAME.fullmatch(text) else ()
        known = bool(words) and all(word.lower() in self._words for word in words)
        return text if known else ELSE

    def path(self, target: str) -> str:
        """The path as its route is written, and the query's names: `/shows/{id}/seats?row=...`."""
        path, _, query = target.partition("?")
        parts = _segments(path)
        route = self._route(parts)
        shown = map(self._part, route if route is not None else map(self._known, parts))
        names = dict.fromkeys(self.name(name) for name, _ in parse_qsl(query, True))
        asked = "&".join(f"{name}=..." for name in [*names][:KEYS])
        return _cut("/" + "/".join([*shown][:SEGMENTS]), PATH_CAP) + (f"?{asked}" if asked else "")

    def shape(self, value: Any, depth: int = 0) -> str:
        """A JSON value with its keys, and the kinds of its values in their places."""
        match value:
            case None:
                return "null"
            case bool():
                return "boolean"
            case int() | float():
                return "number"
            case str():
                return '"..."'
            case _ if depth >= DEPTH:
                return ELSE
            case list():
                return self._list(cast(list[Any], value), depth)
            case _:
                return self._object(cast(dict[str, Any], value), depth)

    def body(self, data: bytes, kind: str) -> str:
        """The shape of a body.

        Args:
            data: as it was sent or answered.
            kind: its Content-Type.
        """
        if not data:
            return ""
        if kind.startswith("application/x-www-form-urlencoded"):
            return self.shape(dict(parse_qsl(data.decode("utf-8", "replace"), True)))
        try:
            read = json.loads(data) if len(data) <= BODY_CAP else ...
        except (ValueError, RecursionError):
            read = ...
        return ELSE if read is ... else _cut(self.shape(read), SHAPE_CAP)

    def _route(self, parts: list[str]) -> list[str] | None:
        """The route that answers, one with the most of its own words before any other."""
        fitting = [route for route in self._routes if _fits(route, parts)]
        return min(fitting, key=_open_parts, default=None)

    def _known(self, part: str) -> str:
        """A part of a path that no route has: one that occurs in some, or a placeholder."""
        return part if part in self._literals | FRAMEWORKS else "{...}"

    def _part(self, part: str) -> str:
        if part[0] == "{":
            name = part.strip("{}").partition(":")[0]
            return f"{{{name if NAME.fullmatch(name) else ELSE}}}"
        return part if NAME.fullmatch(part) or VERSION.fullmatch(part) else "{...}"

    def _list(self, value: list[Any], depth: int) -> str:
        if not value:
            return "[]"
        more = ", ..." if len(value) > 1 else ""
        return f"[{self.shape(value[0], depth + 1)}{more}]"

    def _object(self, value: dict[str, Any], depth: int) -> str:
        shown = {self.name(key): self.shape(value[key], depth + 1) for key in [*value][:KEYS]}
        told = [ELSE if key == ELSE else f'"{key}": {shape}' for key, shape in shown.items()]
        if len(value) > KEYS and ELSE not in told:
            told.append(ELSE)
        return f"{{{', '.join(told)}}}"


def _open_parts(route: list[str]) -> int:
    return sum(part[0] == "{" for part in route)


def _segments(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _fits(route: list[str], parts: list[str]) -> bool:
    """Whether a path is one of a route's; `{name:path}` at its end takes all that is left."""
    if route and route[-1][0] == "{" and route[-1].endswith(":path}"):
        parts = [*parts[: len(route) - 1], "/".join(parts[len(route) - 1 :])]
    same = (own[0] == "{" or own == part for own, part in zip(route, parts, strict=False))
    return len(route) == len(parts) and all(same)


def _cut(text: str, cap: int) -> str:
    return text if len(text) <= cap else text[: cap - len(ELSE)] + ELSE
