"""Checks of workstations: camera, microphone, speaker, line"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workstation_checks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("point_id", sa.String(length=64), nullable=False),
        sa.Column("weak", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workstation_checks")),
    )
    for column in ("at_ms", "workstation_id", "point_id"):
        op.create_index(op.f(f"ix_workstation_checks_{column}"), "workstation_checks", [column])


def downgrade() -> None:
    op.drop_table("workstation_checks")
