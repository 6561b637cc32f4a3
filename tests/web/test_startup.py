from __future__ import annotations

from pathlib import Path

import pytest

from kernel.settings import Settings
from web.startup import LedgerInUse, own_ledger


def test_an_embedded_ledger_serves_one_household_at_a_time(tmp_path: Path) -> None:
    settings = Settings(var=str(tmp_path / "var"))
    with own_ledger(settings), pytest.raises(LedgerInUse, match="--var"), own_ledger(settings):
        pass
    with own_ledger(settings):
        pass


def test_a_shared_ledger_serves_many(tmp_path: Path) -> None:
    settings = Settings(var=str(tmp_path), ledger_url="postgresql://ledger.internal/klatiene")
    with own_ledger(settings), own_ledger(settings):
        pass
