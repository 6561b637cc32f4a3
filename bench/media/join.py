"""Join → first remote frame: the same Chromium page at our node and at LiveKit's server, turn by turn.

One page publishes all the time. The other is loaded already and joins; the clock runs from `room.connect` to the first
frame that its video element shows. Janus speaks another protocol, so its page would be another: it is left out.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import statistics
import time
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from bench.media import servers
from bench.media.servers import Server
from kernel.tokens import MediaGrant, mint_media_grant
from media.node import interface_addresses

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
    "--autoplay-policy=no-user-gesture-required",
    # a page that comes from no network counts as public, and public pages must ask before they reach loopback
    "--disable-features=LocalNetworkAccessChecks",
]
SDK = Path(__file__).parents[2] / "web/ui/node_modules/livekit-client/dist/livekit-client.umd.js"
PAGE = "http://localhost/bench"

PUBLISH = """async ([url, token]) => {
  const room = window.room = new LivekitClient.Room({publishDefaults: {videoCodec: 'vp8'}});
  await room.connect(url, token);
  await room.localParticipant.enableCameraAndMicrophone();
}"""

#: resolves to {connected, frame} in milliseconds since room.connect was called
JOIN = """async ([url, token]) => {
  const room = new LivekitClient.Room({});
  const started = performance.now();
  const frame = new Promise(resolve => room.on('trackSubscribed', track => {
    if (track.kind !== 'video') return;
    const element = track.attach();
    document.body.append(element);
    element.requestVideoFrameCallback(() => resolve(performance.now() - started));
  }));
  await room.connect(url, token);
  const connected = performance.now() - started;
  const told = {connected, frame: await frame};
  await room.disconnect();
  document.querySelectorAll('video').forEach(each => each.remove());
  return told;
}"""


async def main(runs: int) -> None:
    # one that browsers gather: they send from no loopback address, and do not hear what comes from one
    address = interface_addresses()[0]
    with ExitStack() as stack:
        started: list[AbstractContextManager[Server]] = [servers.own_node(address), servers.livekit(address)]
        sides = [stack.enter_context(each) for each in started]
        took: dict[str, list[dict[str, float]]] = {side.name: [] for side in sides}
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            pages: dict[str, tuple[Page, Page]] = {}
            for side in sides:
                pages[side.name] = publisher, _ = await _page(browser), await _page(browser)
                await publisher.evaluate(PUBLISH, [side.url, _token(side, "publisher")])
            for turn in range(runs):
                for side in sides if turn % 2 else reversed(sides):
                    told = await pages[side.name][1].evaluate(JOIN, [side.url, _token(side, f"joiner-{turn}")])
                    # the first join of a browser warms it up
                    if turn:
                        took[side.name].append(told)
            await browser.close()
    print(f"load average {os.getloadavg()[0]:.1f}, {runs - 1} joins each\n")
    print("| Server | `connect` returns, ms: median (p90) | first remote frame, ms: median (p90) |\n|---|---|---|")
    for name, rows in took.items():
        print(f"| {name} | {_spread(rows, 'connected')} | {_spread(rows, 'frame')} |")


def _spread(rows: list[dict[str, float]], what: str) -> str:
    values = sorted(row[what] for row in rows)
    return f"**{statistics.median(values):.0f}** ({values[int(len(values) * 0.9)]:.0f})"


def _token(side: Server, identity: str) -> str:
    grant = MediaGrant(identity=identity, room="join", room_join=True)
    return mint_media_grant(
        grant, api_key=side.key, secret=side.secret, now_s=int(time.time()), ttl_s=600, jti=secrets.token_hex(8)
    )


async def _page(browser: Browser) -> Page:
    page = await (await browser.new_context()).new_page()
    html = f"<!doctype html><script>{SDK.read_text(encoding='utf-8')}</script>"

    async def serve(route: Any) -> None:
        await route.fulfill(body=html, content_type="text/html; charset=utf-8")

    await page.route(PAGE, serve)
    await page.goto(PAGE)
    return page


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.media.join", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=21)
    asyncio.run(main(parser.parse_args().runs))
