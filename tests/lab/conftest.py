from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.lab.calls import Call, call
from tests.lab.network import network


@pytest.fixture
async def held() -> AsyncIterator[Call]:
    """A call under way over a perfect line."""
    with network() as lab:
        async with call(lab) as opened:
            await opened.begin()
            yield opened
