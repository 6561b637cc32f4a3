"""The register's own entries, entries into queues, grants, indicators, reports and open data"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "board_thresholds",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_board_thresholds")),
    )
    op.create_table(
        "grant_sets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_sets")),
    )
    op.create_table(
        "indicator_values",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("quarter", sa.String(length=8), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("code", "quarter", name=op.f("pk_indicator_values")),
    )
    op.create_table(
        "open_data_releases",
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "period", name=op.f("pk_open_data_releases")),
    )
    op.create_table(
        "point_details",
        sa.Column("point_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("point_id", name=op.f("pk_point_details")),
    )
    op.create_table(
        "quality_reports",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_ms", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_reports")),
    )
    op.create_table(
        "queue_entries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("group_id", sa.String(length=64), nullable=False),
        sa.Column("point_id", sa.String(length=64), nullable=False),
        sa.Column("pak", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("client_ref", sa.String(length=64), nullable=True),
        sa.Column("queued_ms", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("waited_ms", sa.BigInteger(), nullable=False),
        sa.Column("left_why", sa.String(length=32), nullable=True),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.Column("talk_ms", sa.BigInteger(), nullable=True),
        sa.Column("wrap_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_entries")),
    )
    op.create_index("ix_queue_entries_day", "queue_entries", ["day", "agency_id"], unique=False)
    op.create_table(
        "report_outputs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_outputs")),
    )
    op.create_index(op.f("ix_report_outputs_agency_id"), "report_outputs", ["agency_id"], unique=False)
    op.create_table(
        "report_schedules",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedules")),
    )
    op.create_index(op.f("ix_report_schedules_next_ms"), "report_schedules", ["next_ms"], unique=False)
    op.create_table(
        "grant_runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("set_id", sa.String(length=36), nullable=False),
        sa.Column("from_day", sa.String(length=10), nullable=False),
        sa.Column("to_day", sa.String(length=10), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["grant_sets.id"], name=op.f("fk_grant_runs_set_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_runs")),
    )
    op.add_column("case_history", sa.Column("fields", sa.Text(), server_default="{}", nullable=False))
    op.add_column("cases", sa.Column("source", sa.String(length=16), server_default="session", nullable=False))
    op.add_column("cases", sa.Column("channel", sa.String(length=16), server_default="video", nullable=False))
    op.add_column("cases", sa.Column("language", sa.String(length=8), server_default="lv", nullable=False))
    op.add_column("cases", sa.Column("service", sa.String(length=200), nullable=True))
    op.add_column("cases", sa.Column("identification", sa.String(length=16), nullable=True))
    op.add_column("cases", sa.Column("minutes", sa.Integer(), nullable=True))
    op.add_column("cases", sa.Column("stop_id", sa.String(length=64), nullable=True))
    op.create_index("ix_cases_started", "cases", ["started_ms"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_cases_started", table_name="cases")
    for column in ("stop_id", "minutes", "identification", "service", "language", "channel", "source"):
        op.drop_column("cases", column)
    op.drop_column("case_history", "fields")
    for table in (
        "report_schedules",
        "report_outputs",
        "queue_entries",
        "quality_reports",
        "point_details",
        "open_data_releases",
        "indicator_values",
        "grant_runs",
        "grant_sets",
        "board_thresholds",
    ):
        op.drop_table(table)
