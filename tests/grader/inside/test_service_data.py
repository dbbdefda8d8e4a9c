"""What a service leaves: its log, and the copies of its database."""

import sqlite3
import time

import pytest
from app_side import GOOD, Side

from grader.inside.app.jail import Rlimits
from grader.inside.app.output import HEAD, TAIL

pytestmark = pytest.mark.sandbox
TABLE = """
import sqlite3
from fastapi import FastAPI

app = FastAPI()


def ask(sql):
    connection = sqlite3.connect("/tmp/run/app.db", isolation_level=None)
    rows = connection.execute(sql).fetchall()
    connection.close()
    return rows


ask("create table if not exists words (word text)")
ask("insert into words values ('new')")
print("words:", ask("select count(*) from words")[0][0])
"""


def words(blob: bytes) -> list[str]:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(blob)
    found = [row[0] for row in connection.execute("select word from words order by rowid")]
    connection.close()
    return found


def test_second_process_runs_beside_the_first_on_the_same_database(side: Side) -> None:
    app = side(TABLE + "import kintsugi_outside\nprint('slot', kintsugi_outside.slot)\n")
    assert app.start(slot=0)["ok"] is True
    assert app.start(slot=1)["ok"] is True
    shown = app.log()
    assert "slot 0" in shown
    assert "slot 1" in shown
    assert "words: 2" in shown
    app.stop(slot=1)
    assert app.silent_for(0.1)
    assert words(app.ask("database")[1]) == ["new", "new"]


# Log


def test_log_holds_what_all_processes_printed(side: Side) -> None:
    app = side(f"import sys\nprint('out')\nprint('err', file=sys.stderr)\n{GOOD}")
    app.start()
    app.stop()
    app.start()
    shown = app.log()
    assert shown.count("out\n") == shown.count("err\n") == 2


def test_log_since_a_mark_holds_what_came_later(side: Side) -> None:
    app = side(f"print('x' * (1 << 17))\nprint('started')\n{GOOD}")
    app.start()
    mark = app.ask("log")[0]["total"]
    app.stop()
    assert app.ask("log", since=mark)[1] == b""
    app.start()
    answer, blob = app.ask("log", since=mark)
    assert answer["total"] == 2 * mark
    assert blob.endswith(b"started\n")
    assert blob.count(b"started") == 1


def test_traceback_of_a_failed_start_is_in_the_log(side: Side) -> None:
    app = side("raise ValueError('no')\n")
    app.start()
    assert "ValueError: no" in app.log()


def test_long_log_keeps_its_head_and_its_tail(side: Side) -> None:
    app = side(f"print('first')\nprint('x' * (1 << 20))\nprint('last')\n{GOOD}")
    app.start()
    answer, blob = app.ask("log")
    assert len(blob) == HEAD + TAIL
    assert blob.startswith(b"first\n")
    assert blob.endswith(b"last\n")
    assert answer["dropped"] == (1 << 20) + len("first\n\nlast\n") - len(blob)


def test_flood_of_output_is_told_once(side: Side) -> None:
    app = side(f"for _ in range(24):\n    print('x' * (1 << 20))\n{GOOD}")
    assert app.start()["ok"] is True
    assert app.event() == {"event": "flood"}
    assert app.silent_for(0.1)


# Database


def test_database_is_copied_as_it_is(side: Side) -> None:
    app = side(TABLE)
    app.start()
    answer, blob = app.ask("database")
    assert answer["ok"] is True
    assert words(blob) == ["new"]


def test_database_that_is_not_there_is_said_to_be_missing(side: Side) -> None:
    app = side(GOOD)
    app.start()
    assert app.ask("database") == ({"answer": 2, "ok": False}, b"")
    assert app.ask("keep")[0]["ok"] is False
    assert app.ask("restore")[0]["ok"] is False


def test_kept_database_is_restored_while_the_service_has_it_open(side: Side) -> None:
    main = f"{TABLE}\nheld = sqlite3.connect('/tmp/run/app.db')\nheld.execute('vacuum')\n"
    app = side(main)
    app.start()
    assert app.ask("keep")[0]["ok"] is True
    app.start(slot=1)
    assert words(app.ask("database")[1]) == ["new", "new"]
    assert app.ask("restore")[0]["ok"] is True
    assert words(app.ask("database")[1]) == ["new"]


def test_renewing_removes_everything_but_the_kept_database(side: Side) -> None:
    app = side(
        TABLE + "import os\nprint('files', os.listdir('/tmp/run'))\nopen('/tmp/run/x', 'w')\n"
    )
    app.start()
    app.ask("keep")
    app.stop()
    assert app.ask("renew")[0]["ok"] is True
    app.start()
    assert app.log().count("files ['app.db']") == 2
    assert words(app.ask("database")[1]) == ["new", "new"]


@pytest.mark.parametrize(
    "code",
    [
        "os.symlink('/tmp/kept/app.db', LIVE)",
        "os.symlink('/etc/passwd', LIVE)",
        "import socket; socket.socket(socket.AF_UNIX).bind(LIVE)",
        "os.mkdir(LIVE)",
        "open(LIVE, 'wb').write(os.urandom(9999))",
    ],
    ids=["link", "link out", "socket", "folder", "noise"],
)
def test_database_that_is_none_is_refused_and_the_supervisor_lives(side: Side, code: str) -> None:
    app = side(f"import os\nLIVE = '/tmp/run/app.db'\n{code}\n{GOOD}")
    assert app.start()["ok"] is True
    began = time.monotonic()
    assert app.ask("database")[0]["ok"] is False
    assert app.ask("keep")[0]["ok"] is False
    assert time.monotonic() - began < 8.0
    assert app.ask("log")[0]["ok"] is True


def test_database_is_copied_up_to_32_mib(side: Side) -> None:
    size = 31_000_000  # more does not fit into the sandbox
    main = """
import os, sqlite3
connection = sqlite3.connect("/tmp/run/app.db")
connection.execute("pragma journal_mode = off")
connection.execute("create table words (word)")
connection.execute("insert into words values (zeroblob(?))", (int(os.environ["SIZE"]),))
connection.commit()
connection.close()
"""
    app = side("".join((main, GOOD)), limits=Rlimits(file_size=64 << 20))
    assert app.start(SIZE=str(size))["ok"] is True
    answer, blob = app.ask("database")
    assert answer["ok"] is True
    assert len(blob) > size
