"""Documents of a session, sealed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_documents",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_documents")),
    )
    op.create_index(op.f("ix_session_documents_session_id"), "session_documents", ["session_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_session_documents_session_id"), table_name="session_documents")
    op.drop_table("session_documents")
