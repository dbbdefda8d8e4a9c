"""Which katas are on offer, in which order, and how far someone is with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from grader.kata import TRACKS, Kata, KataError, load_catalogue
from grader.sandbox.base import Limits
from kintsugi.catalogue.models import Filters, KataDetail, KataPage, KataState, KataSummary
from kintsugi.errors import InvalidError, NotFoundError


@dataclass(frozen=True)
class Standing:
    """How far someone is with one kata."""

    state: KataState = KataState.NEW
    closed: int = 0
    total: int = 0


Standings = Mapping[str, Standing]  # slug -> standing; a kata that is not in it is new


@dataclass(frozen=True)
class Entry:
    """A kata on the list, as someone sees it.

    Attributes:
        first: a kata that leads to it and should be mended before; None if one has been.
    """

    kata: Kata
    state: KataState
    closed: int
    total: int
    first: Kata | None = None


@dataclass(frozen=True)
class Track:
    """The katas about one subject, in order."""

    slug: str
    title: str
    entries: tuple[Entry, ...]


class Shelf:
    """The katas that were read at the start."""

    def __init__(self, roots: Iterable[Path]) -> None:
        """Read them; folders that are not right are left out and named in `problems`."""
        catalogue = load_catalogue(roots)
        self.katas: Mapping[str, Kata] = catalogue.katas
        self.problems: tuple[KataError, ...] = catalogue.problems

    @cached_property
    def offered(self) -> Mapping[str, Kata]:
        """Those that anyone may practise; the others have no page."""
        return {s: k for s, k in self.katas.items() if "practice" in k.manifest.audience}

    @cached_property
    def leading(self) -> Mapping[str, tuple[Kata, ...]]:
        """To each kata those that name it as their next, and come before it; in order."""
        found: dict[str, list[Kata]] = {slug: [] for slug in self.offered}
        for kata in self.offered.values():
            named = self.offered.get(kata.manifest.next or "")
            if named and kata.manifest.order < named.manifest.order:
                found[named.slug].append(kata)
        return {slug: tuple(katas) for slug, katas in found.items()}

    def next_of(self, kata: Kata) -> Kata | None:
        """The kata that it names, if that is on offer."""
        return self.offered.get(kata.manifest.next or "")

    def kata(self, slug: str) -> Kata:
        """A kata that anyone may practise.

        Raises:
            NotFoundError: there is none of that name, or it is not for practice.
        """
        if slug not in self.offered:
            raise NotFoundError("There is no such kata. /katas shows them all.")
        return self.offered[slug]


def entry(shelf: Shelf, kata: Kata, standings: Standings) -> Entry:
    """A kata as the owner of `standings` sees it."""
    standing = standings.get(kata.slug, Standing())
    leading = shelf.leading.get(kata.slug, ())
    ready = any(standings.get(k.slug, Standing()).state is KataState.MENDED for k in leading)
    first = leading[0] if leading and not ready and standing.state is KataState.NEW else None
    return Entry(kata, standing.state, standing.closed, len(kata.manifest.findings), first)


def entries(shelf: Shelf, standings: Standings, filters: Filters) -> list[Entry]:
    """What the filters leave, in order."""
    everything = (entry(shelf, kata, standings) for kata in shelf.offered.values())
    return [e for e in everything if _matches(e, filters)]


def tracks(shown: Iterable[Entry]) -> list[Track]:
    """Entries by track, in the tracks' own order; empty ones are left out."""
    by_track: dict[str, list[Entry]] = {slug: [] for slug in TRACKS}
    for each in shown:
        by_track[each.kata.manifest.track].append(each)
    return [Track(s, TRACKS[s], tuple(found)) for s, found in by_track.items() if found]


def listing(shelf: Shelf, filters: Filters, cursor: str | None, limit: int) -> KataPage:
    """One page for the API; the cursor is the last slug seen.

    Raises:
        InvalidError: the cursor is none that we gave.
    """
    shown = entries(shelf, {}, filters)
    slugs = [each.kata.slug for each in shown]
    if cursor is not None and cursor not in slugs:
        raise InvalidError("That cursor is none of this list. Begin again without one.")
    start = slugs.index(cursor) + 1 if cursor else 0
    end = start + limit
    items = [_summary(shelf, each.kata) for each in shown[start:end]]
    return KataPage(items=items, next=slugs[end - 1] if end < len(slugs) else None)


def detail(shelf: Shelf, kata: Kata) -> KataDetail:
    """Everything about a kata that its learner may know."""
    changes = kata.manifest.limits.model_dump(exclude_none=True)
    return KataDetail(
        **_summary(shelf, kata).model_dump(),
        version=kata.version,
        brief=kata.brief,
        files=dict(kata.starter),
        editable=list(kata.manifest.editable),
        checks=len(kata.manifest.checks),
        limits=replace(Limits(), **changes).as_numbers(),
    )


def _summary(shelf: Shelf, kata: Kata) -> KataSummary:
    manifest, following = kata.manifest, shelf.next_of(kata)
    return KataSummary(
        slug=manifest.slug,
        title=manifest.title,
        track=manifest.track,
        order=manifest.order,
        after=[each.slug for each in shelf.leading.get(kata.slug, ())],
        next=following.slug if following else None,
        difficulty=manifest.difficulty,
        minutes=manifest.minutes,
        skills=list(manifest.skills),
        findings=len(manifest.findings),
    )


def _matches(shown: Entry, filters: Filters) -> bool:
    manifest = shown.kata.manifest
    return (
        filters.track in (None, manifest.track)
        and (filters.skill is None or filters.skill in manifest.skills)
        and filters.difficulty in (None, manifest.difficulty)
        and (filters.minutes is None or manifest.minutes <= filters.minutes)
        and filters.state in (None, shown.state)
        and _says(shown.kata, filters.words)
    )


def _says(kata: Kata, words: Iterable[str]) -> bool:
    text = f"{kata.slug} {kata.manifest.title} {kata.brief}".casefold()
    return all(word in text for word in words)
