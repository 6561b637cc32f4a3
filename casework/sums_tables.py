"""Sums kept beside the rows that they are of: casework's share of the ledger for reports over years."""

from __future__ import annotations

import sqlalchemy as sa

from casework.report_core import Sums
from kernel.ledger import metadata

#: which days (of ``entries``) and months (of ``cases``) the kept sums stand for; see `casework.closing`
closed_periods = sa.Table(
    "closed_periods",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("period", sa.String(10), primary_key=True),
    #: false: something came later, and the rows are counted until they are added up anew
    sa.Column("closed", sa.Boolean, nullable=False),
)

#: by what the sums were counted; other settings open every period
sums_terms = sa.Table(
    "sums_terms",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("terms", sa.String(64), nullable=False),
)

#: `casework.report_core.Sums` of a day's entries, once for each of `casework.closing_core.GRAINS`; what a grain does
#: not tell apart is empty
entry_sums = sa.Table(
    "entry_sums",
    metadata,
    sa.Column("grain", sa.String(8), primary_key=True),
    sa.Column("agency_id", sa.String(64), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("hour", sa.SmallInteger, primary_key=True),
    sa.Column("group_id", sa.String(64), primary_key=True),
    sa.Column("point_id", sa.String(64), primary_key=True),
    sa.Column("pak", sa.String(16), primary_key=True),
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in Sums._fields),
    sa.Index("ix_entry_sums_day", "day", "grain"),
)

#: a month's cases by point and service code, and once more by agency (then ``point_id`` and ``pak`` are empty)
case_sums = sa.Table(
    "case_sums",
    metadata,
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("agency_id", sa.String(64), primary_key=True),
    sa.Column("point_id", sa.String(64), primary_key=True),
    sa.Column("pak", sa.String(16), primary_key=True),
    #: entered by hand, or of a session in which people met
    sa.Column("served", sa.BigInteger, nullable=False),
    #: on video, and people met
    sa.Column("met", sa.BigInteger, nullable=False),
    #: met, or not on video
    sa.Column("present", sa.BigInteger, nullable=False),
)
