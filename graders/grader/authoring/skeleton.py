"""Begins a kata: a folder that can be read, in which everything to be written is marked."""

import re
from pathlib import Path

from grader.kata import SLUG, TRACKS

UNWRITTEN = "AUTHOR:"  # what follows, to the end of the line, is still to be written

MANIFEST = """\
slug = "{slug}"
title = "{title}"                     # AUTHOR: a title of the story, not of the flaw
track = "{track}"
order = 900                           # AUTHOR: its place in the catalogue
difficulty = 2                        # AUTHOR: 1 to 5
minutes = 40                          # AUTHOR: how long it takes
skills = ["api-design"]               # AUTHOR: of the findings
charter = []                          # AUTHOR: what it teaches, such as R1, M10, K1
audience = []                         # AUTHOR: practice, workshop, assessment; none hides it
editable = ["app/main.py"]

[[checks]]
id = "k1"
kind = "keep"
title = "The first rule holds"        # AUTHOR: a business rule that works and must stay

[[checks]]
id = "c1"
kind = "find"
finding = "F1"
title = "The first flaw is mended"    # AUTHOR: what holds once the flaw is mended

[[findings]]
id = "F1"
skill = "api-design"                  # AUTHOR: exactly one
severity = "medium"                   # AUTHOR: by consequence: critical high medium low advice
title = "Something happens to somebody"  # AUTHOR: what happens to whom
"""
BRIEF = """\
AUTHOR: the story: what the service is for, and who uses it

## Rules that must not change

- AUTHOR: each business rule that a keep check holds

## What users report

- AUTHOR: each flaw as its victims tell it, never by its name

## Your part

Change `app/main.py`. To run the service: `uvicorn app.main:app --reload`; its documentation is at
`/docs`.
"""
STARTER = '''\
"""AUTHOR: the service, in one sentence."""

from fastapi import FastAPI

app = FastAPI(title="{title}")

# AUTHOR: the service, with a flaw that a decent developer in a hurry would leave
'''
REFERENCE = STARTER.replace("with a flaw that a decent developer in a hurry would leave", "mended")
SUITE = '''\
"""Kata {slug}: AUTHOR: the question that the suite asks."""

from kit import check, seed


@seed
def world(app, rng):
    """AUTHOR: the data that every check begins with."""


@check("k1", kind="keep", title="The first rule holds")
def first_rule(app, seeded):
    raise AssertionError("AUTHOR: what must still work.")


@check("c1", finding="F1", title="The first flaw is mended")
def first_flaw(app, seeded, evidence):
    raise AssertionError("AUTHOR: what an attacker does, and what was observed.")
'''
FINDING = """\
+++
places = ["file app/main.py"]  # AUTHOR: selectors, the nearest first
references = ["RFC 9110"]  # AUTHOR: CWE, RFC, OWASP or documentation
+++

## Evidence

AUTHOR: what was observed, in the past tense

## Why it matters

AUTHOR: what it costs whom

## Recommendation

AUTHOR: one imperative sentence

## Example

```python
...  # AUTHOR: at most twelve lines
```

## Trade-off

AUTHOR: what the repair costs, and when the other choice is right

## Accepted alternatives

AUTHOR: other repairs that pass

## When closed

AUTHOR: praise, from what was observed
"""
NEAR_MISSES = """\
## half-mended

AUTHOR: what this repair closes, and what it leaves open
"""
RULES = """\
## k1

AUTHOR: what happens to whom when this rule is broken, at most 80 characters

### Why it matters

AUTHOR: why people rely on this rule

### Recommendation

AUTHOR: the likeliest way in which a repair breaks it, and what to give back
"""
HINTS = """\
## A question

AUTHOR: a question that leads there

## A pointer

AUTHOR: where to look

## An approach

AUTHOR: how to go about it
"""
CORE = "AUTHOR: the business functionality to preserve, in two or three sentences\n"
PRODUCTION = "AUTHOR: what to watch once it runs, or no such file\n"
EXPECTED = """\
kind = "near_miss"
verdict = "changes_requested"
failing = ["c1"]                      # AUTHOR: the exact set of checks
findings = ["F1"]                     # AUTHOR: the open ones
"""
EXAMPLES = """\
# [environment] has the service's variables in a trial, as the brief states them
[[examples]]
title = "Read the document"           # AUTHOR: three to five requests that succeed, in their order
method = "GET"
path = "/openapi.json"
"""
HALF = STARTER.replace(
    "with a flaw that a decent developer in a hurry would leave", "mended the way most would try"
)
FILES = {
    "kata.toml": MANIFEST,
    "brief.md": BRIEF,
    "starter/app/__init__.py": "",
    "starter/app/main.py": STARTER,
    "reference/app/main.py": REFERENCE,
    "suite/test_{name}.py": SUITE,
    "notes/core.md": CORE,
    "notes/F1.md": FINDING,
    "notes/rules.md": RULES,
    "notes/near-misses.md": NEAR_MISSES,
    "notes/hints.md": HINTS,
    "notes/production.md": PRODUCTION,
    "try/examples.toml": EXAMPLES,
    "specimens/half-mended/expected.toml": EXPECTED,
    "specimens/half-mended/app/main.py": HALF,
}


class SkeletonError(Exception):
    """No skeleton can be made of what was asked for."""


def begin(root: Path, slug: str, track: str) -> Path:
    """Make the folder of a new kata and give its path.

    Raises:
        SkeletonError: there is such a folder, no such track, or it is no slug.
    """
    if not re.fullmatch(SLUG, slug):
        raise SkeletonError(f"A slug is words in lower case, with hyphens, not {slug!r}.")
    if track not in TRACKS:
        raise SkeletonError(f"--track is one of {', '.join(TRACKS)}, not {track!r}.")
    folder = root / track / slug
    if taken := next(iter(root.glob(f"*/{slug}")), None):
        raise SkeletonError(f"{taken} is there already.")
    title = slug.replace("-", " ").capitalize()
    for path, text in FILES.items():
        file = folder / path.format(name=slug.replace("-", "_"))
        file.parent.mkdir(parents=True, exist_ok=True)
        filled = text.replace("{slug}", slug).replace("{title}", title).replace("{track}", track)
        file.write_text(filled, encoding="utf-8")
    return folder


def unwritten(folder: Path) -> list[tuple[str, int, str]]:
    """What is still to be written: file, line and what it is about."""
    found: list[tuple[str, int, str]] = []
    for file in sorted(p for p in folder.rglob("*") if p.suffix in (".md", ".toml", ".py")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            _, mark, about = line.partition(UNWRITTEN)
            if mark:
                found.append((file.relative_to(folder).as_posix(), number, _bare(about)))
    return found


def _bare(about: str) -> str:
    return about.strip().rstrip('.")').strip()
