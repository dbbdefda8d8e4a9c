"""The same on PostgreSQL: migrations, and the way from handing in to a verdict."""

import asyncio
import json
from collections.abc import Generator
from pathlib import Path

import postgres
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from load_crowd import crowd
from served import served

from grader.kata import bundled_katas, load_kata
from kintsugi import schema
from kintsugi.settings import Settings

pytestmark = pytest.mark.postgres
PEOPLE, PATIENCE_S = 4, 120.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", database_url=postgres.database())


@pytest.fixture
def engine(settings: Settings) -> Generator[sa.Engine]:
    schema.upgrade(settings)
    made = sa.create_engine(settings.sync_url)
    yield made
    made.dispose()


def config(connection: sa.Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", str(schema.migrations_folder()))
    made.attributes["connection"] = connection
    return made


def test_the_models_need_no_further_migration(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        command.check(config(connection))  # raises where tables and models differ


def test_what_learners_had_survives_the_upgrade(settings: Settings, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        command.downgrade(config(connection), "0001")
        connection.exec_driver_sql(
            "INSERT INTO account (id, handle, is_guest, created_at)"
            " VALUES ('ida', 'ida', true, '2026-11-24')"
        )
        connection.execute(
            sa.text(
                "INSERT INTO attempt (id, account_id, kata, disclosure, files, revision, closed,"
                " total, mended, created_at, touched_at) VALUES ('a1', 'ida', 'last-seat', 'full',"
                " :files, 3, 0, 5, false, '2026-11-24', '2026-11-24')"
            ),
            {"files": json.dumps({"app/main.py": "mine = 1\n"})},
        )
    schema.upgrade(settings)
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT id, revision, files, review_first FROM attempt")
        assert kept.all() == [("a1", 3, {"app/main.py": "mine = 1\n"}, False)]


def test_all_the_way_down_and_up_again(settings: Settings, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        command.downgrade(config(connection), "base")
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    schema.upgrade(settings)


@pytest.mark.sandbox
def test_what_is_handed_in_is_graded_once(settings: Settings) -> None:
    kata = load_kata(bundled_katas() / "contracts" / "library-desk")
    files = {path: kata.reference[path] for path in kata.manifest.editable}
    address = {"KINTSUGI_DATABASE_URL": str(settings.database_url)}
    with served(settings.data, environment=address) as server:
        seen = asyncio.run(crowd(server.url, kata.slug, files, PEOPLE, PATIENCE_S))
    assert seen.as_figures()["server_errors"] == 0
    assert seen.verdicts == {"approved": PEOPLE}
    engine = sa.create_engine(settings.sync_url)
    with engine.connect() as connection:
        graded = "SELECT count(*) FROM grading WHERE report IS NOT NULL"
        assert connection.exec_driver_sql(graded).scalar() == PEOPLE
    engine.dispose()
