"""Reads one `katas/<track>/<slug>/` folder and checks that it is a kata.

The layout is described in `katas/README.md`. A folder that is not right is named with file and
reason (`KataError`); `load_catalogue` collects these and still gives the other katas.
"""

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError

from grader.inside.suite.size import amount_of
from grader.notes import (
    FindingNote,
    NearMiss,
    NotesError,
    RuleNote,
    parse_hints,
    parse_near_misses,
    parse_note,
    parse_rules,
)
from grader.report import CheckKind, Severity, Size, Skill, Value, Verdict
from grader.trial import TrialSetup

TRACKS = {
    "contracts": "Contracts",
    "identity": "Identity",
    "boundaries": "Boundaries",
    "data": "Data",
    "concurrency": "Concurrency and integration",
    "structure": "Structure and operations",
    "capstones": "Capstones",
}
T = TypeVar("T")
M = TypeVar("M", bound=Value)
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
MARKS = ("kata.toml", "brief.md", "starter")  # a folder with one of these is meant as a kata
EQUIVALENT = "equivalent.toml"  # for authors alone: which mutants of the reference may live
TRY = "try"  # for learners: how the draft is tried; changes no verdict
Charter = Annotated[str, Field(pattern=r"^[RMKOS]\d+$")]
Files = Mapping[str, str]  # relative path with forward slashes -> text


class KataError(Exception):
    """A kata folder is malformed: which file, and why."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason
        self.folder = ""  # the kata's folder, by its name, once a catalogue met it


class CheckSpec(Value):
    """A check as `kata.toml` declares it; the suite must run exactly these.

    Attributes:
        skill: of a broken rule; the kata's first without it. Other checks have their finding's.
        severity: of a broken rule; high without it.
    """

    id: str
    kind: CheckKind
    finding: str | None = None
    title: str
    skill: Skill | None = None
    severity: Severity | None = None


class FindingSpec(Value):
    """A flaw as `kata.toml` declares it."""

    id: str
    skill: Skill
    severity: Severity
    title: str


class LimitSpec(Value):
    """Where a kata differs from the default limits (`grader.sandbox.base.Limits`)."""

    wall_s: float | None = None
    start_s: float | None = None


class Expectation(Value):
    """What grading a specimen must say (`expected.toml`)."""

    kind: Literal["near_miss", "alternative", "extra"]
    verdict: Verdict
    failing: frozenset[str] = frozenset()
    findings: frozenset[str] = frozenset()


class Manifest(Value):
    """`kata.toml`."""

    slug: Annotated[str, Field(pattern=SLUG)]
    title: str
    track: str
    order: int
    difficulty: Annotated[int, Field(ge=1, le=5)]
    minutes: Annotated[int, Field(ge=5)]
    skills: tuple[Skill, ...]
    charter: tuple[Charter, ...] = ()
    audience: frozenset[Literal["practice", "workshop", "assessment"]]
    editable: tuple[str, ...]
    next: str | None = None
    environment: dict[str, str] = Field(default_factory=dict)
    limits: LimitSpec = LimitSpec()
    checks: tuple[CheckSpec, ...]
    findings: tuple[FindingSpec, ...]


@dataclass(frozen=True)
class Specimen:
    """A sample answer and what grading it must say. `files` are complete, laid over the starter."""

    name: str
    files: Files
    expected: Expectation


@dataclass(frozen=True)
class Kata:
    """One exercise, read and checked."""

    folder: Path
    manifest: Manifest
    brief: str
    starter: Files
    reference: Files
    suite: Files
    core: str
    notes: Mapping[str, FindingNote]
    near_misses: Mapping[str, NearMiss]
    rules: Mapping[str, RuleNote]
    hints: tuple[str, ...]
    production: str
    specimens: tuple[Specimen, ...]
    trial: TrialSetup = field(default_factory=TrialSetup)
    partners: str = ""  # Python: what partners answer in a trial, a function each

    @property
    def slug(self) -> str:
        return self.manifest.slug

    @cached_property
    def version(self) -> str:
        """Twelve hex digits that change with anything that can change a verdict or a review."""
        digest = hashlib.sha256()
        for file in sorted(p for p in self.folder.rglob("*") if _counts(self.folder, p)):
            if file.relative_to(self.folder).parts[0] in (EQUIVALENT, TRY):
                continue
            digest.update(file.relative_to(self.folder).as_posix().encode() + b"\0")
            digest.update(file.read_bytes() + b"\0")
        return digest.hexdigest()[:12]

    @cached_property
    def size(self) -> Size | None:
        """The larger of starter and reference in every count: what the problem needs at most."""
        amounts = [amount_of(self.starter), amount_of(self.reference)]
        sizes = [a.as_numbers() for a in amounts if a is not None]
        if len(sizes) < len(amounts):
            return None
        return Size(**{name: max(size[name] for size in sizes) for name in sizes[0]})

    def checks(self, *kinds: CheckKind) -> tuple[CheckSpec, ...]:
        """The declared checks, of these kinds (of all, without any)."""
        return tuple(c for c in self.manifest.checks if not kinds or c.kind in kinds)

    def submission(self, files: Files) -> tuple[dict[str, str], list[str]]:
        """What is graded when someone hands in `files`, and notes on what was left aside.

        The learner's editable files over the starter's. Files that are not the learner's to
        change are ignored, each with a note; missing ones come from the starter.
        """
        mine = {path: text for path, text in files.items() if path in self.manifest.editable}
        notes = [
            f"{path} is not yours to change in this kata and was ignored."
            for path in sorted(set(files) - set(mine))
            if files[path] != self.starter.get(path)
        ]
        missing = [p for p in self.manifest.editable if p not in files]
        notes += [f"{path} was not handed in; the starter's was used." for path in missing]
        return {**self.starter, **mine}, notes


@dataclass(frozen=True)
class Catalogue:
    """The katas on offer, in order, and the folders that could not be read."""

    katas: Mapping[str, Kata]
    problems: tuple[KataError, ...]


def bundled_katas() -> Path:
    """The folder of our own katas: beside the code in a checkout, inside an installed wheel."""
    inside = Path(__file__).parent / "katas"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "katas"


def load_catalogue(roots: Iterable[Path]) -> Catalogue:
    """Read every folder `<root>/<track>/<slug>` that has begun to be a kata.

    Malformed ones become problems.
    """
    katas: dict[str, Kata] = {}
    problems: list[KataError] = []
    for root in roots:
        begun = {path.parent for name in MARKS for path in root.glob(f"*/*/{name}")}
        for folder in sorted(begun):
            try:
                kata = load_kata(folder)
                if kata.slug in katas:
                    other = katas[kata.slug].folder
                    raise KataError(
                        folder / "kata.toml", f"slug {kata.slug!r} is also used by {other}"
                    )
                katas[kata.slug] = kata
            except KataError as problem:
                problem.folder = folder.name
                problems.append(problem)
    in_order = sorted(katas.values(), key=lambda k: (k.manifest.order, k.slug))
    return Catalogue({k.slug: k for k in in_order}, tuple(problems))


def load_kata(folder: Path) -> Kata:
    """Read one kata folder.

    Raises:
        KataError: something is missing or wrong; names the file and the reason.
    """
    manifest = _toml(folder / "kata.toml", Manifest)
    _check_manifest(folder / "kata.toml", manifest, folder.name)
    starter = _files(folder / "starter")
    reference = {**starter, **_files(folder / "reference")}
    _check_editable(folder, manifest, starter, reference)
    return Kata(
        folder=folder,
        manifest=manifest,
        brief=_text(folder / "brief.md"),
        starter=starter,
        reference=reference,
        suite=_files(folder / "suite"),
        core=_text(folder / "notes/core.md").strip(),
        notes={f.id: _note(folder / f"notes/{f.id}.md") for f in manifest.findings},
        near_misses=_parsed(folder / "notes/near-misses.md", parse_near_misses),
        rules=_rules(folder / "notes/rules.md", manifest),
        hints=_parsed(folder / "notes/hints.md", parse_hints),
        production=_optional(folder / "notes/production.md"),
        specimens=tuple(_specimen(p.parent, starter) for p in _expectations(folder)),
        trial=_trial(folder / TRY / "examples.toml"),
        partners=_optional(folder / TRY / "partners.py"),
    )


def _check_manifest(file: Path, manifest: Manifest, folder_name: str) -> None:
    if manifest.slug != folder_name:
        raise KataError(file, f"slug {manifest.slug!r} is not the folder's name {folder_name!r}")
    if manifest.track not in TRACKS:
        raise KataError(file, f"track {manifest.track!r} is none of {', '.join(TRACKS)}")
    _check_unique(file, "check", [c.id for c in manifest.checks])
    _check_unique(file, "finding", [f.id for f in manifest.findings])
    _check_findings(file, manifest)


def _check_unique(file: Path, name: str, ids: list[str]) -> None:
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise KataError(file, f"{name} {twice[0]!r} is declared twice")


def _check_findings(file: Path, manifest: Manifest) -> None:
    findings = {f.id for f in manifest.findings}
    for check in manifest.checks:
        if (check.finding is None) != (check.kind is CheckKind.KEEP):
            raise KataError(
                file, f"check {check.id!r}: keep has no finding, find and guard have one"
            )
        if check.finding is not None and (check.skill or check.severity):
            raise KataError(
                file, f"check {check.id!r}: skill and severity are those of its finding"
            )
        if check.finding is not None and check.finding not in findings:
            raise KataError(
                file, f"check {check.id!r} names finding {check.finding!r}, which is not declared"
            )
    hunted = {c.finding for c in manifest.checks if c.kind is CheckKind.FIND}
    if lost := sorted(findings - hunted):
        raise KataError(file, f"finding {lost[0]!r} has no check of kind find")


def _check_editable(folder: Path, manifest: Manifest, starter: Files, reference: Files) -> None:
    for path in manifest.editable:
        if path not in starter:
            raise KataError(folder / "kata.toml", f"editable {path!r} is not in starter/")
    for path in reference:
        if reference[path] != starter.get(path) and path not in manifest.editable:
            raise KataError(
                folder / "reference" / path, "differs from the starter but is not editable"
            )


def _expectations(folder: Path) -> list[Path]:
    return sorted((folder / "specimens").glob("*/expected.toml"))


def _specimen(folder: Path, starter: Files) -> Specimen:
    expected = _toml(folder / "expected.toml", Expectation)
    files = {p: t for p, t in _files(folder).items() if p != "expected.toml"}
    return Specimen(folder.name, {**starter, **files}, expected)


def _note(file: Path) -> FindingNote:
    return _parsed(file, parse_note)


def _trial(file: Path) -> TrialSetup:
    return _toml(file, TrialSetup) if file.is_file() else TrialSetup()


def _rules(file: Path, manifest: Manifest) -> dict[str, RuleNote]:
    """What is said of broken rules; nothing where nobody has written it yet."""
    if not file.is_file():
        return {}
    rules = _parsed(file, parse_rules)
    keeps = {c.id for c in manifest.checks if c.kind is CheckKind.KEEP}
    if unknown := sorted(set(rules) - keeps):
        raise KataError(file, f"{unknown[0]!r} is no check of kind keep")
    return rules


def _parsed(file: Path, parse: Callable[[str], T]) -> T:
    try:
        return parse(_text(file))
    except NotesError as error:
        raise KataError(file, str(error)) from None


def _toml(file: Path, model: type[M]) -> M:
    try:
        data: dict[str, Any] = tomllib.loads(_text(file))
        return model.model_validate(data)
    except tomllib.TOMLDecodeError as error:
        raise KataError(file, f"not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise KataError(file, f"{where}: {first['msg']}") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KataError(file, "is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise KataError(file, f"cannot be read as UTF-8 text: {error}") from None


def _optional(file: Path) -> str:
    return _text(file).strip() if file.is_file() else ""


def _files(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise KataError(folder, "is missing")
    found = sorted(p for p in folder.rglob("*") if _counts(folder, p))
    return {p.relative_to(folder).as_posix(): _text(p) for p in found}


def _counts(folder: Path, path: Path) -> bool:
    """Whether a file is part of a kata: not what tools leave behind."""
    parts = path.relative_to(folder).parts
    left = any(part.startswith(".") or part == "__pycache__" for part in parts)
    return path.is_file() and not left and path.suffix != ".pyc"
