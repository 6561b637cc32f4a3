"""Layers inside one stream, from encoder to decoder: Chromium publishes VP9 and AV1 in two sizes, and watches.

The relay leaves packets out of what an encoder made and a decoder must not notice: the picture changes its size, goes
on, and nothing is asked for anew.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.async_api import Page

from tests.lab.calls import call, node_url, token_of
from tests.lab.network import network

pytestmark = [pytest.mark.namespaces, pytest.mark.slow, pytest.mark.timeout(120)]

#: the smallest picture of which encoders make two sizes, and as few a second as still are a moving picture
WIDTH, HEIGHT, RATE = 640, 360, 8
#: for a machine that does other things as well
PATIENCE_S = 30.0

PUBLISH = """async ([url, token, codec, mode, width, height, rate]) => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext('2d');
  let step = 0;
  setInterval(() => {
    step += 1;
    context.fillStyle = `hsl(${step % 360} 40% 50%)`;
    context.fillRect(0, 0, width, height);
    context.fillStyle = '#fff';
    context.fillRect((step * 16) % width, height / 3, width / 6, height / 3);
  }, 1000 / rate);
  const room = new LivekitClient.Room({ dynacast: false });
  lab.room = room;
  await room.connect(url, token);
  await room.localParticipant.publishTrack(canvas.captureStream(rate).getVideoTracks()[0], {
    source: 'camera', videoCodec: codec, scalabilityMode: mode, backupCodec: false,
    videoEncoding: { maxBitrate: 600_000, maxFramerate: rate }, degradationPreference: 'maintain-resolution',
  });
}"""

#: one subscriber says the size of its element, the other one of three qualities
WATCH = """async ([url, adaptive, fixed]) => {
  const begin = async (token, adaptiveStream) => {
    const room = new LivekitClient.Room({ adaptiveStream });
    const seen = { room, publication: null, element: document.createElement('video') };
    seen.element.muted = true;
    seen.element.style.cssText = 'display: block; width: 320px; height: 180px';
    document.body.append(seen.element);
    room.on('trackSubscribed', (track, publication) => {
      seen.publication = publication;
      track.attach(seen.element);
    });
    await room.connect(url, token);
    return seen;
  };
  lab.adaptive = await begin(adaptive, true);
  lab.fixed = await begin(fixed, false);
}"""

SEEN = """async (name) => {
  const { publication } = lab[name];
  for (const row of (await publication?.track?.getRTCStatsReport?.() ?? new Map()).values()) {
    if (row.type !== 'inbound-rtp') continue;
    return {
      width: row.frameWidth ?? 0, decoded: row.framesDecoded ?? 0, received: row.framesReceived ?? 0,
      dropped: row.framesDropped ?? 0, asked: row.pliCount ?? 0, keys: row.keyFramesDecoded ?? 0,
      frozen: row.totalFreezesDuration ?? 0, at: row.timestamp, codec: row.codecId,
    };
  }
  return { width: 0, decoded: 0 };
}"""


async def seen(page: Page, name: str) -> dict[str, Any]:
    return dict(await page.evaluate(SEEN, name))


async def shows(page: Page, name: str, width: int) -> dict[str, Any]:
    """What is counted once some pictures of that width have come one after the other."""
    before = await seen(page, name)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        await page.wait_for_timeout(250)
        found = await seen(page, name)
        assert time.monotonic() < deadline, f"{name} is not {width} wide: {found}"
        if found["width"] != width or before["width"] != width:
            before = found
        elif found["decoded"] >= before["decoded"] + 3:
            return found


@pytest.mark.parametrize(("codec", "mode"), [("vp9", "L2T3_KEY"), ("av1", "L2T1_KEY")])
async def test_a_decoder_follows_from_size_to_size(codec: str, mode: str) -> None:
    with network() as lab:
        async with call(lab) as held:
            publisher, watching = held.far.page, held.near.page
            join = [node_url(), token_of("publisher"), codec, mode, WIDTH, HEIGHT, RATE]
            await publisher.evaluate(PUBLISH, join)
            await watching.evaluate(WATCH, [node_url(), token_of("adaptive"), token_of("fixed")])

            # by the size of the element, and by a quality that is asked for: one becomes larger while the other shrinks
            begun = [await shows(watching, "adaptive", WIDTH // 2), await shows(watching, "fixed", WIDTH)]
            for width, quality in ((WIDTH, "LOW"), (WIDTH // 2, "HIGH")):
                size = f"width: {width}px; height: {width * 9 // 16}px"
                await watching.evaluate(f"lab.adaptive.element.style.cssText = 'display: block; {size}'")
                await watching.evaluate(f"lab.fixed.publication.setVideoQuality(LivekitClient.VideoQuality.{quality})")
                ended = [
                    await shows(watching, "adaptive", width),
                    await shows(watching, "fixed", WIDTH * 3 // 2 - width),
                ]

    print(codec, mode, begun, ended)
    for before, after in zip(begun, ended, strict=True):
        assert after["decoded"] > before["decoded"]
        assert after["asked"] == before["asked"], "the decoder missed something and asked for a keyframe"
        assert after["frozen"] - before["frozen"] < 0.4 * (after["at"] - before["at"]) / 1_000
        # a busy machine drops pictures that it decoded too late to show
        assert after["decoded"] + after["dropped"] >= after["received"] - 3
