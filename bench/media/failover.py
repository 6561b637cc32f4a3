"""A media node dies, and again: how long until both people of a conversation are at another node, and see each other.

    python -m bench.media.failover --kills 10

The whole demo with two nodes and two consoles in Chromium, as people use it; a node is killed with SIGKILL, and the
next one when the first is back.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import time
from urllib.parse import urlsplit

from playwright.async_api import Page, async_playwright
from playwright.async_api import TimeoutError as TimeoutError_

from tests.browser.conftest import ARGUMENTS, CHROMIUM, Windows, demo_at
from tests.browser.test_main_job import OTHERS_MOVE, person, two_talk
from tests.browser.test_media_nodes import address, node_processes

#: what each page knows of its room, for when people do not see each other again
KNOWN = """async () => {
  const room = window.klatiene.room;
  const inbound = [];
  for (const transport of [room.engine?.pcManager?.publisher, room.engine?.pcManager?.subscriber]) {
    for (const row of (await transport?.getStats())?.values() ?? []) {
      if (row.type === 'inbound-rtp' || row.type === 'outbound-rtp')
        inbound.push([row.type, row.kind, row.mid, row.rid, row.packetsReceived ?? row.packetsSent, row.framesDecoded]);
    }
  }
  const tracks = (person) => [...person.trackPublications.values()].map(({ trackSid, source, isMuted, track }) =>
    [trackSid, source, isMuted, Boolean(track), track?.mediaStreamTrack?.readyState]);
  return {
    url: room.engine?.url, state: room.state, sid: room.localParticipant.sid, mine: tracks(room.localParticipant),
    others: [...room.remoteParticipants.values()].map((each) => [each.identity, each.sid, tracks(each)]), inbound,
    stage: document.querySelector('[data-testid="stage"]')?.outerHTML.slice(0, 2000),
  };
}"""
AT_ANOTHER = "before => window.klatiene.room.engine?.url !== before && window.klatiene.room.state === 'connected'"
PATIENCE_MS = 60_000


async def main(kills: int) -> None:
    joined: list[float] = []
    seen: list[float] = []
    with demo_at(media_nodes="2") as url:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            pages, who = await _conversation(Windows(browser, url))
            said = [_listen(page) for page in pages]
            for _ in range(kills):
                held_by = await address(pages[0])
                os.kill(node_processes()[urlsplit(held_by).port or 0], signal.SIGKILL)
                killed = time.monotonic()
                await asyncio.gather(*(page.wait_for_function(AT_ANOTHER, arg=held_by) for page in pages))
                joined.append(time.monotonic() - killed)
                try:
                    await asyncio.gather(*(page.wait_for_function(OTHERS_MOVE, arg=1) for page in pages))
                except TimeoutError_:
                    for page, lines in zip(pages, said, strict=True):
                        print(json.dumps(await page.evaluate(KNOWN), indent=1), *lines[-60:], sep="\n")
                    raise
                seen.append(time.monotonic() - killed)
                print(f"at the other node after {joined[-1]:.1f} s, seen after {seen[-1]:.1f} s", flush=True)
                assert await person(pages[0], "officer") == who, "the same person with the same role"
                await _both_nodes(held_by)
            await browser.close()
    print(f"load average {os.getloadavg()[0]:.1f}, {kills} kills\n")
    print("| After a kill | median, s | p95, s | longest, s |\n|---|---|---|---|")
    print(f"| both are at the other node | {_row(joined)} |\n| both see each other | {_row(seen)} |")


async def _conversation(windows: Windows) -> tuple[list[Page], str]:
    clerk, officer = await two_talk(windows, patience_ms=PATIENCE_MS)
    return [clerk, officer], await person(clerk, "officer")


def _listen(page: Page) -> list[str]:
    """The page's console, as it goes on."""
    lines: list[str] = []
    page.on("console", lambda message: lines.append(f"{time.monotonic():.3f} {message.text}"))
    return lines


async def _both_nodes(killed: str) -> None:
    """Until the dead one is back and looked at."""
    port = urlsplit(killed).port or 0
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while port not in node_processes():  # noqa: ASYNC110  (another program starts it)
            await asyncio.sleep(0.1)
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                break
    await asyncio.sleep(1.5)


def _row(values: list[float]) -> str:
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"{ordered[len(ordered) // 2]:.1f} | {p95:.1f} | {ordered[-1]:.1f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.media.failover", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=10)
    asyncio.run(main(parser.parse_args().kills))
