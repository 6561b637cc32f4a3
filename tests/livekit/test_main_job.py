"""The seat of the media node taken by LiveKit's own server: the main job's browser test passes unchanged.

Only the server's address, key and secret are given; the house starts no media node of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.media.servers import livekit as running_livekit
from tests.browser.conftest import demo_at, windows
from tests.browser.test_main_job import (
    test_direct_call_by_code_and_revoked,
    test_three_people_talk_and_the_visit_is_recorded,
)
from web.startup import free_port

pytestmark = [pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(240)]

__all__ = ["test_direct_call_by_code_and_revoked", "test_three_people_talk_and_the_visit_is_recorded", "windows"]


@pytest.fixture(scope="module")
def demo_url() -> Iterator[str]:
    port = free_port()
    with running_livekit(webhook_url=f"http://127.0.0.1:{port}/hooks/media") as livekit:
        seat = {"media_url": livekit.url, "media_key": livekit.key, "media_secret": livekit.secret}
        with demo_at(port=port, **seat) as url:
            yield url
