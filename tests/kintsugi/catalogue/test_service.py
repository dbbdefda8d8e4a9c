"""Which katas are shown, and what leads to what. Pure, over katas made of one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from grader_factories import tiny_kata

from grader.report import Skill
from kintsugi.catalogue.models import Filters, KataState
from kintsugi.catalogue.service import Shelf, Standing, entries, entry, listing

BRIEFS = {
    "desk": "Members borrow books at a desk.",
    "seat": "A theatre sells seats; a Hold lasts ten minutes.",
    "gate": "Tokens open a gate for ten minutes.",
}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """desk leads to seat, seat back to desk, and gate to a kata that is not on offer."""
    base = tiny_kata(tmp_path)
    values: dict[str, dict[str, Any]] = {
        "desk": {"order": 1, "minutes": 30, "next": "seat", "title": "Answers OK"},
        "seat": {"order": 2, "minutes": 45, "next": "desk", "difficulty": 3},
        "gate": {"order": 3, "minutes": 60, "next": "gone", "skills": (Skill.AUTH,)},
    }
    made = Shelf([])
    made.katas = {
        slug: replace(
            base,
            manifest=base.manifest.model_copy(update={"slug": slug, **update}),
            brief=BRIEFS[slug],
        )
        for slug, update in values.items()
    }
    return made


@pytest.mark.parametrize(
    ("filters", "slugs"),
    [
        (Filters(), ["desk", "seat", "gate"]),
        (Filters(minutes=45), ["desk", "seat"]),
        (Filters(minutes=44), ["desk"]),
        (Filters(q="ten minutes"), ["seat", "gate"]),
        (Filters(q="  HOLD  ten "), ["seat"]),
        (Filters(q="answers"), ["desk"]),
        (Filters(q="gate"), ["gate"]),
        (Filters(q="hold tokens"), []),
        (Filters(q="minutes", skill=Skill.AUTH), ["gate"]),
        (Filters(q="   "), ["desk", "seat", "gate"]),
        (Filters(state=KataState.MENDED), ["desk"]),
        (Filters(state=KataState.BEGUN), ["seat"]),
        (Filters(state=KataState.NEW), ["gate"]),
    ],
)
def test_filters_leave_what_matches_all(shelf: Shelf, filters: Filters, slugs: list[str]) -> None:
    standings = {"desk": Standing(KataState.MENDED), "seat": Standing(KataState.BEGUN)}
    assert [each.kata.slug for each in entries(shelf, standings, filters)] == slugs


def test_only_what_comes_before_leads_to_a_kata(shelf: Shelf) -> None:
    leading = {slug: [kata.slug for kata in found] for slug, found in shelf.leading.items()}
    assert leading == {"desk": [], "seat": ["desk"], "gate": []}


@pytest.mark.parametrize(
    ("standings", "first"),
    [
        ({}, "desk"),
        ({"desk": Standing(KataState.BEGUN)}, "desk"),
        ({"desk": Standing(KataState.MENDED)}, None),
        ({"seat": Standing(KataState.BEGUN)}, None),
    ],
)
def test_what_should_come_first_is_said_until_it_is_mended_or_the_kata_begun(
    shelf: Shelf, standings: dict[str, Standing], first: str | None
) -> None:
    found = entry(shelf, shelf.katas["seat"], standings).first
    assert (found.slug if found else None) == first


def test_programs_are_told_the_path(shelf: Shelf) -> None:
    items = listing(shelf, Filters(), None, 100).items
    assert [(item.slug, item.order, item.after, item.next) for item in items] == [
        ("desk", 1, [], "seat"),
        ("seat", 2, ["desk"], "desk"),
        ("gate", 3, [], None),
    ]
