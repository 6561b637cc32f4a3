"""Several web processes: revisions that are compared before writing, wrong codes counted together"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "redeem_tries",
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("wrong_ms", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workstation_id", name=op.f("pk_redeem_tries")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("officer_choices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("officer_choices", schema=None) as batch_op:
        batch_op.drop_column("version")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("revision")
    op.drop_table("redeem_tries")
