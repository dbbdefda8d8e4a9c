"""Migrations and models say the same."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DatabaseError

from kintsugi import schema
from kintsugi.database import make_sync_engine
from kintsugi.settings import Settings


def config(connection: sa.Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", str(schema.migrations_folder()))
    made.attributes["connection"] = connection
    return made


def test_the_models_need_no_further_migration(settings: Settings) -> None:
    engine = make_sync_engine(settings.sync_url)
    with engine.begin() as connection:
        command.check(config(connection))  # raises where tables and models differ
    engine.dispose()


def test_the_newest_file_is_the_newest_revision() -> None:
    scripts = ScriptDirectory(str(schema.migrations_folder()))
    assert scripts.get_current_head() == schema.newest_revision()


def test_down_and_up_again(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    schema.upgrade(settings)
    engine = sa.create_engine(settings.sync_url)
    with engine.begin() as connection:
        command.downgrade(config(connection), "base")
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()
    schema.upgrade(settings)
    schema.upgrade(settings)  # the second finds nothing to do


def test_attempts_from_before_flaws_were_listed_are_kept(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    schema.upgrade(settings)
    engine = sa.create_engine(settings.sync_url)
    with engine.begin() as connection:
        command.downgrade(config(connection), "0001")
        connection.exec_driver_sql("INSERT INTO account VALUES ('ida', 'ida', 1, '2026-11-24')")
        connection.exec_driver_sql(
            "INSERT INTO attempt (id, account_id, kata, disclosure, files, revision, closed, total,"
            " mended, created_at, touched_at) VALUES ('a1', 'ida', 'last-seat', 'full', '{}', 0, 0,"
            " 5, 0, '2026-11-24', '2026-11-24')"
        )
    schema.upgrade(settings)
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT id, review_first FROM attempt").all()
    engine.dispose()
    assert kept == [("a1", 0)]


def test_guests_and_tokens_from_before_accounts_are_kept(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    schema.upgrade(settings)
    engine = sa.create_engine(settings.sync_url)
    with engine.begin() as connection:
        command.downgrade(config(connection), "0002")
        for name in ("ida", "bo"):
            made = "INSERT INTO account VALUES (?, ?, 1, '2026-11-24')"
            connection.exec_driver_sql(made, (name, name))
            token = "INSERT INTO apitoken VALUES (?, ?, '2026-11-24')"
            connection.exec_driver_sql(token, (name * 20, name))
    schema.upgrade(settings)
    with engine.connect() as connection:
        accounts = connection.exec_driver_sql("SELECT id, is_guest, email, role FROM account").all()
        tokens = connection.exec_driver_sql("SELECT account_id, id, name, used_at FROM apitoken")
        kept = {account_id: (id_, name, used) for account_id, id_, name, used in tokens}
    engine.dispose()
    assert accounts == [("ida", 1, None, "learner"), ("bo", 1, None, "learner")]
    assert kept == {"ida": (("ida" * 20)[:16], "", None), "bo": (("bo" * 20)[:16], "", None)}


def test_reports_from_before_say_where_findings_stand(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    schema.upgrade(settings)
    engine = sa.create_engine(settings.sync_url)
    findings = [{"id": "F1", "state": "open"}, {"id": "k1", "state": "regression"}]
    reports = {"g1": json.dumps({"review": {"findings": findings}}), "g2": '{"review": null}'}
    with engine.begin() as connection:
        command.downgrade(config(connection), "0002")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        for name, report in (*reports.items(), ("g3", None)):
            connection.exec_driver_sql(
                "INSERT INTO grading (id, submission_id, starts, report, created_at)"
                " VALUES (?, 's1', 1, ?, '2026-11-24')",
                (name, report),
            )
    schema.upgrade(settings)
    with engine.connect() as connection:
        filled = connection.exec_driver_sql("SELECT id, standing FROM grading ORDER BY id").all()
    engine.dispose()
    assert filled == [("g1", '{"F1": "open"}'), ("g2", "{}"), ("g3", None)]


def test_a_database_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kintsugi.db").write_text("my diary, not to be overwritten\n" * 100)
    with pytest.raises(DatabaseError):
        schema.upgrade(Settings(data=tmp_path))
    assert "my diary" in (tmp_path / "kintsugi.db").read_text()
