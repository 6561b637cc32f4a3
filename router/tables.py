"""The router's share of the ledger."""

from __future__ import annotations

import sqlalchemy as sa

from kernel.ledger import metadata

agencies = sa.Table(
    "agencies",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("code", sa.String(16), nullable=False, unique=True),
    sa.Column("name_lv", sa.String(200), nullable=False),
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("channels", sa.Integer),
    #: a Calendar, JSON
    sa.Column("calendar", sa.Text),
    #: grows with every change of the agency's directory; its row is the lock under which one is made
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
)

groups = sa.Table(
    "competence_groups",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("agency_id", sa.String(64), sa.ForeignKey("agencies.id"), nullable=False),
    sa.Column("name_lv", sa.String(200), nullable=False),
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("paks", sa.String(200), nullable=False),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("policy", sa.String(32), nullable=False),
    sa.Column("offer_timeout_s", sa.Float),
    sa.Column("wrap_up_s", sa.Float),
    #: the GroupRules, JSON
    sa.Column("rules", sa.Text, nullable=False, server_default="{}"),
    #: out of every list, kept for what it did
    sa.Column("retired", sa.Boolean, nullable=False, server_default=sa.false()),
)

officers = sa.Table(
    "officers",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("agency_id", sa.String(64), sa.ForeignKey("agencies.id"), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("languages", sa.String(64), nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("skills", sa.String(200), nullable=False, server_default=""),
    sa.Column("capacity", sa.Integer, nullable=False, server_default="1"),
)

members = sa.Table(
    "group_members",
    metadata,
    sa.Column("group_id", sa.String(64), sa.ForeignKey("competence_groups.id"), primary_key=True),
    sa.Column("officer_id", sa.String(64), sa.ForeignKey("officers.id"), primary_key=True),
    sa.Column("level", sa.Integer, nullable=False),
)

flow_rules = sa.Table(
    "flow_rules",
    metadata,
    sa.Column("agency_id", sa.String(64), sa.ForeignKey("agencies.id"), primary_key=True),
    sa.Column("rank", sa.Integer, primary_key=True),
    sa.Column("group_id", sa.String(64), sa.ForeignKey("competence_groups.id"), nullable=False),
    sa.Column("pak", sa.String(16)),
    sa.Column("service", sa.String(64)),
    sa.Column("language", sa.String(8)),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("ticket", sa.String(16), nullable=False),
    sa.Column("agency_id", sa.String(64), nullable=False),
    sa.Column("group_id", sa.String(64), nullable=False),
    sa.Column("clerk_id", sa.String(64), nullable=False, index=True),
    #: the RequestFacts as they travel, JSON
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("score", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("officer_id", sa.String(64)),
    sa.Column("fell_back", sa.Boolean, nullable=False),
    sa.Column("waited_ms", sa.BigInteger, nullable=False),
    sa.Column("end_reason", sa.String(32)),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    #: when it left the queue unserved
    sa.Column("left_ms", sa.BigInteger),
    sa.Column("visit_id", sa.String(36), index=True),
)
sa.Index("ix_requests_agency_day", requests.c.agency_id, requests.c.created_ms)

#: One row an offer: ``active``, ``wrap_up``, ``done``, or how it closed. The partial indexes are the fence: whatever an
#: index believes, the ledger refuses a second officer for a request, a second request for an officer's slot, and a
#: second session for a visit.
claims = sa.Table(
    "claims",
    metadata,
    sa.Column("consultation_id", sa.String(36), primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True),
    sa.Column("officer_id", sa.String(64), nullable=False),
    sa.Column("slot", sa.Integer, nullable=False, server_default="0"),
    sa.Column("visit_id", sa.String(36)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("offered_ms", sa.BigInteger, nullable=False),
    sa.Column("accepted_ms", sa.BigInteger),
    sa.Column("released_ms", sa.BigInteger),
    sa.Column("closed_ms", sa.BigInteger),
)
_ACTIVE = claims.c.state == "active"
for _name, _columns in (
    ("uq_claims_one_officer_a_request", (claims.c.consultation_id,)),
    ("uq_claims_one_request_a_slot", (claims.c.officer_id, claims.c.slot)),
    ("uq_claims_one_session_a_visit", (claims.c.visit_id,)),
):
    sa.Index(_name, *_columns, unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)
sa.Index("ix_claims_officer_day", claims.c.officer_id, claims.c.offered_ms)

#: the day's running number of an agency's requests
tickets = sa.Table(
    "ticket_numbers",
    metadata,
    sa.Column("agency_id", sa.String(64), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
    #: place of the newest, microseconds
    sa.Column("last_us", sa.BigInteger, nullable=False, server_default="0"),
)

#: the generation of an agency's live index: every rebuild takes the next one, and an older one never wins
epochs = sa.Table(
    "index_epochs",
    metadata,
    sa.Column("agency_id", sa.String(64), primary_key=True),
    sa.Column("epoch", sa.BigInteger, nullable=False),
)
