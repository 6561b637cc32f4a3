"""Consultation's share of the ledger. A session is one document with the columns by which it is found."""

from __future__ import annotations

import sqlalchemy as sa

from kernel.ledger import metadata

workstations = sa.Table(
    "workstations",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("point_id", sa.String(64), nullable=False, index=True),
    sa.Column("point_name", sa.String(200), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("clerk_id", sa.String(64), nullable=False, index=True),
    sa.Column("officer_id", sa.String(64), nullable=False, index=True),
    sa.Column("guest_officer_id", sa.String(64), index=True),
    # where the client sits: a workstation, or the place of a personal link
    sa.Column("workstation_id", sa.String(64), index=True),
    sa.Column("code_hash", sa.String(64), index=True),
    sa.Column("opened_ms", sa.BigInteger, nullable=False),
    # compared by whoever writes, so that two processes cannot overwrite each other
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("body", sa.Text, nullable=False),
)

session_documents = sa.Table(
    "session_documents",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("session_id", sa.String(36), nullable=False, index=True),
    # what is known of it stands in the session's own body; sealed for its own session
    sa.Column("content", sa.LargeBinary, nullable=False),
)

redeem_tries = sa.Table(
    "redeem_tries",
    metadata,
    sa.Column("workstation_id", sa.String(64), primary_key=True),
    # JSON: wall-clock milliseconds of the wrong codes of the last minutes
    sa.Column("wrong_ms", sa.Text, nullable=False),
)
