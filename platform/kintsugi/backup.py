"""A copy of everything that is kept, taken while the server serves.

One file: SQLite's own online backup (https://sqlite.org/backup.html) in one step, which reads one
state of the database, waiting gradings among it; the write-ahead log lets others write meanwhile.
In several steps it would begin anew with every write, and under load never end.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from kintsugi.settings import Settings

PATIENCE_S = 30.0
OWN = 0o600  # it holds what people wrote, and digests of their passwords


class BackupError(Exception):
    """Why there is no backup, and what to do."""


def back_up(settings: Settings, target: Path) -> int:
    """Copy the database into a new file; returns its size in bytes.

    Args:
        settings: of the installation.
        target: does not exist yet.

    Raises:
        BackupError: it cannot be made. Nothing is left at `target`.
    """
    if not settings.embedded:
        raise BackupError("The database is PostgreSQL. Back it up with: pg_dump --format=custom")
    source = settings.data / "kintsugi.db"
    if not source.is_file():
        raise BackupError(f"There is no database in {settings.data}. Name its folder with --data.")
    if target.exists():
        raise BackupError(f"{target} is there already, and is not written over.")
    half = target.with_name(f".{target.name}.half")
    try:
        half.unlink(missing_ok=True)
        half.touch(OWN)
        _copy(source, half)
        half.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{target} cannot be made: {error}.") from error
    finally:
        half.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(source: Path, target: Path) -> None:
    with (
        closing(
            sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=PATIENCE_S)
        ) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        (found,) = copy.execute("PRAGMA quick_check").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged ({found})")
