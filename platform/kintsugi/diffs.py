"""What has changed between two sets of files: hunks of lines, with the review's remarks in them.

The files may be anybody's. Comparing takes time that grows with the square of what has changed, so
all of it has bounds: a file that has too much says how much instead of showing it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import takewhile

from markupsafe import Markup

from grader.report import Finding
from kintsugi.markup import highlighted_lines, unix

CONTEXT = 3
MOST_LINES = 1_200  # changed ones of a file, on either side
MOST_ROWS = 1_500  # of all files together
LONGEST_LINE = 400
ALIKE = 0.6  # of two files' lines: then it is one file under another name
COLOURED = 100_000  # characters; a longer file stays plain
NOT_SHOWN = "Not shown: the files above already have as much as a page takes."

Opcode = tuple[str, int, int, int, int]


@dataclass(frozen=True)
class Remark:
    """A finding of the review, under the number that it has there."""

    number: int
    finding: Finding


@dataclass(frozen=True)
class DiffRow:
    """One line of a diff. `change` is added, removed, folded or nothing; numbers may be missing."""

    change: str
    before: int | None
    after: int | None
    html: Markup
    text: str = ""
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class FileDiff:
    """What changed in one file.

    Attributes:
        change: changed, added, removed or renamed.
        was: the path before, where it is another one.
        note: why no lines are shown.
    """

    path: str
    added: int
    removed: int
    rows: tuple[DiffRow, ...]
    change: str = "changed"
    was: str = ""
    note: str = ""


def diff(before: Mapping[str, str], after: Mapping[str, str]) -> list[FileDiff]:
    """The files of `after` that differ, with folded stretches of what stayed the same."""
    changed = [path for path in after if _lines(before.get(path, "")) != _lines(after[path])]
    return _within_bounds(
        [_file(path, path, before.get(path, ""), after[path], ()) for path in changed]
    )


def revisions(
    before: Mapping[str, str], after: Mapping[str, str], remarks: Sequence[Remark] = ()
) -> list[FileDiff]:
    """The same of two submissions, where files may come, go and take other names.

    Args:
        before: the earlier one's files.
        after: the later one's files.
        remarks: of the later one's review; each stands once, in the first hunk that holds a line
            of its place.
    """
    moved = _renamed(before, after)
    found: list[FileDiff] = []
    for path in sorted({*before, *after}):
        was = moved.get(path, path)
        if path in moved.values():
            continue
        old, new = before.get(was, ""), after.get(path, "")
        if was != path or (path in before) != (path in after) or _lines(old) != _lines(new):
            mine = [r for r in remarks if r.finding.place and r.finding.place.file == path]
            kind = _kind(was, path, before, after)
            found.append(replace(_file(was, path, old, new, mine), change=kind))
    return _within_bounds(found)


def _kind(was: str, path: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    if was != path:
        return "renamed"
    return "added" if path not in before else "removed" if path not in after else "changed"


def _renamed(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """New path -> old path of the files that have most of their lines in common."""
    gone = {path: Counter(_lines(before[path])) for path in before if path not in after}
    moved: dict[str, str] = {}
    for path in (p for p in after if p not in before):
        lines = Counter(_lines(after[path]))
        alike = [(_likeness(lines, other), was) for was, other in gone.items()]
        likeness, was = max(alike, default=(0.0, ""))
        if likeness >= ALIKE:
            moved[path] = was
            del gone[was]
    return moved


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def _file(was: str, path: str, before: str, after: str, remarks: Sequence[Remark]) -> FileDiff:
    old, new = _lines(before), _lines(after)
    hunks = _hunks(old, new)
    name = was if was != path else ""
    if hunks is None:
        note = (
            f"Too much has changed to be shown line by line:"
            f" {len(old):,} lines before, {len(new):,} lines now."
        )
        return FileDiff(path, 0, 0, (), was=name, note=note)
    shown, coloured = _coloured(old, was), _coloured(new, path)
    rows: list[DiffRow] = []
    reached, left = 0, list(remarks)
    for hunk in hunks:
        rows += _folded(hunk[0][1] - reached)
        rows += _remarked(list(_changed(hunk, old, new, shown, coloured)), left)
        reached = hunk[-1][2]
    rows += _folded(len(old) - reached)
    added = sum(row.change == "added" for row in rows)
    removed = sum(row.change == "removed" for row in rows)
    return FileDiff(path, added, removed, tuple(rows), was=name)


def _hunks(old: list[str], new: list[str]) -> list[list[Opcode]] | None:
    """Groups of changes with their context; None where there are too many lines to compare."""
    head = max(0, _alike(old, new) - CONTEXT)
    tail = max(0, _alike(reversed(old[head:]), reversed(new[head:])) - CONTEXT)
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    if max(len(left), len(right)) > MOST_LINES:
        return None
    groups = SequenceMatcher(a=left, b=right).get_grouped_opcodes(CONTEXT)
    return [
        [(tag, i1 + head, i2 + head, j1 + head, j2 + head) for tag, i1, i2, j1, j2 in group]
        for group in groups
        if any(tag != "equal" for tag, *_ in group)
    ]


def _alike(one: Iterable[str], other: Iterable[str]) -> int:
    """How many lines are the same before the first that differs."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in same)


def _changed(
    hunk: Iterable[Opcode],
    old: Sequence[str],
    new: Sequence[str],
    shown: Sequence[Markup],
    coloured: Sequence[Markup],
) -> Iterator[DiffRow]:
    for tag, i1, i2, j1, j2 in hunk:
        if tag == "equal":
            yield from (
                DiffRow("", i + 1, j + 1, coloured[j], new[j])
                for i, j in zip(range(i1, i2), range(j1, j2), strict=True)
            )
        else:
            yield from (DiffRow("removed", i + 1, None, shown[i], old[i]) for i in range(i1, i2))
            yield from (DiffRow("added", None, j + 1, coloured[j], new[j]) for j in range(j1, j2))


def _remarked(rows: list[DiffRow], left: list[Remark]) -> list[DiffRow]:
    """The rows with the remarks whose place they touch, which are then no longer left."""
    for remark in list(left):
        place = remark.finding.place
        touched = [
            number
            for number, row in enumerate(rows)
            if place and row.after and place.line <= row.after <= max(place.line, place.end)
        ]
        if touched:
            last = max(touched, key=lambda number: (rows[number].change == "added", number))
            rows[last] = replace(rows[last], remarks=(*rows[last].remarks, remark))
            left.remove(remark)
    return rows


def _folded(lines: int) -> list[DiffRow]:
    words = "1 line" if lines == 1 else f"{lines} lines"
    # words of ours and a number
    return [DiffRow("folded", None, None, Markup(f"{words} unchanged"))] if lines else []  # noqa: S704 - words of ours and a number


def _within_bounds(files: list[FileDiff]) -> list[FileDiff]:
    """What a page can show; the files that come after that only say that they changed."""
    left = MOST_ROWS
    shown: list[FileDiff] = []
    for file in files:
        fits = len(file.rows) <= left or not shown
        shown.append(file if fits else replace(file, rows=(), note=NOT_SHOWN))
        left -= len(file.rows) if fits else 0
    return shown


def _lines(text: str) -> list[str]:
    plain = unix(text).rstrip("\n")
    return plain.split("\n") if plain else []


def _coloured(lines: list[str], path: str) -> tuple[Markup, ...]:
    cut = (s if len(s) <= LONGEST_LINE else f"{s[:LONGEST_LINE]}…" for s in lines)
    text = "\n".join(cut)
    return highlighted_lines(text, path if len(text) <= COLOURED else "text")
