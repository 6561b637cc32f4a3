"""Identifiers of the state's sign-on, answers that were used, the last good catalogue of services"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account_identifiers',
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('fingerprint', name=op.f('pk_account_identifiers'))
    )
    op.create_index(op.f('ix_account_identifiers_account_id'), 'account_identifiers', ['account_id'], unique=False)
    op.create_table('sign_on_used',
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('expires_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('fingerprint', name=op.f('pk_sign_on_used'))
    )
    op.create_index(op.f('ix_sign_on_used_expires_ms'), 'sign_on_used', ['expires_ms'], unique=False)
    op.create_table('kept_catalogues',
    sa.Column('source', sa.String(length=32), nullable=False),
    sa.Column('fetched_ms', sa.BigInteger(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('source', name=op.f('pk_kept_catalogues'))
    )


def downgrade() -> None:
    op.drop_table('kept_catalogues')
    op.drop_table('sign_on_used')
    op.drop_table('account_identifiers')
