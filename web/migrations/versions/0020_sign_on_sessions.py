"""By what the state's sign-on may end a session"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MARKS = ("subject_mark", "session_mark")


def upgrade() -> None:
    for name in MARKS:
        op.add_column("web_sessions", sa.Column(name, sa.String(length=64), nullable=True))
        op.create_index(op.f(f"ix_web_sessions_{name}"), "web_sessions", [name], unique=False)


def downgrade() -> None:
    for name in MARKS:
        op.drop_index(op.f(f"ix_web_sessions_{name}"), table_name="web_sessions")
        op.drop_column("web_sessions", name)
