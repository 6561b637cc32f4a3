from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.lab.calls import Call, call
from tests.lab.house import LabHouse, demo_house
from tests.lab.network import network


@pytest.fixture
async def held() -> AsyncIterator[Call]:
    """A call under way over a perfect line."""
    with network() as lab:
        async with call(lab) as opened:
            await opened.begin()
            yield opened


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[LabHouse]:
    """The demo, a browser behind the line and one beside the demo."""
    async with demo_house(tmp_path) as opened:
        yield opened
