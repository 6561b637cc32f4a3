"""A call over the lab's line: our media node at one end, real Chromium at both.

*Near* sits behind the bad line; *far* is beside the node, so that what is seen at far is the uplink's doing and what is
seen at near the downlink's. Numbers come from the browsers' getStats.
"""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, Playwright, async_playwright

from kernel.tokens import MediaGrant, mint_media_grant
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.lab.network import SERVER, Host, Network, environment

SDK = Path(__file__).parents[2] / "web/ui/node_modules/livekit-client/dist/livekit-client.umd.js"
#: served by the test itself, from no network; browsers give camera and microphone to it
PAGE = "http://localhost/lab"
MEDIA_PORT, SIGNAL_PORT = 7882, 7880
KEY, SECRET = "lab", "a-secret-for-the-lab-of-32-bytes-or-more"
READY_S = 30.0

SCRIPT = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Seen:
    """What a browser received between two looks, ``seconds`` apart.

    ``frozen`` is the share of the time the picture stood still, ``concealed`` the share of the sound that was made up,
    silence not counted.
    """

    seconds: float
    frames_per_s: float
    frozen: float
    concealed: float
    audio_packets_per_s: float
    height: int
    received_bps: float
    sent_bps: float


class Caller:
    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name

    async def join(self, **options: Any) -> None:
        await self.page.evaluate(
            "([url, token, options]) => lab.join(url, token, options)", [node_url(), token_of(self.name), options]
        )

    async def stats(self) -> dict[str, Any]:
        return dict(await self.page.evaluate("lab.stats()"))

    async def watch(self, seconds: float) -> Seen:
        before = await self.stats()
        await self.page.wait_for_timeout(seconds * 1000)
        after = await self.stats()
        took = (after["at"] - before["at"]) / 1000

        def grown(kind: str, name: str) -> float:
            return float(after[kind].get(name, 0) - before[kind].get(name, 0))

        heard = grown("audio", "concealedSamples") - grown("audio", "silentConcealedSamples")
        return Seen(
            seconds=took,
            frames_per_s=grown("video", "framesDecoded") / took,
            frozen=grown("video", "totalFreezesDuration") / took,
            concealed=heard / max(1.0, grown("audio", "totalSamplesReceived")),
            audio_packets_per_s=grown("audio", "packetsReceived") / took,
            height=int(after["video"].get("height", 0)),
            received_bps=(grown("video", "bytesReceived") + grown("audio", "bytesReceived")) * 8 / took,
            sent_bps=grown("sent", "bytes") * 8 / took,
        )

    async def receives(self, timeout_s: float) -> float:
        """Seconds until both a new picture and new sound are here."""
        started = time.monotonic()
        before = await self.stats()
        while True:
            await asyncio.sleep(0.05)
            now = await self.stats()
            took = time.monotonic() - started
            if _moved(before, now, "video", "framesDecoded") and _moved(before, now, "audio", "packetsReceived"):
                return took
            assert took < timeout_s, f"{self.name} receives nothing: {now}"


def _moved(before: dict[str, Any], now: dict[str, Any], kind: str, name: str) -> bool:
    """A new connection counts from zero; what it counts is new, too."""
    count = int(now[kind].get(name, 0))
    return count > 0 and count != int(before[kind].get(name, 0))


@dataclass(frozen=True)
class Call:
    network: Network
    near: Caller
    far: Caller

    async def begin(self, **near_options: Any) -> None:
        """Both are in, and see and hear each other."""
        await self.far.join()
        await self.near.join(**near_options)
        for caller in (self.near, self.far):
            await caller.receives(READY_S)


def node_url() -> str:
    return f"ws://{SERVER}:{SIGNAL_PORT}"


def token_of(identity: str) -> str:
    grant = MediaGrant(identity=identity, room="lab", room_join=True)
    return mint_media_grant(
        grant, api_key=KEY, secret=SECRET, now_s=int(time.time()), ttl_s=600, jti=secrets.token_hex(8)
    )


@asynccontextmanager
async def call(network: Network, **node: str) -> AsyncIterator[Call]:
    """Both pages open, nobody joined yet; ``node`` are further settings of the media node."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="klatiene-lab-")))
        start_node(stack, network.server, **node)
        playwright = await stack.enter_async_context(async_playwright())
        near = await open_page(stack, playwright, network.client.wrapper(folder, CHROMIUM))
        far = await open_page(stack, playwright, network.server.wrapper(folder, CHROMIUM))
        yield Call(network, Caller(near, "near"), Caller(far, "far"))


def start_node(stack: AsyncExitStack, host: Host, **settings: str) -> None:
    """Our media node on that host until the stack ends."""
    settings = {
        "MEDIA_KEY": KEY,
        "MEDIA_SECRET": SECRET,
        "MEDIA_HOST": SERVER,
        "MEDIA_PORT": str(SIGNAL_PORT),
        "MEDIA_UDP_PORT": str(MEDIA_PORT),
        "MEDIA_ADDRESSES": SERVER,
        "MEDIA_DRAIN_S": "0",
        # nobody listens there
        "MEDIA_WEBHOOK_URL": f"http://{SERVER}:9/hooks/media",
        "PEPPER": SECRET,
        "VAULT_KEY": SECRET,
        "LOG_LEVEL": "ERROR",
    } | settings
    environ = environment(**{f"KLATIENE_{name}": value for name, value in settings.items()})
    start(stack, host.command(sys.executable, "-m", "web.cli", "media"), environ)
    wait_for_port(host, SIGNAL_PORT)


def start(stack: AsyncExitStack, command: list[str], environ: dict[str, str] | None = None, **options: Any) -> None:
    """A program until the stack ends."""
    process = subprocess.Popen(command, env=environ, **options)
    stack.callback(process.wait, 20)
    stack.callback(process.terminate)


def wait_for_port(host: Host, port: int, seconds: float = READY_S) -> None:
    deadline = time.monotonic() + seconds
    connect = f"import socket; socket.create_connection(('{SERVER}', {port}), 1)"
    while subprocess.run(host.command(sys.executable, "-c", connect), capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, f"nobody listens on port {port}"
        time.sleep(0.1)


async def open_page(stack: AsyncExitStack, playwright: Playwright, program: str) -> Page:
    """LiveKit's JavaScript SDK and our few lines, in a browser of their own."""
    browser = await playwright.chromium.launch(
        executable_path=program,
        args=[*ARGUMENTS, "--autoplay-policy=no-user-gesture-required", "--ignore-certificate-errors"],
    )
    stack.push_async_callback(browser.close)
    page = await (await browser.new_context()).new_page()
    html = f"<!doctype html><script>{SDK.read_text(encoding='utf-8')}</script><script>{SCRIPT}</script>"
    await page.route(PAGE, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    await page.goto(PAGE)
    return page
