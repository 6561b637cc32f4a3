"""Bring a ledger's tables up to date (Alembic), before anything uses them."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

from web.schema import metadata

SCRIPTS = Path(__file__).parent / "migrations"
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
#: several processes may start at once: on PostgreSQL one migrates, the others wait
_LOCK = 0x4B4C_4154


def migrate(url: str) -> None:
    """Blocking; call it in a thread from a running loop."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
                connection.commit()
            command.upgrade(configuration(connection), "head")
            connection.commit()
    finally:
        engine.dispose()


def configuration(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    return config


def _engine(url: str) -> sa.Engine:
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    return sa.create_engine(parsed.set(drivername=_DRIVERS[backend]))
