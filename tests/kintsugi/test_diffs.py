"""Two sets of files, line by line."""

import re
import time
from html import unescape

from grader.report import Finding, Place, Severity, Skill, State
from kintsugi.diffs import MOST_LINES, MOST_ROWS, FileDiff, Remark, diff, revisions

SERVICE = "".join(f"line_{n} = {n}\n" for n in range(1, 41))


def plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def remark(number: int, line: int, end: int = 0, file: str = "app/main.py") -> Remark:
    finding = Finding(
        id=f"F{number}",
        skill=Skill.AUTH,
        severity=Severity.HIGH,
        title="A title",
        state=State.OPEN,
        place=Place(file=file, line=line, end=end or line),
    )
    return Remark(number, finding)


def beside(file: FileDiff) -> dict[int | None, list[int]]:
    """Line -> numbers of the remarks that stand there."""
    return {r.after: [each.number for each in r.remarks] for r in file.rows if r.remarks}


def test_both_sides_are_numbered_and_the_rest_is_folded() -> None:
    after = SERVICE.replace("line_20 = 20", "line_20 = 0\nextra = 1")
    (changed,) = diff(
        {"app/main.py": SERVICE, "b.py": "same"}, {"app/main.py": after, "b.py": "same"}
    )
    assert (changed.path, changed.added, changed.removed) == ("app/main.py", 2, 1)
    assert [(r.change, r.before, r.after) for r in changed.rows] == [
        ("folded", None, None),
        ("", 17, 17),
        ("", 18, 18),
        ("", 19, 19),
        ("removed", 20, None),
        ("added", None, 20),
        ("added", None, 21),
        ("", 21, 22),
        ("", 22, 23),
        ("", 23, 24),
        ("folded", None, None),
    ]
    assert changed.rows[0].html == "16 lines unchanged"


def test_changes_far_from_one_another_are_hunks_of_their_own() -> None:
    after = SERVICE.replace("line_5 = 5\n", "").replace("line_35 = 35", "line_35 = 0")
    (changed,) = diff({"a.py": SERVICE}, {"a.py": after})
    folded = [plain(row.html) for row in changed.rows if row.change == "folded"]
    assert folded == ["1 line unchanged", "23 lines unchanged", "2 lines unchanged"]
    assert [(r.before, r.after) for r in changed.rows if r.change] == [
        (None, None),
        (5, None),
        (None, None),
        (35, None),
        (None, 34),
        (None, None),
    ]


def test_line_ends_are_not_seen_and_new_files_are() -> None:
    assert diff({"a.py": "x = 1\n"}, {"a.py": "x = 1\r\n"}) == []
    (new,) = diff({}, {"new.py": "x = 1\n"})
    assert [(row.change, plain(row.html)) for row in new.rows] == [("added", "x = 1")]


def test_files_come_go_and_take_other_names() -> None:
    before = {"a.py": SERVICE, "old.py": "gone = 1\n", "same.py": "x = 1\n"}
    after = {"b.py": SERVICE + "more = 1\n", "new.py": "fresh = 1\n", "same.py": "x = 1\n"}
    found = {f.path: (f.change, f.was, f.added, f.removed) for f in revisions(before, after)}
    assert found == {
        "b.py": ("renamed", "a.py", 1, 0),
        "new.py": ("added", "", 1, 0),
        "old.py": ("removed", "", 0, 1),
    }


def test_file_that_only_took_another_name_has_no_lines_to_show() -> None:
    (moved,) = revisions({"a.py": SERVICE}, {"b.py": SERVICE})
    assert (moved.change, moved.was) == ("renamed", "a.py")
    assert [row for row in moved.rows if row.change != "folded"] == []


def test_remark_stands_at_the_last_changed_line_of_its_place() -> None:
    after = SERVICE.replace("line_20 = 20", "line_20 = 0")
    (changed,) = revisions(
        {"app/main.py": SERVICE},
        {"app/main.py": after},
        [remark(1, 18, 30), remark(2, 22), remark(3, 35), remark(4, 20, file="app/other.py")],
    )
    assert beside(changed) == {20: [1], 22: [2]}


def test_remark_whose_place_has_two_hunks_stands_in_the_first() -> None:
    after = SERVICE.replace("line_5 = 5", "line_5 = 0").replace("line_35 = 35", "line_35 = 0")
    (changed,) = revisions({"app/main.py": SERVICE}, {"app/main.py": after}, [remark(1, 1, 40)])
    assert beside(changed) == {5: [1]}


def test_too_many_changes_are_counted_and_not_shown() -> None:
    long = "x = 1\n" * (MOST_LINES + 10)
    (changed,) = revisions({"a.py": "y = 2\n"}, {"a.py": long})
    assert changed.rows == ()
    assert changed.note.endswith("1 lines before, 1,210 lines now.")


def test_one_change_in_a_long_file_is_shown() -> None:
    before = "".join(f"x{n} = 1\n" for n in range(5_000))
    (changed,) = revisions({"a.py": before}, {"a.py": before.replace("x4000 = 1", "x4000 = 2")})
    assert [row.before for row in changed.rows if row.change == "removed"] == [4001]


def test_page_has_a_bound_for_all_files_together() -> None:
    before = {f"{n}.py": "" for n in range(5)}
    after = {f"{n}.py": "".join(f"x{n}_{m} = 1\n" for m in range(700)) for n in range(5)}
    found = revisions(before, after)
    assert sum(len(file.rows) for file in found) <= MOST_ROWS
    assert [bool(file.note) for file in found] == [False, False, True, True, True]
    assert {file.added for file in found} == {700}


def test_hostile_lines_are_text_cut_short_and_compared_in_time() -> None:
    began = time.process_time()
    before = {"a.py": "\n".join(["", "a"] * (MOST_LINES // 2 - 10))}
    after = {"a.py": "\n".join(["a", ""] * (MOST_LINES // 2 - 10)), "b.py": "<script>" * 30_000}
    found = {file.path: file for file in revisions(before, after)}
    assert len(plain(found["b.py"].rows[0].html)) == 401
    assert "<script" not in found["b.py"].rows[0].html
    assert time.process_time() - began < 5
