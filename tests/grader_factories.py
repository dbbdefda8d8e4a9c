"""Makes kata folders and check results for tests."""

from collections.abc import Mapping
from pathlib import Path

from grader.kata import Kata, load_kata
from grader.report import CheckResult, Evidence, Outcome, Reading, Report, Verdict
from grader.review import compose, score_of

MANIFEST = """
slug = "tiny"
title = "Tiny"
track = "contracts"
order = 1
difficulty = 1
minutes = 10
skills = ["api-design", "security"]
audience = ["practice"]
editable = ["app/main.py"]
next = "other"
[[checks]]
id = "k1"
kind = "keep"
title = "Orders keep their number"
[[checks]]
id = "c1"
kind = "find"
finding = "F1"
title = "Creating answers 201"
[[checks]]
id = "c2"
kind = "find"
finding = "F2"
title = "A stranger sees nothing"
[[checks]]
id = "g2"
kind = "guard"
finding = "F2"
title = "The owner still sees the order"
[[findings]]
id = "F1"
skill = "api-design"
severity = "medium"
title = "Creating answers 200"
[[findings]]
id = "F2"
skill = "security"
severity = "critical"
title = "Anybody reads an order"
"""
NOTE = """+++
places = ["route POST /orders"]
references = ["CWE-639"]
+++
## Evidence
{count} strangers read the order of {name}.
## Why it matters
Because of NAME.
## Recommendation
Mend NAME.
## Example
```python
answer = 42
```
## Trade-off
It costs a line.
## Accepted alternatives
Any other way.
## When closed
Praise for NAME.
"""
RULES = """## k1

Customers lose the number of their order

### Why it matters

They ask for it by that number.

### Recommendation

Number orders in the table; a new model likely left the number out.
"""
HINTS = "## A question\nWhy?\n## A pointer\nThere.\n## An approach\nSo.\n"
EXPECTED = (
    'kind = "near_miss"\nverdict = "changes_requested"\nfailing = ["c2"]\nfindings = ["F2"]\n'
)


Changes = Mapping[str, str | None]


def kata_folder(root: Path, changed: Changes | None = None) -> Path:
    """A right kata folder.

    Args:
        root: where to make it.
        changed: other contents by path; None leaves a file out.
    """
    files: dict[str, str | None] = {
        "kata.toml": MANIFEST,
        "brief.md": "A brief.",
        "starter/app/main.py": "app = None\n",
        "reference/app/main.py": "app = 1\n",
        "suite/test_tiny.py": "",
        "notes/core.md": "It takes orders.",
        "notes/production.md": "Watch it.",
        "notes/hints.md": HINTS,
        "notes/near-misses.md": "## hidden\nThe order is hidden from lists alone.",
        "notes/F1.md": NOTE.replace("NAME", "F1"),
        "notes/F2.md": NOTE.replace("NAME", "F2"),
        "specimens/hidden/expected.toml": EXPECTED,
        "specimens/hidden/app/main.py": "app = 2\n",
    }
    files |= changed or {}
    folder = root / "contracts" / "tiny"
    for path, text in files.items():
        if text is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    return folder


def tiny_kata(root: Path, changed: Changes | None = None) -> Kata:
    """The same, loaded."""
    return load_kata(kata_folder(root, changed))


def kata_with_findings(root: Path, count: int) -> Kata:
    """A kata with so many findings `X1`, `X2` ..., each hunted by one check `x1`, `x2` ..."""
    head = MANIFEST[: MANIFEST.index("[[checks]]")]
    numbers = range(1, count + 1)
    checks = [
        f'[[checks]]\nid = "x{n}"\nkind = "find"\nfinding = "X{n}"\ntitle = "Check {n}"\n'
        for n in numbers
    ]
    findings = [
        f'[[findings]]\nid = "X{n}"\nskill = "auth"\nseverity = "low"\ntitle = "Flaw {n}"\n'
        for n in numbers
    ]
    notes = {f"notes/X{n}.md": NOTE.replace("NAME", f"X{n}") for n in numbers}
    manifest = "".join([head, *checks, *findings])
    return tiny_kata(root, {"kata.toml": manifest, **notes})


def results(
    kata: Kata, *failing: str, evidence: tuple[Evidence, ...] = ()
) -> tuple[CheckResult, ...]:
    """A result for each check; the failing ones carry the evidence."""
    return tuple(
        CheckResult(
            id=c.id,
            kind=c.kind,
            finding=c.finding,
            title=c.title,
            outcome=Outcome.FAILED if c.id in failing else Outcome.PASSED,
            evidence=evidence if c.id in failing else (),
        )
        for c in kata.manifest.checks
    )


def a_run(
    kata: Kata, checks: tuple[CheckResult, ...], verdict: Verdict, reading: Reading | None = None
) -> Report:
    """The report of a run that told these results."""
    return Report(
        kata=kata.slug,
        kata_version=kata.version,
        verdict=verdict,
        score=score_of(kata, checks),
        checks=checks,
        review=compose(kata, checks, reading or Reading(), verdict),
        seed=7,
    )


def not_run(kata: Kata) -> tuple[CheckResult, ...]:
    """No check was reached."""
    return tuple(r.model_copy(update={"outcome": Outcome.NOT_RUN}) for r in results(kata))


def with_outcome(
    checks: tuple[CheckResult, ...], outcome: Outcome, *ids: str
) -> tuple[CheckResult, ...]:
    """The same results, but these checks ended otherwise."""
    return tuple(c.model_copy(update={"outcome": outcome}) if c.id in ids else c for c in checks)
