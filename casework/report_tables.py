"""Casework's share of the ledger for what is counted and reported."""

from __future__ import annotations

import sqlalchemy as sa

from kernel.ledger import metadata

#: one row for each entry into a queue (`casework.entries_core`)
queue_entries = sa.Table(
    "queue_entries",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("agency_id", sa.String(64), nullable=False),
    sa.Column("group_id", sa.String(64), nullable=False),
    sa.Column("point_id", sa.String(64), nullable=False),
    sa.Column("pak", sa.String(16), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("client_ref", sa.String(64)),
    sa.Column("queued_ms", sa.BigInteger, nullable=False),
    #: of the entry, in Riga
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("hour", sa.SmallInteger, nullable=False),
    #: queued, answered, left, unserved or kept
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("waited_ms", sa.BigInteger, nullable=False),
    sa.Column("left_why", sa.String(32)),
    sa.Column("connected", sa.Boolean, nullable=False),
    sa.Column("ended_ms", sa.BigInteger),
    sa.Column("talk_ms", sa.BigInteger),
    sa.Column("wrap_ms", sa.BigInteger),
    sa.Index("ix_queue_entries_day", "day", "agency_id"),
    sa.Index("ix_queue_entries_agency", "agency_id", "queued_ms", "id"),
    sa.Index("ix_queue_entries_group", "group_id", "day"),
    sa.Index("ix_queue_entries_point", "point_id", "day"),
)

grant_sets = sa.Table(
    "grant_sets",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    #: a `casework.grants_core.GrantSet`, JSON; never changed, a change is another set
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("created_by", sa.String(64), nullable=False),
)

grant_runs = sa.Table(
    "grant_runs",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("set_id", sa.String(36), sa.ForeignKey("grant_sets.id"), nullable=False),
    sa.Column("from_day", sa.String(10), nullable=False),
    sa.Column("to_day", sa.String(10), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    #: parameters and result as they were, JSON: a run can be checked years later
    sa.Column("body", sa.Text, nullable=False),
)

#: indicators that somebody tells us (`casework.indicators_core.TOLD`)
indicator_values = sa.Table(
    "indicator_values",
    metadata,
    sa.Column("code", sa.String(8), primary_key=True),
    sa.Column("quarter", sa.String(8), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
)

#: an agency's limits beyond which its board warns, JSON (`casework.alerts_core.Thresholds`)
board_thresholds = sa.Table(
    "board_thresholds",
    metadata,
    sa.Column("agency_id", sa.String(64), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)

report_schedules = sa.Table(
    "report_schedules",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("agency_id", sa.String(64), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("next_ms", sa.BigInteger, nullable=False, index=True),
)

report_outputs = sa.Table(
    "report_outputs",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("agency_id", sa.String(64), nullable=False, index=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("media_type", sa.String(64), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

#: what was published of a set for a period; never published anew, so that two editions cannot be subtracted
open_data_releases = sa.Table(
    "open_data_releases",
    metadata,
    sa.Column("dataset", sa.String(64), primary_key=True),
    sa.Column("period", sa.String(10), primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)

quality_reports = sa.Table(
    "quality_reports",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("dataset", sa.String(64), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("answered_ms", sa.BigInteger),
    sa.Column("answered_by", sa.String(64)),
)
