"""What has become of each definition of the starter in a submission.

The same name counts first, then an endpoint's method and path, then having more in common than
anything else, and at least half; last what it does for the app, such as to handle an exception.
"""

from collections.abc import Callable, Iterator

from grader.inside.suite.likeness import TELLING, Rarity, Traits, is_table, same_fields, traits_of
from grader.inside.suite.module import Definition
from grader.inside.suite.places import Places

ENOUGH = 0.5
APART = 0.05  # a likeness that a second one comes so near to tells nothing
ROUNDS = 3  # what is recognised makes more recognisable
MOST = 400  # definitions that are compared with each other
Key = Callable[[Definition], object]


class Counterparts:
    """Pairs the definitions of the starter with those of a submission; some have none."""

    def __init__(self, starter: Places, ours: Places) -> None:
        self.starter = starter
        self.ours = ours
        self._of: dict[Definition, Definition] = {}
        self._taken: set[Definition] = set()
        self._doubtful: set[Definition] = set()
        self._sorts = {
            definition: _sort(definition, side.routes.roles.get(definition, set()))
            for side in (starter, ours)
            for definition in side.project.definitions
        }
        self._by_name()
        for _ in range(ROUNDS):
            before = len(self._of)
            self._by_likeness()
            self._by_name()
            if len(self._of) == before:
                break
        self._by_role("")

    def of(self, definition: Definition) -> Definition | None:
        """The counterpart of one of the starter's definitions."""
        return self._of.get(definition)

    def pairs(self, *, sure: bool = False) -> Iterator[tuple[Definition, Definition]]:
        """All pairs, in the starter's order; if asked without those that are alike only by half."""
        for definition in self.starter.project.definitions:
            if definition in self._of and not (sure and definition in self._doubtful):
                yield definition, self._of[definition]

    def is_new(self, definition: Definition) -> bool:
        """Whether one of the submission's definitions is the counterpart of none."""
        return definition not in self._taken

    def _by_name(self) -> None:
        self._only(lambda d: (d.module.file, d.place, self._sorts[d]))
        self._only(self._in_counterpart)
        self._only(lambda d: None if d.name.startswith("__") else (d.name, self._sorts[d]))
        self._by_role("/")

    def _by_role(self, having: str) -> None:
        """Pair the only ones of a role; a path tells more than what one does for the app."""
        left, right = _players(self._unpaired(), self.starter), _players(self._new(), self.ours)
        for role, several in sorted(left.items()):
            one, other = several[0], right.get(role, several)[0]
            alone = len(several) == len(right.get(role, ())) == 1
            if alone and having in role and one not in self._of and other not in self._taken:
                self._pair(one, other)

    def _only(self, key: Key) -> None:
        """Pair those that are the only ones of a key on both sides."""
        left, right = _groups(self._unpaired(), key), _groups(self._new(), key)
        for known, several in left.items():
            if len(several) == len(right.get(known, ())) == 1:
                self._pair(several[0], right[known][0])

    def _by_likeness(self) -> None:
        left, right = self._unpaired()[:MOST], self._new()[:MOST]
        if not left or not right:
            return
        every = traits_of(self.starter.project.definitions, {})
        known = {other.name: one.name for one, other in self.pairs()}
        theirs = traits_of(self.ours.project.definitions, known)
        here, there = {d: every[d] for d in left}, {d: theirs[d] for d in right}
        rarity = Rarity(every.values())
        scored = self._scores(here, there, rarity)
        while scored:
            score, one, other = scored[0]
            rest = [s for s in scored[1:] if one is s[1] or other is s[2]]
            if score < ENOUGH:
                return
            if not rest or score - rest[0][0] > APART:
                self._pair(one, other)
                if score < TELLING and not same_fields(one, other):
                    self._doubtful.add(one)
            scored = [s for s in scored if one is not s[1] and other is not s[2]]

    def _scores(
        self, here: dict[Definition, Traits], there: dict[Definition, Traits], rarity: Rarity
    ) -> list[tuple[float, Definition, Definition]]:
        found = [
            (rarity.likeness(mine, other), one, two)
            for one, mine in here.items()
            for two, other in there.items()
            if self._sorts[one] == self._sorts[two]
        ]
        return sorted(found, key=lambda scored: -scored[0])

    def _in_counterpart(self, definition: Definition) -> object:
        """A method is told by its name where its class is told."""
        owner = definition.scope.owner
        if owner is None or not owner.is_class:
            return None
        return (self._of.get(owner, owner), definition.name)

    def _unpaired(self) -> list[Definition]:
        return [d for d in self.starter.project.definitions if d not in self._of]

    def _new(self) -> list[Definition]:
        return [d for d in self.ours.project.definitions if d not in self._taken]

    def _pair(self, one: Definition, other: Definition) -> None:
        self._of[one] = other
        self._taken.add(other)


def _sort(definition: Definition, roles: set[str]) -> str:
    """Only what is of one sort can be each other's counterpart by its name or by likeness."""
    if definition.is_class:
        return "table" if is_table(definition) else "class"
    if definition.name.startswith("__"):
        return definition.name
    return "endpoint" if any(" /" in role for role in roles) else "function"


def _players(definitions: list[Definition], side: Places) -> dict[str, list[Definition]]:
    found: dict[str, list[Definition]] = {}
    for definition in definitions:
        for role in side.routes.roles.get(definition, ()):
            found.setdefault(role, []).append(definition)
    return found


def _groups(definitions: list[Definition], key: Key) -> dict[object, list[Definition]]:
    found: dict[object, list[Definition]] = {}
    for definition in definitions:
        known = key(definition)
        if known is not None:
            found.setdefault(known, []).append(definition)
    return found
