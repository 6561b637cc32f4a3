"""Rules of groups, capacity of officers, visits, and one fence per officer's slot"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FENCES = (
    ("uq_claims_one_officer_a_request", ["consultation_id"]),
    ("uq_claims_one_request_a_slot", ["officer_id", "slot"]),
    ("uq_claims_one_session_a_visit", ["visit_id"]),
)


def upgrade() -> None:
    with op.batch_alter_table("agencies") as batch:
        batch.add_column(sa.Column("channels", sa.Integer()))
        batch.add_column(sa.Column("calendar", sa.Text()))
    with op.batch_alter_table("competence_groups") as batch:
        batch.add_column(sa.Column("rules", sa.Text(), nullable=False, server_default="{}"))
    with op.batch_alter_table("officers") as batch:
        batch.add_column(sa.Column("skills", sa.String(length=200), nullable=False, server_default=""))
        batch.add_column(sa.Column("capacity", sa.Integer(), nullable=False, server_default="1"))

    # offers live in the index now: what rang when this runs is queued, as after any restart
    op.execute("UPDATE requests SET state = 'queued', officer_id = NULL WHERE state = 'offered'")
    with op.batch_alter_table("requests") as batch:
        batch.alter_column("version", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=False)
        batch.add_column(sa.Column("left_ms", sa.BigInteger()))
        batch.add_column(sa.Column("visit_id", sa.String(length=36)))
        batch.create_index(batch.f("ix_requests_visit_id"), ["visit_id"])

    op.execute("UPDATE claims SET state = 'restarted' WHERE state = 'offered'")
    op.drop_index("uq_claims_one_officer_a_request", table_name="claims")
    op.drop_index("uq_claims_one_request_an_officer", table_name="claims")
    with op.batch_alter_table("claims") as batch:
        batch.alter_column("version", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=False)
        batch.add_column(sa.Column("slot", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("visit_id", sa.String(length=36)))
    active = sa.text("state = 'active'")
    for name, columns in _FENCES:
        op.create_index(name, "claims", columns, unique=True, sqlite_where=active, postgresql_where=active)

    op.create_table(
        "ticket_numbers",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("agency_id", "day", name=op.f("pk_ticket_numbers")),
    )
    op.create_table(
        "index_epochs",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_index_epochs")),
    )


def downgrade() -> None:
    op.drop_table("index_epochs")
    op.drop_table("ticket_numbers")
    for name, _ in _FENCES:
        op.drop_index(name, table_name="claims")
    with op.batch_alter_table("claims") as batch:
        batch.drop_column("visit_id")
        batch.drop_column("slot")
        batch.alter_column("version", existing_type=sa.BigInteger(), type_=sa.Integer(), existing_nullable=False)
    holds = {
        "uq_claims_one_officer_a_request": (["consultation_id"], "state IN ('offered', 'active')"),
        "uq_claims_one_request_an_officer": (["officer_id"], "state IN ('offered', 'active', 'wrap_up')"),
    }
    for name, (columns, where) in holds.items():
        op.create_index(
            name, "claims", columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    with op.batch_alter_table("requests") as batch:
        batch.drop_index(batch.f("ix_requests_visit_id"))
        batch.drop_column("visit_id")
        batch.drop_column("left_ms")
        batch.alter_column("version", existing_type=sa.BigInteger(), type_=sa.Integer(), existing_nullable=False)
    with op.batch_alter_table("officers") as batch:
        batch.drop_column("capacity")
        batch.drop_column("skills")
    with op.batch_alter_table("competence_groups") as batch:
        batch.drop_column("rules")
    with op.batch_alter_table("agencies") as batch:
        batch.drop_column("calendar")
        batch.drop_column("channels")
