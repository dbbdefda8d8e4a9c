"""A look at a submission beside the starter that it was made of: places, names and size.

A selector means the starter's code. What has been renamed or moved is shown where it is now; what
is gone leaves the nearest honest place, never a line of a function that does something else.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from grader.inside.suite.counterparts import Counterparts
from grader.inside.suite.module import Definition, Scope
from grader.inside.suite.names import last_name
from grader.inside.suite.naming import names_of
from grader.inside.suite.places import Places, Span, read_selector, span, span_of, span_of_route
from grader.inside.suite.size import amount_of

Selectors = Mapping[str, Sequence[str]]


def look(
    files: Mapping[str, str], starter: Mapping[str, str], selectors: Selectors
) -> dict[str, Any]:
    """What the event `reading` says of a submission.

    Args:
        files: the submission.
        starter: what it was made of; empty where that is not known.
        selectors: finding -> its selectors, the best first.
    """
    before = Places(starter)
    looker = Look(before, Places(files, like=before))
    told: dict[str, Any] = {"places": {}, "names": {}, "size": None}
    for finding, several in selectors.items():
        with contextlib.suppress(RecursionError):
            found = looker.place(several)
            if found is not None:
                told["places"][finding] = asdict(found)
    with contextlib.suppress(RecursionError):
        told["names"] = names_of(looker.counterparts)
    amount = amount_of(files, {m.file: m.tree for m in looker.ours.modules.values()})
    told["size"] = amount.as_numbers() if amount else None
    return told


class Look:
    """Finds what selectors name in a submission, by way of the starter."""

    def __init__(self, starter: Places, ours: Places) -> None:
        self.starter = starter
        self.ours = ours
        self.counterparts = Counterparts(starter, ours)

    def place(self, selectors: Sequence[str]) -> Span | None:
        """The place of the first selector that has one, else the nearest to what is gone.

        A `file` that stands behind others is for the case that nothing near is left of them.
        """
        asked = [read_selector(selector) for selector in selectors]
        precise = [s for i, s in enumerate(asked) if s[0] != "file" or i == 0]
        for step, several in ((self._exact, precise), (self._near, precise), (self._file, asked)):
            for kind, rest in several:
                found = step(kind, rest)
                if found is not None:
                    return found
        return None

    def _exact(self, kind: str, rest: str) -> Span | None:
        kinds: dict[str, Callable[[str], Iterator[Span]]] = {
            "route": self._route,
            "function": lambda rest: self._definitions(Places.functions, rest),
            "dependency": lambda rest: self._definitions(Places.dependencies, rest),
            "class": lambda rest: self._definitions(Places.classes, rest),
            "model": self._model,
            "call": self._call,
            "file": lambda rest: iter([f] if (f := self._file("file", rest)) else []),
        }
        return next(kinds[kind](rest), None)

    def _route(self, rest: str) -> Iterator[Span]:
        yield from (span_of_route(route) for route in self.ours.routes_named(rest))
        for route in self.starter.routes_named(rest):
            if isinstance(route.endpoint, Definition):
                yield from self._now(route.endpoint)

    def _definitions(
        self, named: Callable[[Places, str], list[Definition]], rest: str
    ) -> Iterator[Span]:
        known = named(self.starter, rest)
        for definition in known:
            yield from self._now(definition)
        if not known:  # what only a repair has
            yield from (span_of(definition) for definition in named(self.ours, rest))

    def _now(self, definition: Definition) -> Iterator[Span]:
        now = self.counterparts.of(definition)
        if now is not None:
            yield span_of(now)

    def _model(self, rest: str) -> Iterator[Span]:
        name, _, field = rest.partition(".")
        if not field:
            yield from self._definitions(Places.classes, name)
            return
        known = self.starter.classes(name)
        now = [self.counterparts.of(owner) for owner in known] or self.ours.classes(name)
        fields = (self.ours.field(owner, field) for owner in now if owner is not None)
        yield from (found for found in fields if found is not None)

    def _call(self, rest: str) -> Iterator[Span]:
        """Calls in what the starter's first caller has become, or in what was split off from it."""
        now, known = self.ours.calls(self._renamed(rest)), self.starter.calls(rest)
        homes = self._homes(known[0].scope.owner) if known else None
        fitting = [s for s in now if homes is None or s.scope.owner in homes]
        gone = known and known[0].scope.owner and not self.counterparts.of(known[0].scope.owner)
        if not (gone and len(fitting) > 1):  # which of several took its place cannot be told
            yield from (span(site.scope.module, site.call) for site in fitting)

    def _renamed(self, call: str) -> str:
        """A call of one of the starter's own functions or classes, by the name that it has now."""
        written, bracket, given = call.partition("(")
        before, dot, name = written.rpartition(".")
        for definition in (*self.starter.functions(name), *self.starter.classes(name)):
            now = self.counterparts.of(definition)
            if now is not None and now.name != name:
                return f"{now.name}{bracket}{given}"
        return f"{before}{dot}{name}{bracket}{given}"

    def _homes(self, caller: Definition | None) -> list[Definition | None]:
        new = [d for d in self.ours.project.definitions if self.counterparts.is_new(d)]
        counterpart = self.counterparts.of(caller) if caller else None
        if counterpart is None:
            return [None, *new] if caller is None else [*new]
        called = {
            last_name(site.call.func)
            for site in self.ours.project.sites
            if site.scope.owner is counterpart
        }
        return [counterpart, *(d for d in new if d.name in called and not d.is_class)]

    def _near(self, kind: str, rest: str) -> Span | None:
        """The router that would hold a route, a field's class, or the head of the file."""
        if kind == "route":
            known = self.starter.routes_named(rest)
            return self._router_near(known[0].path) if known else None
        if kind == "model":
            rest = rest.partition(".")[0]
            if found := self._exact("class", rest):
                return found
        held = self._held(kind, rest)
        if held is None:
            return None
        path = next((r.path for r in self.starter.routes.all if r.endpoint is held.owner), None)
        return self._router_near(path) if path else self._file("file", held.module.file)

    def _held(self, kind: str, rest: str) -> Scope | None:
        """Where the starter has what a selector names."""
        if kind == "call":
            return next((site.scope for site in self.starter.calls(rest)), None)
        named = Places.classes if kind in ("class", "model") else Places.dependencies
        return next((found.inside for found in named(self.starter, rest)), None)

    def _router_near(self, path: str) -> Span | None:
        """The router of the route whose path begins most like this one; else the app."""
        wanted = path.split("/")
        routes = [r for r in self.ours.routes.all if r.router is not None and r.served]
        best = max(routes, key=lambda r: _shared(r.path.split("/"), wanted), default=None)
        near = [best.router] if best and _shared(best.path.split("/"), wanted) > 1 else []
        for router in (*near, *self.ours.routes.apps):
            if router is not None:
                return span(router.scope.module, router.expr)
        return None

    def _file(self, kind: str, rest: str) -> Span | None:
        """A file's first line; where its code has moved, that of the file with most of it."""
        if kind != "file":
            return None
        moved = [d for d in self.starter.project.definitions if d.module.file == rest]
        if self.ours.files.get(rest, "").strip() or not moved:
            return Span(rest, 1, 1) if rest in self.ours.files else None
        homes = [now.module.file for d in moved if (now := self.counterparts.of(d))]
        apps = [app.scope.module.file for app in self.ours.routes.apps]
        most = max(dict.fromkeys(homes), key=homes.count) if homes else next(iter(apps), None)
        return Span(most, 1, 1) if most else None


def _shared(one: list[str], other: list[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
