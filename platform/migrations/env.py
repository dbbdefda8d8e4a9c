"""Alembic's environment: `kintsugi.schema` gives it the connection."""

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import kintsugi.accounts.models
import kintsugi.attempts.models
import kintsugi.heartbeat
import kintsugi.limits  # noqa: F401 - its tables
from kintsugi.database import Moment

connection = context.config.attributes["connection"]
# DBOS keeps its own tables in the same database.
ours = set(SQLModel.metadata.tables)


def include_name(name: str | None, kind: str, parents: object) -> bool:
    return kind != "table" or name in ours


def render_item(kind: str, item: object, autogen: object) -> str | bool:
    """Migrations name the database's own types: ours may change, what they did may not."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    return False


context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    include_name=include_name,
    render_item=render_item,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
