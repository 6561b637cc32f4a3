"""Sums of days and months that are over; indexes for reports of one group, one point or one agency"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

SUMS = (
    "offered",
    "answered",
    "clerk_cancelled",
    "citizen_left",
    "workstation_lost",
    "waited_ms",
    "answered_in_time",
    "abandoned_in_time",
    "abandoned_short",
    "connected",
    "talks",
    "talk_ms",
    "wrap_ms",
)
ENTRY_INDEXES = (
    ("ix_queue_entries_agency", ["agency_id", "queued_ms", "id"]),
    ("ix_queue_entries_group", ["group_id", "day"]),
    ("ix_queue_entries_point", ["point_id", "day"]),
)


def upgrade() -> None:
    op.create_table(
        "closed_periods",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "period", name=op.f("pk_closed_periods")),
    )
    op.create_table(
        "sums_terms",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("terms", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_sums_terms")),
    )
    key = ("grain", "agency_id", "day", "hour", "group_id", "point_id", "pak")
    op.create_table(
        "entry_sums",
        sa.Column("grain", sa.String(length=8), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("point_id", sa.String(length=64), nullable=False),
        sa.Column("pak", sa.String(length=16), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in SUMS),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_entry_sums")),
    )
    op.create_index("ix_entry_sums_day", "entry_sums", ["day", "grain"], unique=False)
    op.create_table(
        "case_sums",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("point_id", sa.String(length=64), nullable=False),
        sa.Column("pak", sa.String(length=16), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("served", "met", "present")),
        sa.PrimaryKeyConstraint("month", "agency_id", "point_id", "pak", name=op.f("pk_case_sums")),
    )
    for name, columns in ENTRY_INDEXES:
        op.create_index(name, "queue_entries", columns, unique=False)


def downgrade() -> None:
    for name, _ in ENTRY_INDEXES:
        op.drop_index(name, table_name="queue_entries")
    for table in ("case_sums", "entry_sums", "sums_terms", "closed_periods"):
        op.drop_table(table)
