"""Brings the database to the newest revision; run at the start of `serve`.

`python -m kintsugi.schema what it does` writes the next revision.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import sqlalchemy as sa

from kintsugi.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config

LOCK = 0x6B696E74  # PostgreSQL's advisory lock: one process migrates, the others wait


def migrations_folder() -> Path:
    """Inside the package in an installed wheel, beside it in a checkout."""
    here = Path(__file__).parent
    inside = here / "migrations"
    return inside if inside.is_dir() else here.parent / "migrations"


def newest_revision() -> str:
    """Files are `0001_what.py` and so on; the number is the revision."""
    return max((migrations_folder() / "versions").glob("[0-9]*.py")).stem.split("_")[0]


def upgrade(settings: Settings) -> None:
    """Make missing tables, change old ones.

    A rebuilt parent table must not cascade into its children: foreign keys are off here, because
    this engine is a plain one.
    """
    engine = sa.create_engine(settings.sync_url, poolclass=sa.NullPool)
    try:
        if settings.embedded:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        if _revision(engine) != newest_revision():
            _migrate(engine)
    finally:
        engine.dispose()


def _revision(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def revise(message: str) -> None:
    """Write the next revision: what the models have and the newest revision has not."""
    from alembic import command

    with TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{folder}/new.db", poolclass=sa.NullPool)
        _migrate(engine)
        with engine.begin() as connection:
            number = f"{int(newest_revision()) + 1:04d}"
            command.revision(_config(connection), message, autogenerate=True, rev_id=number)
        engine.dispose()


def _migrate(engine: sa.Engine) -> None:
    from alembic import command  # takes a moment to import, and is rarely needed

    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        command.upgrade(_config(connection), "head")


def _config(connection: sa.Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


if __name__ == "__main__":
    revise(" ".join(sys.argv[1:]))
