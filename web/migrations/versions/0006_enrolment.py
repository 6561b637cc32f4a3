"""Enrolled workstations and the proofs that were used"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "enrolments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("user_code_hash", sa.String(length=64), nullable=False),
        sa.Column("device_code_hash", sa.String(length=64), nullable=False),
        sa.Column("workstation_id", sa.String(length=64), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
    )
    for column in ("user_code_hash", "device_code_hash", "workstation_id", "expires_ms"):
        op.create_index(op.f(f"ix_enrolments_{column}"), "enrolments", [column])
    op.create_table(
        "device_proofs",
        sa.Column("once", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("once", name=op.f("pk_device_proofs")),
    )
    op.create_index(op.f("ix_device_proofs_at_ms"), "device_proofs", ["at_ms"])


def downgrade() -> None:
    op.drop_table("device_proofs")
    op.drop_table("enrolments")
