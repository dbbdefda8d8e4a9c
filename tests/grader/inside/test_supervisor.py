"""The app side of a real sandbox: processes are started, stopped and noticed."""

import signal
import time

import pytest
from app_side import GOOD, Side, failure_of

from grader.inside.app.jail import Rlimits

pytestmark = pytest.mark.sandbox


def test_service_starts_and_says_how_long_it_took(side: Side) -> None:
    answer = side(GOOD).start()
    assert answer["ok"] is True
    assert 0 < answer["ms"] < 5_000


@pytest.mark.parametrize(
    ("main", "kind", "text", "line"),
    [
        ("x = 1\nif x\n", "syntax", "SyntaxError: expected ':'", 2),
        ("x = 1\n\nraise ValueError('no')\n", "exception", "ValueError: no", 3),
        ("import nowhere\n", "exception", "ModuleNotFoundError: No module named 'nowhere'", 1),
        ("import sys\nsys.exit(3)\n", "exit", "SystemExit: 3", 2),
        ("bytearray(2 << 30)\n", "memory", "MemoryError: ", 1),
        ("x = 1\n", "no_app", "app/main.py has no application named app", None),
        ("app = 7\n", "no_app", "app/main.py has no application named app", None),
    ],
)
def test_service_that_cannot_start_says_why_and_where(
    side: Side, main: str, kind: str, text: str, line: int | None
) -> None:
    failure = failure_of(side(main).start())
    file = "app/main.py" if line else None
    assert failure == {"kind": kind, "text": text, "file": file, "line": line}


def test_place_of_a_failure_is_the_last_line_of_the_learners_own(side: Side) -> None:
    main = "import json\nfrom app.more import read\n\nread()\n"
    more = {"app/more.py": "import json\n\n\ndef read():\n    return json.loads('{')\n"}
    failure = failure_of(side(main, more=more).start())
    assert (failure["file"], failure["line"]) == ("app/more.py", 5)


def test_failure_in_the_lifespan_says_why_and_where(side: Side) -> None:
    main = (
        "from fastapi import FastAPI\n\n\nasync def lifespan(app):\n    raise KeyError('x')\n"
        "    yield\n\n\napp = FastAPI(lifespan=lifespan)\n"
    )
    failure = failure_of(side(main).start())
    assert failure["text"] == "KeyError: 'x'"
    assert (failure["file"], failure["line"]) == ("app/main.py", 5)


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("os._exit(0)", "exit status 0"),
        ("os._exit(7)", "exit status 7"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
        ("os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("os.kill(os.getpid(), 35)", "signal 35"),
    ],
)
def test_service_that_ends_by_itself_says_how_and_can_be_started_again(
    side: Side, code: str, how: str
) -> None:
    app = side(f"import os\nif os.environ.get('END'): {code}\n{GOOD}")
    failure = failure_of(app.start(END="1"))
    assert failure["kind"] == "exit"
    assert failure["text"] == f"The service ended by itself while it started ({how})."
    assert app.start()["ok"] is True


def test_variable_that_is_null_is_left_out(side: Side) -> None:
    seen = "print('seen', [name for name in 'AB' if name in os.environ])"
    main = f"import os\n\n{seen}\n{GOOD}"
    app = side(main, environment={"A": "1", "B": "2"})
    app.ask("start", slot=0, env={"A": None}, budget_s=5.0)
    assert "seen ['B']" in app.log()


@pytest.mark.parametrize(
    "main",
    [
        "import threading\nthreading.Event().wait()\n",
        "while True:\n    pass\n",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n",
        "import asyncio\nasync def app(*_):\n    await asyncio.Event().wait()\n",
    ],
    ids=["waits", "computes", "stopped", "lifespan waits"],
)
def test_service_that_never_starts_is_ended_and_said_to_be_late(side: Side, main: str) -> None:
    app = side(main)
    began = time.monotonic()
    failure = failure_of(app.start(budget_s=0.6))
    assert failure["kind"] == "timeout"
    assert failure["text"] == "The service did not start within 0.6 seconds."
    assert 0.5 < time.monotonic() - began < 5.0


@pytest.mark.parametrize(
    "claim",
    [
        b"x\n",
        b'{"failure": "x"}\n',
        b'{"failure": {"kind": ["x"], "text": 1}}\n',
        b"[" * 4_000 + b"\n",
        b"\xff\n",
    ],
    ids=["noise", "no object", "other kinds", "deep", "no text"],
)
def test_what_the_service_says_of_itself_is_taken_only_in_its_form(
    side: Side, claim: bytes
) -> None:
    """The status pipe is in the submission's process: it can write there."""
    main = f"""
import os, stat
for fd in range(3, 64):
    try:
        if stat.S_ISFIFO(os.fstat(fd).st_mode):
            os.write(fd, {claim!r})
            break
    except OSError:
        pass
{GOOD}"""
    failure = failure_of(side(main).start())
    assert failure["kind"] in ("timeout", "exit")
    assert failure["file"] is None


def test_variables_are_those_of_the_order_and_few_others(side: Side) -> None:
    main = f"import os\nprint(sorted(os.environ))\nprint(os.environ['COLOUR'])\n{GOOD}"
    app = side(main, environment={"REGION": "north", "COLOUR": "red"})
    app.start(COLOUR="blue")
    shown = app.log()
    for name in ("REGION", "DATABASE_URL", "PATH", "LANG"):
        assert f"'{name}'" in shown
    assert "blue" in shown
    assert "KINTSUGI" not in shown


def test_limits_of_the_order_hold_in_the_service(side: Side) -> None:
    main = f"""
import resource
for name in ("AS", "CPU", "FSIZE", "NOFILE", "NPROC", "CORE"):
    print(name, resource.getrlimit(getattr(resource, "RLIMIT_" + name)))
{GOOD}"""
    limits = Rlimits(memory=512 << 20, cpu_s=7, file_size=1 << 20, open_files=99, processes=60)
    app = side(main, limits=limits)
    assert app.start()["ok"] is True
    shown = app.log()
    assert f"AS ({512 << 20}, {512 << 20})" in shown
    assert "CPU (7, 8)" in shown
    assert f"FSIZE ({1 << 20}, {1 << 20})" in shown
    assert "NOFILE (99, 99)" in shown
    assert "NPROC (60, 60)" in shown
    assert "CORE (0, 0)" in shown


def test_forty_threads_and_more_can_be_had(side: Side) -> None:
    """With default stacks they could not, and learners would have been blamed for it."""
    main = f"""
import threading
hold = threading.Event()
made = [threading.Thread(target=hold.wait, daemon=True) for _ in range(100)]
for thread in made:
    thread.start()
print("threads:", threading.active_count())
{GOOD}"""
    app = side(main)
    assert app.start()["ok"] is True
    assert "threads: 101" in app.log()


# Ending


def when_told(act: str) -> str:
    """A service that serves until `renew` takes a file of its away, then acts by itself."""
    return f"""
import os, pathlib, signal, threading, time
mark = pathlib.Path("/tmp/run/mark")
mark.touch()
def wait():
    while mark.exists():
        time.sleep(0.01)
    {act}
threading.Thread(target=wait, daemon=True).start()
{GOOD}"""


def test_end_by_itself_is_told_once(side: Side) -> None:
    app = side(when_told("os._exit(5)"))
    assert app.start()["ok"] is True
    app.ask("renew")
    assert app.event() == {"event": "exit", "slot": 0, "code": 5}
    assert app.silent_for(0.2)


def test_polite_stop_ends_a_polite_service(side: Side) -> None:
    app = side(GOOD)
    app.start()
    assert app.stop(number=signal.SIGTERM) == {"answer": 2, "ok": True, "forced": False}
    assert app.silent_for(0.1), "an end that was asked for is no event"


def test_service_that_does_not_follow_is_killed(side: Side) -> None:
    app = side(when_told("os.kill(os.getpid(), signal.SIGSTOP)"))
    assert app.start()["ok"] is True
    app.ask("renew")
    assert app.silent_for(0.4), "a process that is stopped has not ended"
    began = time.monotonic()
    assert app.stop(number=signal.SIGTERM, within_s=0.3)["forced"] is True
    assert 0.3 <= time.monotonic() - began < 2.0


def test_stop_of_what_does_not_run_is_no_error(side: Side) -> None:
    assert side(GOOD).stop(slot=1) == {"answer": 1, "ok": True, "forced": False}
