"""A kata's notes are read, or refused with the reason."""

import pytest
from grader_factories import HINTS, NOTE, RULES

from grader.notes import NotesError, parse_hints, parse_near_misses, parse_note, parse_rules


def test_note_has_its_parts() -> None:
    note = parse_note(NOTE)
    assert note.places == ("route POST /orders",)
    assert note.references == ("CWE-639",)
    assert note.evidence == "{count} strangers read the order of {name}."
    assert note.why == "Because of NAME."
    assert note.recommendation == "Mend NAME."
    assert note.example == "answer = 42", "without the fence"
    assert note.trade_off == "It costs a line."
    assert note.alternatives == "Any other way."
    assert note.when_closed == "Praise for NAME."


def test_sections_may_come_in_any_order() -> None:
    head, _, rest = NOTE.partition("## Evidence\n{count} strangers read the order of {name}.\n")
    assert parse_note(f"{head}{rest}## Evidence\nSeen.\n").evidence == "Seen."


def test_heading_inside_a_fence_begins_no_section() -> None:
    note = parse_note(NOTE.replace("answer = 42", "## no heading\nanswer = 42"))
    assert note.example == "## no heading\nanswer = 42"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must begin with front matter"),
        ("## Evidence\nSeen.\n", "must begin with front matter"),
        (NOTE.replace("+++\n## Evidence", "## Evidence"), "must begin with front matter"),
        (NOTE.replace("places = ", "places "), "front matter is not TOML"),
        (NOTE.replace('["route POST /orders"]', '"x"'), "front matter needs 'places'"),
        (NOTE.replace('["route POST /orders"]', "[]"), "front matter needs 'places'"),
        (NOTE.replace('["route POST /orders"]', '["x", 1]'), "front matter needs 'places'"),
        (NOTE.replace('references = ["CWE-639"]\n', ""), "front matter needs 'references'"),
        (NOTE.replace("## Trade-off", "## Tradeoff"), "unknown section 'Tradeoff'; there are: "),
        (NOTE.replace("It costs a line.", ""), "section 'Trade-off' is missing or empty"),
        (NOTE.partition("## When closed")[0], "section 'When closed' is missing or empty"),
        (NOTE.replace("```python", "```"), "section 'Example' must be one fenced block of python"),
        (NOTE.replace("```\n", "```\nAnd prose.\n"), "section 'Example' must be one fenced block"),
    ],
)
def test_malformed_note_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(NotesError) as caught:
        parse_note(text)
    assert str(caught.value).startswith(reason)


def test_near_misses_by_name() -> None:
    parsed = parse_near_misses("## one\n\nFirst line,\nsecond line.\n\n## two\n\nOther.\n")
    assert {name: miss.text for name, miss in parsed.items()} == {
        "one": "First line,\nsecond line.",
        "two": "Other.",
    }


def test_no_near_misses_are_none() -> None:
    assert parse_near_misses("") == {}


def test_hints_come_in_three_steps() -> None:
    assert parse_hints(HINTS) == ("Why?", "There.", "So.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        HINTS.partition("## An approach")[0],
        HINTS.replace("There.", ""),
        HINTS.replace("## A pointer", "## A clue"),
        f"{HINTS}## One more\nx\n",
    ],
    ids=["none", "a step less", "an empty step", "another name", "a step more"],
)
def test_other_than_the_three_hints_is_refused(text: str) -> None:
    with pytest.raises(NotesError, match="needs the sections '## A question'"):
        parse_hints(text)


def test_rules_by_their_check() -> None:
    rules = parse_rules(RULES + RULES.replace("k1", "k2").replace("Customers", "Shops"))
    assert list(rules) == ["k1", "k2"]
    assert rules["k1"].title == "Customers lose the number of their order"
    assert rules["k1"].why == "They ask for it by that number."
    assert rules["k1"].recommendation.startswith("Number orders in the table;")
    assert rules["k2"].title == "Shops lose the number of their order"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "needs a section '## k1' for each keep check"),
        ("## k1\n", "k1 must begin with its title, on one line"),
        (RULES.replace("lose the", "lose\nthe"), "k1 must begin with its title, on one line"),
        (
            RULES.partition("### Recommendation")[0],
            "k1: part 'Recommendation' is missing or empty",
        ),
        (
            RULES.replace("They ask for it by that number.", ""),
            "k1: part 'Why it matters' is missing or empty",
        ),
        (RULES.replace("### Why it", "### Why this"), "k1: unknown part 'Why this matters'; there"),
    ],
)
def test_malformed_rules_are_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(NotesError) as caught:
        parse_rules(text)
    assert str(caught.value).startswith(reason)
