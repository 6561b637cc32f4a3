"""Whose an appointment is; consents to suggestions"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("appointments") as table:
        table.add_column(sa.Column("client_ref", sa.String(length=64), nullable=True))
        table.create_index(op.f("ix_appointments_client_ref"), ["client_ref"], unique=False)
    rows = sa.table("appointments", sa.column("id"), sa.column("body"), sa.column("client_ref"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(rows.c.id, rows.c.body)).all():
        client_ref = json.loads(row.body)["wanted"].get("client_ref")
        if client_ref:
            connection.execute(sa.update(rows).where(rows.c.id == row.id).values(client_ref=client_ref))
    op.create_table(
        "panel_consents",
        sa.Column("account_id", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_panel_consents")),
    )


def downgrade() -> None:
    op.drop_table("panel_consents")
    with op.batch_alter_table("appointments") as table:
        table.drop_index(op.f("ix_appointments_client_ref"))
        table.drop_column("client_ref")
