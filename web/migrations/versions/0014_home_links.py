"""Personal links of clients who come from home"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "home_links",
        sa.Column("consultation_id", sa.String(length=36), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("consultation_id", name=op.f("pk_home_links")),
    )
    op.create_index(op.f("ix_home_links_code_hash"), "home_links", ["code_hash"])
    op.create_index(op.f("ix_home_links_expires_ms"), "home_links", ["expires_ms"])


def downgrade() -> None:
    op.drop_index(op.f("ix_home_links_expires_ms"), table_name="home_links")
    op.drop_index(op.f("ix_home_links_code_hash"), table_name="home_links")
    op.drop_table("home_links")
