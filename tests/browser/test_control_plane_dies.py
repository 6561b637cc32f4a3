"""The control plane is killed under a conversation: pictures go on arriving, and it is ended as usual afterwards."""

from __future__ import annotations

import asyncio
import math
import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows
from tests.browser.test_main_job import grows, part, two_talk

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

#: what nobody sees, beyond the 50 ms from one picture of the fake camera to the next
GAP_MS = 50 + 100
LOOK_S, LOOKS = 4.0, 20
KILLS = 5
CONNECTED = '[data-testid="connection"][data-state="open"]'

#: The longest time in milliseconds between packets of pictures within so many seconds. A look that came late tells
#: nothing of what happened before it, so a page without processor time shows as missed looks, not as a gap.
LONGEST_GAP = """async (seconds) => {
  const {subscriber, publisher} = window.klatiene.room.engine.pcManager;
  const last = async () => {
    let found = 0;
    for (const connection of [subscriber, publisher])
      for (const row of (await connection?.getStats())?.values() ?? [])
        if (row.type === 'inbound-rtp' && row.kind === 'video')
          found = Math.max(found, row.lastPacketReceivedTimestamp ?? 0);
    return found;
  };
  const end = performance.now() + seconds * 1000;
  let before = await last(), looked = performance.now(), longest = 0, looks = 0;
  while (performance.now() < end) {
    await new Promise(resolve => setTimeout(resolve, 5));
    const now = performance.now(), packet = await last();
    if (now - looked < 40 && packet > before) { longest = Math.max(longest, packet - before); looks += 1; }
    before = packet; looked = now;
  }
  return {longest, looks};
}"""


def control_plane(url: str) -> int:
    """The process of the web server that answers there."""
    port = f"KLATIENE_PORT={urlsplit(url).port}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                environ = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"web.cli" in words and b"web" in words and port in environ:
                return int(entry.name)
    raise LookupError(f"no control plane at {url}")


async def test_the_conversation_does_not_notice(windows: Windows) -> None:
    clerk, officer = await two_talk(windows)
    for page in (clerk, officer):
        await grows(page)

    # a busy machine makes gaps of its own now and then; those of a dead control plane would come each time
    gaps = []
    for _ in range(KILLS):
        killed = control_plane(windows.url)
        looking = asyncio.create_task(longest_gap(clerk))
        await asyncio.sleep(LOOK_S / 4)
        os.kill(killed, signal.SIGKILL)
        gaps.append(await looking)
        # it comes back to the session that it had
        for page in (clerk, officer):
            await page.locator(CONNECTED).wait_for(state="attached", timeout=60_000)
        assert control_plane(windows.url) != killed
        if gaps[-1] < GAP_MS:
            break
    print("longest gap between packets, ms:", *gaps)
    assert min(gaps) < GAP_MS

    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await expect(part(officer, "wrap-up")).to_be_visible()


async def longest_gap(page: Page) -> float:
    seen = await page.evaluate(LONGEST_GAP, LOOK_S)
    # a page that had no time to look has seen nothing
    return float(seen["longest"]) if seen["looks"] >= LOOKS else math.inf
