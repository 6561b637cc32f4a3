"""Appointments, the cells of time they occupy, and callbacks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("point_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("starts_ms", sa.BigInteger(), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("request_id", name=op.f("uq_appointments_request_id")),
    )
    op.create_index("ix_appointments_group_starts", "appointments", ["group_id", "starts_ms"])
    op.create_index("ix_appointments_point_starts", "appointments", ["point_id", "starts_ms"])
    op.create_index("ix_appointments_state_starts", "appointments", ["state", "starts_ms"])

    op.create_table(
        "appointment_cells",
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("appointment_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("group_id", "lane", "cell", name=op.f("pk_appointment_cells")),
    )
    op.create_index(op.f("ix_appointment_cells_appointment_id"), "appointment_cells", ["appointment_id"])

    op.create_table(
        "callbacks",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("point_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
        sa.UniqueConstraint("request_id", name=op.f("uq_callbacks_request_id")),
    )
    op.create_index(op.f("ix_callbacks_state"), "callbacks", ["state"])
    op.create_index("ix_callbacks_point_state", "callbacks", ["point_id", "state"])


def downgrade() -> None:
    op.drop_table("callbacks")
    op.drop_table("appointment_cells")
    op.drop_table("appointments")
