"""A database that is a trap for whoever copies or reads it."""

from hostile.attacks.base import LIMIT, OPEN, REGRESSED, UNRUNNABLE, Attack, harms

# The service answers from memory, so that only the file is odd.
FROM_MEMORY = """
import itertools, os, sqlite3
from sqlmodel.pool import StaticPool
LIVE = "/tmp/run/app.db"
engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
def spoil(statements, path=LIVE):
    with sqlite3.connect(path) as connection:
        connection.executescript(statements)
    connection.close()
"""


def file(name: str, code: str) -> Attack:
    """The service itself does as the starter does; its file is something else."""
    return harms(name, FROM_MEMORY + code, OPEN, REGRESSED, UNRUNNABLE, LIMIT)


BOMB = """
with recursive n(i) as (select 1 union all select i + 1 from n limit 1000000000)
select count(*) as id, 'ida' as owner, 'x' as words from n
"""

ATTACKS = [
    file("a link where the database should be", "os.symlink('$canary', LIVE)"),
    file("a link to the kept database", "os.symlink('/tmp/kept/app.db', LIVE)"),
    file("a link to itself", "os.symlink(LIVE, LIVE)"),
    file("a link to memory of the supervisor", "os.symlink(f'/proc/{os.getppid()}/mem', LIVE)"),
    file("a folder where the database should be", "os.mkdir(LIVE)"),
    file("a pipe where the database should be", "os.mkfifo(LIVE)"),
    file(
        "a socket where the database should be",
        "import socket; socket.socket(socket.AF_UNIX).bind(LIVE)",
    ),
    file("no database at all", ""),
    file("no folder for the database", "os.rmdir('/tmp/run')"),
    file("another folder for the database", "os.rmdir('/tmp/run'); os.symlink('/opt', '/tmp/run')"),
    file("a file where the kept database should be", "open('/tmp/kept', 'w').close()"),
    file("a link where the kept database should be", "os.symlink('/opt', '/tmp/kept')"),
    file("a database of noise", "open(LIVE, 'wb').write(os.urandom(1 << 20))"),
    file("a database without end", "open(LIVE, 'wb').truncate(32 << 20)"),
    file(
        "a header that is a lie",
        """
spoil("create table coat (id integer, owner text, words text)")
with open(LIVE, "r+b") as opened:
    opened.seek(16)
    opened.write(b"\\x00\\x01\\xff\\xff\\xff\\xff\\xff\\xff" + b"\\xff" * 60)
""",
    ),
    file(
        "pages that are noise",
        """
spoil("create table coat (id integer primary key, owner text, words text);"
      "with recursive n(i) as (select 1 union all select i + 1 from n limit 5000) "
      "insert into coat select i, 'ida', hex(randomblob(99)) from n")
with open(LIVE, "r+b") as opened:
    for page in range(1, 60):
        opened.seek(page * 4096)
        opened.write(os.urandom(2048))
""",
    ),
    file(
        "a schema that is noise",
        'spoil("create table coat (id integer); pragma writable_schema = on;"\n'
        "      \"update sqlite_master set sql = 'create table coat (' || hex(zeroblob(9999))\")",
    ),
    file("a view that never ends", f'spoil("""create view coat as {BOMB}""")'),
    file("a view of itself", 'spoil("create view coat as select * from coat")'),
    file(
        "a column that never ends",
        """
spoil("create table coat (id integer, owner text, "
      "words text generated always as (hex(zeroblob(400000000))))")
spoil("insert into coat (id, owner) values (1, 'ida')")
""",
    ),
    file(
        "triggers on everything",
        """
spoil("create table coat (id integer, owner text, words text);"
      "create trigger t after insert on coat begin insert into coat select * from coat; end;"
      "pragma recursive_triggers = on")
""",
    ),
    file(
        "twenty thousand tables",
        """
spoil("create table coat (id integer, owner text, words text);"
      + "".join(f"create table t{n} (a);" for n in range(2000)))
""",
    ),
    file(
        "thirty megabytes",
        'spoil("create table coat (id integer, words blob);"\n'
        '      "insert into coat values (1, zeroblob(30000000))")',
    ),
    file(
        "a lock that is never given back",
        """
spoil("create table coat (id integer, owner text, words text)")
held = sqlite3.connect(LIVE, isolation_level=None, check_same_thread=False)
held.execute("begin exclusive")
""",
    ),
    file(
        "a journal that is hot",
        """
spoil("create table coat (id integer, owner text, words text)")
open(LIVE + "-journal", "wb").write(b"\\xd9\\xd5\\x05\\xf9\\x20\\xa1\\x63\\xd7" + os.urandom(4096))
""",
    ),
    file(
        "a write-ahead log that is noise",
        """
spoil("pragma journal_mode = wal; create table coat (id integer, owner text, words text)")
open(LIVE + "-wal", "wb").write(b"\\x37\\x7f\\x06\\x82" + os.urandom(65536))
open(LIVE + "-shm", "wb").write(os.urandom(32768))
""",
    ),
    harms(
        "the kept database spoiled at every request",
        """
        try:
            with open("/tmp/kept/app.db", "r+b") as kept:
                kept.write(b"x" * 4096)
        except OSError:
            pass
        """,
        OPEN,
        REGRESSED,
        at_request=True,
    ),
    harms(
        "the live database spoiled at every request",
        "open('/tmp/run/app.db', 'r+b').write(b'x' * 4096)",
        REGRESSED,
        at_request=True,
    ),
    harms(
        "the live database removed at every request",
        "import os\ntry: os.unlink('/tmp/run/app.db')\nexcept OSError: pass",
        REGRESSED,
        OPEN,
        at_request=True,
    ),
]
