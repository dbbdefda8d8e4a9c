"""Hints opened one by one, the reference opened on giving up, where findings stand after a grading

Revision: 0005, after 0004.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "openedhint",
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
            name=op.f("fk_openedhint_attempt_id_attempt"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attempt_id", "number", name=op.f("pk_openedhint")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gave_up_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("grading", schema=None) as batch_op:
        batch_op.add_column(sa.Column("standing", sa.JSON(), nullable=True))
    _fill(op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("grading", schema=None) as batch_op:
        batch_op.drop_column("standing")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_column("gave_up_at")
    op.drop_table("openedhint")


def _fill(connection: sa.Connection) -> None:
    """What `Report.standing` says, for reports of before. One at a time: they are long."""
    grading = sa.table(
        "grading", sa.column("id"), sa.column("report"), sa.column("standing", sa.JSON)
    )
    stored = sa.select(grading.c.id).where(grading.c.report.is_not(None))
    for (id,) in connection.execute(stored).all():
        found = sa.select(grading.c.report).where(grading.c.id == id)
        review = json.loads(connection.execute(found).scalar_one()).get("review") or {}
        states = {
            finding["id"]: finding["state"]
            for finding in review.get("findings", ())
            if finding["state"] in ("open", "closed")
        }
        connection.execute(grading.update().where(grading.c.id == id).values(standing=states))
