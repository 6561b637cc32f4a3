"""AVIS: sums of months that are over; lists in the order of their ids"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = (("month", 7), ("provider", 16), ("grantor", 16), ("instruction_id", 36), ("category", 120))
SUMS = (
    "sales",
    "grantor_sales",
    "instruction_sales",
    "category_sales",
    "grantor_category_sales",
    "instruction_category_sales",
    "gross",
    "cents",
)
LISTS = ("person", "provider")


def upgrade() -> None:
    op.create_table(
        "avis_month_sums",
        *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in KEY),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in SUMS),
        sa.PrimaryKeyConstraint(*(name for name, _ in KEY), name=op.f("pk_avis_month_sums")),
    )
    op.create_index("ix_avis_benefits_month", "avis_benefits", ["month"], unique=False)
    for whose in LISTS:
        op.drop_index(f"ix_avis_transactions_{whose}_at", table_name="avis_transactions")
        op.create_index(f"ix_avis_transactions_{whose}", "avis_transactions", [whose, "id"], unique=False)


def downgrade() -> None:
    for whose in LISTS:
        op.drop_index(f"ix_avis_transactions_{whose}", table_name="avis_transactions")
        op.create_index(f"ix_avis_transactions_{whose}_at", "avis_transactions", [whose, "at_ms"], unique=False)
    op.drop_index("ix_avis_benefits_month", table_name="avis_benefits")
    op.drop_table("avis_month_sums")
