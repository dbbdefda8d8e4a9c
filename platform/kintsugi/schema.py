"""Brings the database to the newest revision; run at the start of `serve`."""

from pathlib import Path

import sqlalchemy as sa

from kintsugi.settings import Settings

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


def _migrate(engine: sa.Engine) -> None:
    from alembic import command  # takes a moment to import, and is rarely needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
