"""The register of powers of attorney: its share of the ledger. Persons are pseudonyms."""

from __future__ import annotations

import sqlalchemy as sa

from kernel.ledger import metadata

_REG = sa.String(16)
_ID = sa.String(36)
_DAY = sa.String(10)
_PERSON = sa.String(32)

legal_persons = sa.Table(
    "jpp_legal_persons",
    metadata,
    sa.Column("reg_no", _REG, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("dissolved", sa.Boolean, nullable=False),
)

representatives = sa.Table(
    "jpp_representatives",
    metadata,
    sa.Column("reg_no", _REG, primary_key=True),
    sa.Column("person", _PERSON, primary_key=True),
    sa.Column("joint", sa.Boolean, nullable=False),
)

notaries = sa.Table(
    "jpp_notaries",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("active", sa.Boolean, nullable=False),
)

powers = sa.Table(
    "jpp_powers",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("act_no", sa.String(64), nullable=False, unique=True),
    sa.Column("reg_no", _REG, nullable=False),
    sa.Column("attorney", _PERSON, nullable=False),
    sa.Column("notary", sa.String(64), nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("valid_from", _DAY, nullable=False),
    sa.Column("valid_to", _DAY, nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
)

authorisations = sa.Table(
    "jpp_authorisations",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("basis", sa.String(24), nullable=False),
    sa.Column("reg_no", _REG, nullable=False, index=True),
    sa.Column("delegate", _PERSON, nullable=False, index=True),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("valid_from", _DAY, nullable=False),
    sa.Column("valid_to", _DAY, nullable=False),
    sa.Column("state", sa.String(24), nullable=False),
    sa.Column("power_id", _ID, index=True),
    sa.Column("needed", sa.Text, nullable=False),
    sa.Column("signed", sa.Text, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
)

checks = sa.Table(
    "jpp_checks",
    metadata,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("client", sa.String(64), nullable=False),
    sa.Column("person", _PERSON, nullable=False),
    sa.Column("reg_no", _REG, nullable=False),
    sa.Column("scope", sa.String(100), nullable=False),
    sa.Column("purpose", sa.String(64), nullable=False),
    sa.Column("session", sa.String(128), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
)
