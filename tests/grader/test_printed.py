"""A service's log as its author reads it."""

from grader.printed import WORK, readable, shortened

TRACE = f"""before
Traceback (most recent call last):
  File "/opt/runtime/packages/starlette/routing.py", line 9, in app
    await route.handle(scope)
          ^^^^^^^^^^^^^^^^^^^
  File "/opt/kit/grader/inside/app/probes.py", line 121, in _request
    await self.app(scope, receive, send)
  File "{WORK}app/main.py", line 7, in it
    helper()
  File "{WORK}app/helper.py", line 2, in helper
    raise KeyError("x")
  File "/opt/runtime/packages/sqlmodel/session.py", line 3, in exec
    return 1
KeyError: 'x'
after
"""
GROUP = f"""  + Exception Group Traceback (most recent call last):
  |   File "/opt/runtime/packages/anyio/_backends.py", line 783, in __aexit__
  |     raise BaseExceptionGroup(
  | ExceptionGroup: unhandled errors (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "{WORK}app/main.py", line 12, in it
    |     boom()
    | ValueError: boom
    +------------------------------------
"""


def test_own_frames_stay_and_others_are_counted() -> None:
    assert readable(TRACE, 9_999).split("\n") == [
        "before",
        "Traceback (most recent call last):",
        "  [2 frames of libraries]",
        '  File "app/main.py", line 7, in it',
        "    helper()",
        '  File "app/helper.py", line 2, in helper',
        '    raise KeyError("x")',
        "  [1 frame of libraries]",
        "KeyError: 'x'",
        "after",
    ]


def test_frames_of_a_group_are_folded_where_they_stand() -> None:
    text = readable(GROUP, 9_999)
    assert "  |   [1 frame of libraries]" in text
    assert '    |   File "app/main.py", line 12, in it' in text
    assert "ValueError: boom" in text
    assert "/opt/" not in text


def test_a_log_that_ends_within_a_traceback_is_read() -> None:
    assert readable('  File "/opt/x.py", line 1, in y\n    z', 99) == "  [1 frame of libraries]"


def test_what_only_looks_like_a_frame_stays() -> None:
    for text in ('File "/opt/x.py", line 1', "    indented", "[3 frames of libraries]"):
        assert readable(text, 99) == text
    assert readable(f'say File "{WORK}app/a.py", line 1', 99) == 'say File "app/a.py", line 1'


def test_a_long_log_keeps_its_head_and_its_tail() -> None:
    text = shortened("a" * 5_000 + "b" * 5_000, 1_000)
    assert len(text) <= 1_000
    assert text.startswith("aaa")
    assert text.endswith("bbb")
    assert "characters left out" in text
    assert shortened("short", 1_000) == "short"
