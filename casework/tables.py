"""Casework's share of the ledger."""

from __future__ import annotations

import sqlalchemy as sa

from kernel.ledger import metadata

contact_points = sa.Table(
    "contact_points",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("atvk", sa.String(9), nullable=False),
    #: the centre whose clerks serve this place, when it has none of its own
    sa.Column("host_point_id", sa.String(64)),
    sa.Column("demo", sa.Boolean, nullable=False),
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("point_id", sa.String(64), nullable=False),
    sa.Column("point_name", sa.String(200), nullable=False),
    sa.Column("clerk_id", sa.String(64), nullable=False),
    sa.Column("clerk_name", sa.String(200), nullable=False),
    sa.Column("pak", sa.String(16), nullable=False),
    sa.Column("agency_id", sa.String(64), nullable=False),
    sa.Column("group_name", sa.String(200), nullable=False),
    sa.Column("officer_id", sa.String(64), nullable=False),
    sa.Column("officer_name", sa.String(200), nullable=False),
    sa.Column("workstation_id", sa.String(64)),
    sa.Column("client_kind", sa.String(16), nullable=False),
    sa.Column("client_ref", sa.String(64)),
    sa.Column("started_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_ms", sa.BigInteger),
    sa.Column("duration_s", sa.Integer),
    sa.Column("wait_s", sa.Integer, nullable=False),
    sa.Column("connected", sa.Boolean, nullable=False),
    sa.Column("end_reason", sa.String(32)),
    sa.Column("outcome", sa.String(32)),
    sa.Column("acting_for", sa.String(16)),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("officer_note", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    #: ``session`` when it was folded from one, ``clerk`` when it was entered by hand
    sa.Column("source", sa.String(16), nullable=False, server_default="session"),
    #: video, in_person, phone or written
    sa.Column("channel", sa.String(16), nullable=False, server_default="video"),
    sa.Column("language", sa.String(8), nullable=False, server_default="lv"),
    #: name or number in the service catalogue
    sa.Column("service", sa.String(200)),
    #: how the client proved who they are
    sa.Column("identification", sa.String(16)),
    sa.Column("minutes", sa.Integer),
    #: where a brigade stood
    sa.Column("stop_id", sa.String(64)),
    #: officials' parts and results, a training's result, what was lent of the workstation, JSON (`casework.fold.Parts`)
    sa.Column("parts", sa.Text, nullable=False, server_default="{}"),
    sa.Index("ix_cases_point_started", "point_id", "started_ms", "id"),
    sa.Index("ix_cases_started", "started_ms"),
)

case_history = sa.Table(
    "case_history",
    metadata,
    sa.Column("case_id", sa.String(36), sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("outcome", sa.String(32)),
    sa.Column("note", sa.Text, nullable=False),
    #: former values of the other fields that were corrected, JSON
    sa.Column("fields", sa.Text, nullable=False, server_default="{}"),
)

#: what is known of a contact point beyond its name and place, JSON (`casework.network_core.Details`)
point_details = sa.Table(
    "point_details",
    metadata,
    sa.Column("point_id", sa.String(64), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("updated_ms", sa.BigInteger, nullable=False),
    sa.Column("updated_by", sa.String(64), nullable=False),
)
