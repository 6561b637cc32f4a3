"""LiveKit's own ConnectionCheck, all six parts of it, in Chromium against our node with TURN beside it."""

from __future__ import annotations

import pytest

from tests.lab.calls import call, node_url, token_of
from tests.lab.network import Network
from tests.lab.test_turn import SECRET, URL, line

pytestmark = [pytest.mark.namespaces, pytest.mark.slow, pytest.mark.timeout(180)]

__all__ = ["line"]

CHECKS = ("checkWebsocket", "checkWebRTC", "checkTURN", "checkReconnect", "checkPublishAudio", "checkPublishVideo")
CHECK = """async ([url, token, name]) => {
  const check = new LivekitClient.ConnectionCheck(url, token);
  const {status, logs} = await check[name]();
  return {status, failures: logs.filter(line => line.level === 'error').map(line => line.message)};
}"""
#: livekit-client's CheckStatus
SUCCESS = 3


async def test_every_part_succeeds(line: Network) -> None:
    async with call(line, TURN_URLS=URL, TURN_SECRET=SECRET) as held:
        told = {name: await held.near.page.evaluate(CHECK, [node_url(), token_of("near"), name]) for name in CHECKS}
    assert told == {key: {"status": SUCCESS, "failures": []} for key in CHECKS}
