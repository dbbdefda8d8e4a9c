"""What katas teach: the items of the charter and the seven skills, each with its katas."""

from collections.abc import Iterable

from grader.kata import Kata
from grader.report import Skill, Value

RESPONSIBILITIES = (
    "REST design by FastAPI's practice",
    "Validation of requests and responses",
    "Authentication and authorisation",
    "Database access with SQLAlchemy and SQLModel",
    "Error handling, status codes, consistency",
    "Performance: async, pools, queries",
    "Clean architecture, separation of concerns",
    "Secrets, credentials, users' data",
    "Middleware, dependencies, lifespan",
    "OpenAPI documentation",
)
METHODS = (
    "Core business functionality first",
    "Async where the work waits",
    "Layers of validation",
    "Access control that is really applied",
    "Queries that could be fewer",
    "Errors handled at every layer",
    "Industry standards: JWT with refresh, OAuth2, roles",
    "Pools, transactions, async database",
    "Injection, poor input validation, careless data",
    "Consistent status codes and answers",
    "Readiness for production",
)
CONSTRAINTS = (
    "Business logic stays",
    "No unnecessary abstractions",
    "Clarity before cleverness",
    "Standards of FastAPI and Python",
)
TITLES = {
    **{f"R{n}": title for n, title in enumerate(RESPONSIBILITIES, 1)},
    **{f"S{n}": f"Skill {skill.value}" for n, skill in enumerate(Skill, 1)},
    **{f"M{n}": title for n, title in enumerate(METHODS, 1)},
    **{f"K{n}": title for n, title in enumerate(CONSTRAINTS, 1)},
}


class Item(Value):
    """One item, and the katas that teach it. Some kata has to teach a required one."""

    item: str
    title: str
    required: bool
    katas: tuple[str, ...]


class Coverage(Value):
    """Every item, in the charter's order."""

    ok: bool
    items: tuple[Item, ...]

    @property
    def missing(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if not item.katas)


def coverage(katas: Iterable[Kata]) -> Coverage:
    """Gather who teaches what: by `charter` in `kata.toml`, and by the skills of findings."""
    taught = {kata.slug: _taught(kata) for kata in katas}
    unknown = {item for items in taught.values() for item in items} - set(TITLES)
    items = tuple(
        Item(
            item=item,
            title=TITLES.get(item, ""),
            required=item[0] in "RS" and item in TITLES,
            katas=tuple(slug for slug, mine in taught.items() if item in mine),
        )
        for item in (*TITLES, *sorted(unknown))
    )
    return Coverage(ok=not any(i.required and not i.katas for i in items), items=items)


def _taught(kata: Kata) -> set[str]:
    numbers = {skill: f"S{n}" for n, skill in enumerate(Skill, 1)}
    skills = {numbers[finding.skill] for finding in kata.manifest.findings}
    return {*kata.manifest.charter, *skills}
