"""A ledger that was migrated is the ledger that the code declares, and there is one way to it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from web.migrate import SCRIPTS, migrate
from web.schema import metadata


@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_migrations_make_what_is_declared(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    on_sqlite = backend == "sqlite"
    url = f"sqlite:///{tmp_path}/ledger.db" if on_sqlite else request.getfixturevalue("postgres_url")
    migrate(url)
    migrate(url)
    engine = sa.create_engine(url if on_sqlite else url.replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def test_there_is_one_newest_migration() -> None:
    assert len(ScriptDirectory(str(SCRIPTS)).get_heads()) == 1
