"""The register of powers of attorney; how citizens arranged their panels"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('jpp_authorisations',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('basis', sa.String(length=24), nullable=False),
    sa.Column('reg_no', sa.String(length=16), nullable=False),
    sa.Column('delegate', sa.String(length=32), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.String(length=10), nullable=False),
    sa.Column('valid_to', sa.String(length=10), nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('power_id', sa.String(length=36), nullable=True),
    sa.Column('needed', sa.Text(), nullable=False),
    sa.Column('signed', sa.Text(), nullable=False),
    sa.Column('at_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_jpp_authorisations'))
    )
    op.create_index(op.f('ix_jpp_authorisations_delegate'), 'jpp_authorisations', ['delegate'], unique=False)
    op.create_index(op.f('ix_jpp_authorisations_power_id'), 'jpp_authorisations', ['power_id'], unique=False)
    op.create_index(op.f('ix_jpp_authorisations_reg_no'), 'jpp_authorisations', ['reg_no'], unique=False)
    op.create_table('jpp_checks',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('at_ms', sa.BigInteger(), nullable=False),
    sa.Column('client', sa.String(length=64), nullable=False),
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('reg_no', sa.String(length=16), nullable=False),
    sa.Column('scope', sa.String(length=100), nullable=False),
    sa.Column('purpose', sa.String(length=64), nullable=False),
    sa.Column('session', sa.String(length=128), nullable=False),
    sa.Column('reason', sa.String(length=32), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_jpp_checks'))
    )
    op.create_table('jpp_legal_persons',
    sa.Column('reg_no', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('dissolved', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('reg_no', name=op.f('pk_jpp_legal_persons'))
    )
    op.create_table('jpp_notaries',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_jpp_notaries'))
    )
    op.create_table('jpp_powers',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('act_no', sa.String(length=64), nullable=False),
    sa.Column('reg_no', sa.String(length=16), nullable=False),
    sa.Column('attorney', sa.String(length=32), nullable=False),
    sa.Column('notary', sa.String(length=64), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.String(length=10), nullable=False),
    sa.Column('valid_to', sa.String(length=10), nullable=False),
    sa.Column('revoked', sa.Boolean(), nullable=False),
    sa.Column('at_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_jpp_powers')),
    sa.UniqueConstraint('act_no', name=op.f('uq_jpp_powers_act_no'))
    )
    op.create_table('jpp_representatives',
    sa.Column('reg_no', sa.String(length=16), nullable=False),
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('joint', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('reg_no', 'person', name=op.f('pk_jpp_representatives'))
    )
    op.create_table('panel_layouts',
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_panel_layouts'))
    )


def downgrade() -> None:
    op.drop_table('panel_layouts')
    op.drop_table('jpp_representatives')
    op.drop_table('jpp_powers')
    op.drop_table('jpp_notaries')
    op.drop_table('jpp_legal_persons')
    op.drop_table('jpp_checks')
    op.drop_index(op.f('ix_jpp_authorisations_reg_no'), table_name='jpp_authorisations')
    op.drop_index(op.f('ix_jpp_authorisations_power_id'), table_name='jpp_authorisations')
    op.drop_index(op.f('ix_jpp_authorisations_delegate'), table_name='jpp_authorisations')
    op.drop_table('jpp_authorisations')
