"""Firefox joins our media node with LiveKit's SDK, is seen and heard, sees and hears."""

from __future__ import annotations

import asyncio
import functools
import http.server
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright

from bench.media.servers import Server, own_node
from kernel.tokens import MediaGrant, mint_media_grant
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.firefox import firefox

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

HERE = Path(__file__).parents[1] / "lab"
SDK = Path(__file__).parents[2] / "web/ui/node_modules/livekit-client/dist/livekit-client.umd.js"
FLOWS_S = 40.0


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def page_url(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "sdk.js").write_bytes(SDK.read_bytes())
    (tmp_path / "page.js").write_bytes((HERE / "page.js").read_bytes())
    (tmp_path / "index.html").write_text("<!doctype html><script src=sdk.js></script><script src=page.js></script>")
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


async def test_firefox_and_chromium_see_and_hear_each_other(page_url: str) -> None:
    with own_node(_own_address()) as node:
        await _both_ways(node, page_url)


async def _both_ways(node: Server, page_url: str) -> None:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await chromium.new_page()
        await page.goto(page_url)
        await page.evaluate(_join(node, "chromium"))
        async with firefox() as fox:
            await fox.open(page_url)
            await fox.evaluate(_join(node, "firefox"))
            for evaluate in (page.evaluate, fox.evaluate):
                await _flows(evaluate)
        await chromium.close()


def _own_address() -> str:
    """Firefox gathers no loopback candidates; nothing is sent to find this out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


def _join(node: Server, identity: str) -> str:
    grant = MediaGrant(identity=identity, room="room", room_join=True)
    token = mint_media_grant(
        grant, api_key=node.key, secret=node.secret, now_s=int(time.time()), ttl_s=60, jti=secrets.token_hex(8)
    )
    return f"lab.join({json.dumps(node.url)}, {json.dumps(token)}, {{}})"


async def _flows(evaluate: Any) -> None:
    """Pictures are decoded and sound arrives, at least a second of each."""
    async with asyncio.timeout(FLOWS_S):
        while True:
            stats = await evaluate("lab.stats()")
            if stats["video"].get("framesDecoded", 0) > 10 and stats["audio"].get("packetsReceived", 0) > 50:
                return
            await asyncio.sleep(0.2)
