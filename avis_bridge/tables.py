"""The tables of the reference AVIS. Persons are pseudonyms; the code itself is sealed in ``avis_people`` alone."""

from __future__ import annotations

import sqlalchemy as sa

from kernel.ledger import metadata

_REG = sa.String(16)
_ID = sa.String(36)
_DAY = sa.String(10)
_MONTH = sa.String(7)
_PERSON = sa.String(32)

grantors = sa.Table(
    "avis_grantors",
    metadata,
    sa.Column("reg_no", _REG, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("sector", sa.String(16), nullable=False),
)

providers = sa.Table(
    "avis_providers",
    metadata,
    sa.Column("reg_no", _REG, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
)

contracts = sa.Table(
    "avis_contracts",
    metadata,
    sa.Column("grantor", _REG, primary_key=True),
    sa.Column("provider", _REG, primary_key=True),
    sa.Column("valid_from", _DAY, nullable=False),
    sa.Column("valid_to", _DAY),
)

systems = sa.Table(
    "avis_systems",
    metadata,
    sa.Column("client_id", sa.String(64), primary_key=True),
    sa.Column("owner", _REG, nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False),
)

tokens = sa.Table(
    "avis_tokens",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("client_id", sa.String(64), nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True),
)

outlets = sa.Table(
    "avis_outlets",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("provider", _REG, nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("atvk", sa.String(9), nullable=False),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
)

items = sa.Table(
    "avis_items",
    metadata,
    sa.Column("provider", _REG, primary_key=True),
    sa.Column("sku", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("category", sa.String(120), nullable=False),
    sa.Column("unit_cents", sa.Integer, nullable=False),
    sa.Column("vat", sa.Integer, nullable=False),
    sa.Column("service", sa.Boolean, nullable=False),
)

groups = sa.Table(
    "avis_groups",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("grantor", _REG, nullable=False, index=True),
    sa.Column("name_lv", sa.String(200), nullable=False),
    sa.Column("name_en", sa.String(200), nullable=False),
    sa.Column("source", sa.String(8), nullable=False),
    sa.Column("criterion", sa.String(64)),
    sa.Column("as_of_ms", sa.BigInteger),
)

memberships = sa.Table(
    "avis_memberships",
    metadata,
    sa.Column("person", _PERSON, primary_key=True),
    sa.Column("group_id", _ID, primary_key=True, index=True),
    sa.Column("holds", sa.Boolean, nullable=False),
    sa.Column("valid_from", _DAY, nullable=False),
    sa.Column("valid_to", _DAY),
    sa.Column("source", sa.String(8), nullable=False),
    sa.Column("as_of_ms", sa.BigInteger, nullable=False),
)

people = sa.Table(
    "avis_people",
    metadata,
    sa.Column("person", _PERSON, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

means = sa.Table(
    "avis_means",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("person", _PERSON, nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("label", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("issued_by", sa.String(64), nullable=False, index=True),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("valid_to", _DAY),
)

instructions = sa.Table(
    "avis_instructions",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("grantor", _REG, nullable=False),
    sa.Column("external_id", sa.String(64)),
    sa.Column("group_id", _ID, index=True),
    sa.Column("programme_id", _ID, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("changed_ms", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("grantor", "external_id"),
)

instruction_versions = sa.Table(
    "avis_instruction_versions",
    metadata,
    sa.Column("instruction_id", _ID, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)

programmes = sa.Table(
    "avis_programmes",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("merchant", _REG, nullable=False, index=True),
    sa.Column("name_lv", sa.String(200), nullable=False),
    sa.Column("name_en", sa.String(200), nullable=False),
)

enrolments = sa.Table(
    "avis_enrolments",
    metadata,
    sa.Column("person", _PERSON, primary_key=True),
    sa.Column("programme_id", _ID, primary_key=True),
    sa.Column("joined_ms", sa.BigInteger, nullable=False),
)

visits = sa.Table(
    "avis_visits",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("client_id", sa.String(64), nullable=False),
    sa.Column("provider", _REG, nullable=False),
    sa.Column("outlet", sa.String(64), nullable=False),
    sa.Column("person", _PERSON, nullable=False),
    sa.Column("means_id", _ID, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True),
)

quotes = sa.Table(
    "avis_quotes",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("provider", _REG, nullable=False),
    sa.Column("visit_id", _ID, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("transaction_id", _ID),
)

usage = sa.Table(
    "avis_usage",
    metadata,
    sa.Column("person", _PERSON, primary_key=True),
    sa.Column("instruction_id", _ID, primary_key=True),
    sa.Column("month", _MONTH, primary_key=True),
    sa.Column("cents", sa.Integer, nullable=False),
    sa.Column("transactions", sa.Integer, nullable=False),
    sa.Index("ix_avis_usage_month", "month"),
)

transactions = sa.Table(
    "avis_transactions",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("provider", _REG, nullable=False),
    sa.Column("outlet", sa.String(64), nullable=False),
    sa.Column("atvk", sa.String(9), nullable=False),
    sa.Column("person", _PERSON, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("month", _MONTH, nullable=False),
    sa.Column("gross", sa.Integer, nullable=False),
    sa.Column("paid", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("receipt", sa.String(256), nullable=False),
    sa.Column("key", sa.String(128), nullable=False),
    sa.Column("body_hash", sa.String(64), nullable=False),
    sa.UniqueConstraint("provider", "receipt"),
    sa.UniqueConstraint("provider", "key", name="uq_avis_transactions_key"),
    sa.Index("ix_avis_transactions_person", "person", "id"),
    sa.Index("ix_avis_transactions_provider", "provider", "id"),
)

reversals = sa.Table(
    "avis_reversals",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("transaction_id", _ID, nullable=False, index=True),
    sa.Column("provider", _REG, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("refund", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("key", sa.String(128), nullable=False),
    sa.Column("body_hash", sa.String(64), nullable=False),
    sa.UniqueConstraint("provider", "key"),
)

# What each instruction gave, and what came back (negative): settlements and reports are sums of these rows.
benefits = sa.Table(
    "avis_benefits",
    metadata,
    sa.Column("transaction_id", _ID, primary_key=True),
    sa.Column("entry", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("instruction_id", _ID, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("grantor", _REG, nullable=False),
    sa.Column("provider", _REG, nullable=False),
    sa.Column("outlet", sa.String(64), nullable=False),
    sa.Column("atvk", sa.String(9), nullable=False),
    sa.Column("category", sa.String(120), nullable=False),
    sa.Column("person", _PERSON, nullable=False),
    sa.Column("month", _MONTH, nullable=False),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("gross", sa.Integer, nullable=False),
    sa.Column("cents", sa.Integer, nullable=False),
    sa.Index("ix_avis_benefits_month", "month"),
    sa.Index("ix_avis_benefits_grantor_month", "grantor", "month"),
    sa.Index("ix_avis_benefits_provider_month", "provider", "month"),
)

# What the rows of a month that is over come to (`avis_bridge.month_sums`): without places, and by outlet twice.
month_sums = sa.Table(
    "avis_month_sums",
    metadata,
    sa.Column("month", _MONTH, primary_key=True),
    sa.Column("provider", _REG, primary_key=True),
    sa.Column("grantor", _REG, primary_key=True),
    sa.Column("instruction_id", _ID, primary_key=True),
    sa.Column("category", sa.String(120), primary_key=True),
    # sales whose first row of all, of its grantor, … this is: added up, each is counted once
    sa.Column("sales", sa.BigInteger, nullable=False),
    sa.Column("grantor_sales", sa.BigInteger, nullable=False),
    sa.Column("instruction_sales", sa.BigInteger, nullable=False),
    sa.Column("category_sales", sa.BigInteger, nullable=False),
    sa.Column("grantor_category_sales", sa.BigInteger, nullable=False),
    sa.Column("instruction_category_sales", sa.BigInteger, nullable=False),
    sa.Column("gross", sa.BigInteger, nullable=False),
    sa.Column("cents", sa.BigInteger, nullable=False),
)

outlet_sums = sa.Table(
    "avis_outlet_sums",
    metadata,
    sa.Column("month", _MONTH, primary_key=True),
    sa.Column("provider", _REG, primary_key=True),
    sa.Column("outlet", sa.String(64), primary_key=True),
    sa.Column("atvk", sa.String(9), primary_key=True),
    sa.Column("category", sa.String(120), primary_key=True),
    sa.Column("sales", sa.BigInteger, nullable=False),
    sa.Column("category_sales", sa.BigInteger, nullable=False),
    sa.Column("gross", sa.BigInteger, nullable=False),
    sa.Column("cents", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

outlet_instruction_sums = sa.Table(
    "avis_outlet_instruction_sums",
    metadata,
    sa.Column("month", _MONTH, primary_key=True),
    sa.Column("provider", _REG, primary_key=True),
    sa.Column("outlet", sa.String(64), primary_key=True),
    sa.Column("atvk", sa.String(9), primary_key=True),
    sa.Column("grantor", _REG, primary_key=True),
    sa.Column("instruction_id", _ID, primary_key=True),
    sa.Column("sales", sa.BigInteger, nullable=False),
    sa.Column("grantor_sales", sa.BigInteger, nullable=False),
    sa.Column("instruction_sales", sa.BigInteger, nullable=False),
    sa.Column("gross", sa.BigInteger, nullable=False),
    sa.Column("cents", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What the last check of each month found (`avis_bridge.integrity`).
month_checks = sa.Table(
    "avis_month_checks",
    metadata,
    sa.Column("month", _MONTH, primary_key=True),
    sa.Column("due", sa.Boolean, nullable=False),
    sa.Column("begun_ms", sa.BigInteger, nullable=False),
    sa.Column("checked_ms", sa.BigInteger, nullable=False),
    sa.Column("usage_wrong", sa.BigInteger, nullable=False),
    sa.Column("totals_wrong", sa.BigInteger, nullable=False),
    sa.Column("reversed_wrong", sa.BigInteger, nullable=False),
    sa.Column("months_wrong", sa.BigInteger, nullable=False),
)
