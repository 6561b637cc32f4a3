"""Two media nodes, and the one that holds the conversation dies: it goes on at the other, with the same people."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM, Windows, demo_at
from tests.browser.test_main_job import OTHERS_MOVE, grows, part, person, two_talk

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

#: generous for a machine that does other things as well; docs/media.md has what was measured
BACK_S = 60.0


@pytest.fixture(scope="module")
def demo_url() -> Iterator[str]:
    with demo_at(media_nodes="2") as url:
        yield url


@pytest.fixture
async def windows(demo_url: str) -> AsyncIterator[Windows]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield Windows(browser, demo_url)
        finally:
            await browser.close()


def node_processes() -> dict[int, int]:
    """Signalling port → process, of the nodes that run now."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if "media" in words and "--media-port" in words and "demo" not in words:
                found[int(words[words.index("--media-port") + 1])] = int(entry.name)
    return found


async def address(page: Page) -> str:
    """The node this page is connected to, or was last."""
    return str(await page.evaluate("window.klatiene.room.engine.url"))


#: what this page sends, by the browser's own names for it
SENDS = """() => [...window.klatiene.room.localParticipant.trackPublications.values()]
  .map(({ source, track }) => `${source} ${track?.mediaStreamTrack.id} ${track?.mediaStreamTrack.readyState}`).sort()"""


async def test_a_conversation_survives_its_node(windows: Windows) -> None:
    clerk, officer = await two_talk(windows, patience_ms=BACK_S * 1_000)
    who = await person(clerk, "officer")
    await part(officer, "toggle-share").click()
    await expect(clerk.locator(".tile.screen video")).to_be_visible()
    sent = await officer.evaluate(SENDS)
    assert len(sent) == 3
    held_by = await address(clerk)
    assert await address(officer) == held_by

    os.kill(node_processes()[urlsplit(held_by).port or 0], signal.SIGKILL)
    killed = time.monotonic()
    for page in (clerk, officer):
        await page.wait_for_function(
            f"before => window.klatiene.room.engine?.url !== before && ({OTHERS_MOVE})(1)",
            arg=held_by,
            timeout=BACK_S * 1_000,
        )
    print(f"both see each other again after {time.monotonic() - killed:.1f} s")
    assert await address(officer) == await address(clerk) != held_by
    assert await person(clerk, "officer") == who, "the same person with the same role"
    assert await officer.evaluate(SENDS) == sent, "the camera stays on, and nobody is asked again for a shared screen"
    await expect(clerk.locator(".tile.screen video")).to_be_visible()
    await expect(part(clerk, "stage")).to_have_attribute("data-phase", "connected")
    await grows(clerk)
    await grows(officer)
