"""A second official in a session is found by their own sign-in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("guest_officer_id", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_sessions_guest_officer_id"), "sessions", ["guest_officer_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_sessions_guest_officer_id"), table_name="sessions")
    op.drop_column("sessions", "guest_officer_id")
