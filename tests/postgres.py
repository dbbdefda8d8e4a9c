"""A PostgreSQL server of the tests' own, in a folder of its own, reached by its socket alone."""

import contextlib
import functools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

USER = "postgres"  # root may not run the server; Debian's package makes this user
DEBIAN = Path("/usr/lib/postgresql")
READY = "ready to accept connections"
QUICK = {"fsync": "off", "full_page_writes": "off", "listen_addresses": ""}  # it lives for minutes
STOP_S = 20.0
_own: list["Postgres"] = []


def lacks() -> str:
    """Why there is no PostgreSQL for these tests."""
    if _programs() is None:
        return "PostgreSQL is not installed. On Debian: apt-get install postgresql"
    if os.geteuid() == 0 and not _has_user():
        return f"root cannot run PostgreSQL, and there is no user {USER}"
    return ""


def database() -> str:
    """The address of a new, empty database; the server starts with the first."""
    if not _own:
        _own.append(Postgres())
    return _own[0].database()


def stop() -> None:
    while _own:
        _own.pop().stop()


class Postgres:
    """A running server."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kintsugi-postgres-"))
        self._folder.chmod(0o755)
        self._as: list[str] = []
        if os.geteuid() == 0:
            self._as = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
            shutil.chown(self._folder, USER, USER)
        data = str(self._folder / "data")
        flags = ("--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C", "--no-sync")
        self._run("initdb", "--pgdata", data, *flags)
        settings = {**QUICK, "unix_socket_directories": str(self._folder)}
        self._process = subprocess.Popen(
            [*self._as, _program("postgres"), "-D", data]
            + [word for name, value in settings.items() for word in ("-c", f"{name}={value}")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self._folder,
            text=True,
        )
        assert self._process.stderr is not None
        said = ""
        while READY not in said:
            line = self._process.stderr.readline()
            assert line, f"PostgreSQL does not start: {said}"
            said += line
        # From here on it writes into a pipe that nobody reads: a few lines at its end.

    def database(self) -> str:
        name = f"kintsugi_{secrets.token_hex(4)}"
        with psycopg.connect(host=str(self._folder), user=USER, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return f"postgresql+psycopg://{USER}@/{name}?host={self._folder}"

    def stop(self) -> None:
        """End it at once; nothing of it is left."""
        self._process.send_signal(signal.SIGQUIT)  # without a checkpoint
        self._process.wait(STOP_S)
        assert self._process.stderr is not None
        self._process.stderr.close()
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self._folder)

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [*self._as, _program(program), *words],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
        )


@functools.cache
def _programs() -> Path | None:
    """Where `initdb` and `postgres` are: Debian keeps them off PATH."""
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    initdb = found[-1] if found else on_path and Path(on_path).resolve()
    return initdb.parent if initdb else None


def _program(name: str) -> str:
    folder = _programs()
    assert folder is not None
    return str(folder / name)


def _has_user() -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(USER))
    return False
