"""AVIS: register, instructions, means, transactions; accounts of its parties and of citizens"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('avis_benefits',
    sa.Column('transaction_id', sa.String(length=36), nullable=False),
    sa.Column('entry', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('instruction_id', sa.String(length=36), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('grantor', sa.String(length=16), nullable=False),
    sa.Column('provider', sa.String(length=16), nullable=False),
    sa.Column('outlet', sa.String(length=64), nullable=False),
    sa.Column('atvk', sa.String(length=9), nullable=False),
    sa.Column('category', sa.String(length=120), nullable=False),
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('gross', sa.Integer(), nullable=False),
    sa.Column('cents', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('transaction_id', 'entry', name=op.f('pk_avis_benefits'))
    )
    op.create_index('ix_avis_benefits_grantor_month', 'avis_benefits', ['grantor', 'month'], unique=False)
    op.create_index('ix_avis_benefits_provider_month', 'avis_benefits', ['provider', 'month'], unique=False)
    op.create_table('avis_contracts',
    sa.Column('grantor', sa.String(length=16), nullable=False),
    sa.Column('provider', sa.String(length=16), nullable=False),
    sa.Column('valid_from', sa.String(length=10), nullable=False),
    sa.Column('valid_to', sa.String(length=10), nullable=True),
    sa.PrimaryKeyConstraint('grantor', 'provider', name=op.f('pk_avis_contracts'))
    )
    op.create_table('avis_enrolments',
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('programme_id', sa.String(length=36), nullable=False),
    sa.Column('joined_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('person', 'programme_id', name=op.f('pk_avis_enrolments'))
    )
    op.create_table('avis_grantors',
    sa.Column('reg_no', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('sector', sa.String(length=16), nullable=False),
    sa.PrimaryKeyConstraint('reg_no', name=op.f('pk_avis_grantors'))
    )
    op.create_table('avis_groups',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('grantor', sa.String(length=16), nullable=False),
    sa.Column('name_lv', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('source', sa.String(length=8), nullable=False),
    sa.Column('criterion', sa.String(length=64), nullable=True),
    sa.Column('as_of_ms', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_avis_groups'))
    )
    op.create_index(op.f('ix_avis_groups_grantor'), 'avis_groups', ['grantor'], unique=False)
    op.create_table('avis_instruction_versions',
    sa.Column('instruction_id', sa.String(length=36), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('at_ms', sa.BigInteger(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('instruction_id', 'version', name=op.f('pk_avis_instruction_versions'))
    )
    op.create_table('avis_instructions',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('grantor', sa.String(length=16), nullable=False),
    sa.Column('external_id', sa.String(length=64), nullable=True),
    sa.Column('group_id', sa.String(length=36), nullable=True),
    sa.Column('programme_id', sa.String(length=36), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('changed_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_avis_instructions')),
    sa.UniqueConstraint('grantor', 'external_id', name=op.f('uq_avis_instructions_grantor_external_id'))
    )
    op.create_index(op.f('ix_avis_instructions_group_id'), 'avis_instructions', ['group_id'], unique=False)
    op.create_index(op.f('ix_avis_instructions_programme_id'), 'avis_instructions', ['programme_id'], unique=False)
    op.create_table('avis_items',
    sa.Column('provider', sa.String(length=16), nullable=False),
    sa.Column('sku', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('category', sa.String(length=120), nullable=False),
    sa.Column('unit_cents', sa.Integer(), nullable=False),
    sa.Column('vat', sa.Integer(), nullable=False),
    sa.Column('service', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('provider', 'sku', name=op.f('pk_avis_items'))
    )
    op.create_table('avis_means',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('label', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('issued_by', sa.String(length=64), nullable=False),
    sa.Column('created_ms', sa.BigInteger(), nullable=False),
    sa.Column('valid_to', sa.String(length=10), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_avis_means')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_avis_means_token_hash'))
    )
    op.create_index(op.f('ix_avis_means_issued_by'), 'avis_means', ['issued_by'], unique=False)
    op.create_index(op.f('ix_avis_means_person'), 'avis_means', ['person'], unique=False)
    op.create_table('avis_memberships',
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('group_id', sa.String(length=36), nullable=False),
    sa.Column('holds', sa.Boolean(), nullable=False),
    sa.Column('valid_from', sa.String(length=10), nullable=False),
    sa.Column('valid_to', sa.String(length=10), nullable=True),
    sa.Column('source', sa.String(length=8), nullable=False),
    sa.Column('as_of_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('person', 'group_id', name=op.f('pk_avis_memberships'))
    )
    op.create_index(op.f('ix_avis_memberships_group_id'), 'avis_memberships', ['group_id'], unique=False)
    op.create_table('avis_outlets',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('provider', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('atvk', sa.String(length=9), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_avis_outlets'))
    )
    op.create_index(op.f('ix_avis_outlets_provider'), 'avis_outlets', ['provider'], unique=False)
    op.create_table('avis_people',
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('person', name=op.f('pk_avis_people'))
    )
    op.create_table('avis_programmes',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('merchant', sa.String(length=16), nullable=False),
    sa.Column('name_lv', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_avis_programmes'))
    )
    op.create_index(op.f('ix_avis_programmes_merchant'), 'avis_programmes', ['merchant'], unique=False)
    op.create_table('avis_providers',
    sa.Column('reg_no', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('reg_no', name=op.f('pk_avis_providers'))
    )
    op.create_table('avis_quotes',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('provider', sa.String(length=16), nullable=False),
    sa.Column('visit_id', sa.String(length=36), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('expires_ms', sa.BigInteger(), nullable=False),
    sa.Column('transaction_id', sa.String(length=36), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_avis_quotes'))
    )
    op.create_index(op.f('ix_avis_quotes_expires_ms'), 'avis_quotes', ['expires_ms'], unique=False)
    op.create_table('avis_reversals',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('transaction_id', sa.String(length=36), nullable=False),
    sa.Column('provider', sa.String(length=16), nullable=False),
    sa.Column('at_ms', sa.BigInteger(), nullable=False),
    sa.Column('refund', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('key', sa.String(length=128), nullable=False),
    sa.Column('body_hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_avis_reversals')),
    sa.UniqueConstraint('provider', 'key', name=op.f('uq_avis_reversals_provider_key'))
    )
    op.create_index(op.f('ix_avis_reversals_transaction_id'), 'avis_reversals', ['transaction_id'], unique=False)
    op.create_table('avis_systems',
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('owner', sa.String(length=16), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('client_id', name=op.f('pk_avis_systems'))
    )
    op.create_index(op.f('ix_avis_systems_owner'), 'avis_systems', ['owner'], unique=False)
    op.create_table('avis_tokens',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('expires_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_avis_tokens'))
    )
    op.create_index(op.f('ix_avis_tokens_expires_ms'), 'avis_tokens', ['expires_ms'], unique=False)
    op.create_table('avis_transactions',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('provider', sa.String(length=16), nullable=False),
    sa.Column('outlet', sa.String(length=64), nullable=False),
    sa.Column('atvk', sa.String(length=9), nullable=False),
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('at_ms', sa.BigInteger(), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('gross', sa.Integer(), nullable=False),
    sa.Column('paid', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('receipt', sa.String(length=256), nullable=False),
    sa.Column('key', sa.String(length=128), nullable=False),
    sa.Column('body_hash', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_avis_transactions')),
    sa.UniqueConstraint('provider', 'key', name='uq_avis_transactions_key'),
    sa.UniqueConstraint('provider', 'receipt', name=op.f('uq_avis_transactions_provider_receipt'))
    )
    op.create_index('ix_avis_transactions_person_at', 'avis_transactions', ['person', 'at_ms'], unique=False)
    op.create_index('ix_avis_transactions_provider_at', 'avis_transactions', ['provider', 'at_ms'], unique=False)
    op.create_table('avis_usage',
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('instruction_id', sa.String(length=36), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('cents', sa.Integer(), nullable=False),
    sa.Column('transactions', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('person', 'instruction_id', 'month', name=op.f('pk_avis_usage'))
    )
    op.create_table('avis_visits',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('client_id', sa.String(length=64), nullable=False),
    sa.Column('provider', sa.String(length=16), nullable=False),
    sa.Column('outlet', sa.String(length=64), nullable=False),
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('means_id', sa.String(length=36), nullable=False),
    sa.Column('expires_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_avis_visits'))
    )
    op.create_index(op.f('ix_avis_visits_expires_ms'), 'avis_visits', ['expires_ms'], unique=False)
    op.create_table('citizens',
    sa.Column('account_id', sa.String(length=64), nullable=False),
    sa.Column('person', sa.String(length=32), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_citizens')),
    sa.UniqueConstraint('person', name=op.f('uq_citizens_person'))
    )
    op.add_column('accounts', sa.Column('party_id', sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column('accounts', 'party_id')
    op.drop_table('citizens')
    op.drop_index(op.f('ix_avis_visits_expires_ms'), table_name='avis_visits')
    op.drop_table('avis_visits')
    op.drop_table('avis_usage')
    op.drop_index('ix_avis_transactions_provider_at', table_name='avis_transactions')
    op.drop_index('ix_avis_transactions_person_at', table_name='avis_transactions')
    op.drop_table('avis_transactions')
    op.drop_index(op.f('ix_avis_tokens_expires_ms'), table_name='avis_tokens')
    op.drop_table('avis_tokens')
    op.drop_index(op.f('ix_avis_systems_owner'), table_name='avis_systems')
    op.drop_table('avis_systems')
    op.drop_index(op.f('ix_avis_reversals_transaction_id'), table_name='avis_reversals')
    op.drop_table('avis_reversals')
    op.drop_index(op.f('ix_avis_quotes_expires_ms'), table_name='avis_quotes')
    op.drop_table('avis_quotes')
    op.drop_table('avis_providers')
    op.drop_index(op.f('ix_avis_programmes_merchant'), table_name='avis_programmes')
    op.drop_table('avis_programmes')
    op.drop_table('avis_people')
    op.drop_index(op.f('ix_avis_outlets_provider'), table_name='avis_outlets')
    op.drop_table('avis_outlets')
    op.drop_index(op.f('ix_avis_memberships_group_id'), table_name='avis_memberships')
    op.drop_table('avis_memberships')
    op.drop_index(op.f('ix_avis_means_person'), table_name='avis_means')
    op.drop_index(op.f('ix_avis_means_issued_by'), table_name='avis_means')
    op.drop_table('avis_means')
    op.drop_table('avis_items')
    op.drop_index(op.f('ix_avis_instructions_programme_id'), table_name='avis_instructions')
    op.drop_index(op.f('ix_avis_instructions_group_id'), table_name='avis_instructions')
    op.drop_table('avis_instructions')
    op.drop_table('avis_instruction_versions')
    op.drop_index(op.f('ix_avis_groups_grantor'), table_name='avis_groups')
    op.drop_table('avis_groups')
    op.drop_table('avis_grantors')
    op.drop_table('avis_enrolments')
    op.drop_table('avis_contracts')
    op.drop_index('ix_avis_benefits_provider_month', table_name='avis_benefits')
    op.drop_index('ix_avis_benefits_grantor_month', table_name='avis_benefits')
    op.drop_table('avis_benefits')
