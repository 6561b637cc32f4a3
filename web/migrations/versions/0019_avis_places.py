"""AVIS: sums of months that are over by outlet; what the checks of each month found

Months that were added up are added up anew, so that every kind of sums has them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

PLACE = (("month", 7), ("provider", 16), ("outlet", 64), ("atvk", 9))
KINDS = {
    "avis_outlet_sums": ((*PLACE, ("category", 120)), ("sales", "category_sales", "gross", "cents")),
    "avis_outlet_instruction_sums": (
        (*PLACE, ("grantor", 16), ("instruction_id", 36)),
        ("sales", "grantor_sales", "instruction_sales", "gross", "cents"),
    ),
}
CHECKS = ("begun_ms", "checked_ms", "usage_wrong", "totals_wrong", "reversed_wrong", "months_wrong")


def upgrade() -> None:
    for table, (key, sums) in KINDS.items():
        op.create_table(
            table,
            *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in key),
            *(sa.Column(name, sa.BigInteger(), nullable=False) for name in sums),
            sa.PrimaryKeyConstraint(*(name for name, _ in key), name=op.f(f"pk_{table}")),
            sqlite_with_rowid=False,
        )
    op.execute("DELETE FROM avis_month_sums")
    op.create_table(
        "avis_month_checks",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in CHECKS),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_avis_month_checks")),
    )
    op.create_index("ix_avis_usage_month", "avis_usage", ["month"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_avis_usage_month", table_name="avis_usage")
    for table in ("avis_month_checks", *reversed(KINDS)):
        op.drop_table(table)
