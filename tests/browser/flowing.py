"""What flows from one person to a page, by that person's own receivers, and when it stopped (getStats)."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Locator, Page

from tests.browser.conftest import becomes

#: what has arrived here of a person's tracks, by the track's name or source
ARRIVED = """async (identity) => {
  const found = {};
  const person = window.klatiene?.room?.remoteParticipants.get(identity);
  for (const publication of person?.trackPublications.values() ?? []) {
    const rows = await publication.track?.receiver?.getStats();
    for (const row of rows?.values() ?? []) if (row.type === 'inbound-rtp') {
      const name = publication.trackName === 'document-camera' ? 'paper' : publication.source;
      found[name] = (found[name] ?? 0) + (row.kind === 'video' ? row.framesDecoded ?? 0 : row.packetsReceived ?? 0);
    }
  }
  return found;
}"""

#: twice, a moment apart: a count that begins anew after a break tells nothing by itself
FLOWS = f"""async ([identity, names]) => {{
  const arrived = {ARRIVED};
  const before = await arrived(identity);
  await new Promise(done => setTimeout(done, 300));
  const now = await arrived(identity);
  return names.every(name => (now[name] ?? 0) > (before[name] ?? 0));
}}"""

BOTH = ("microphone", "camera")

#: notes when a packet of these people arrived last, as the connections themselves tell, whatever the page does
WATCH = """async (identities) => {
  const {subscriber, publisher} = window.klatiene.room.engine.pcManager;
  const connections = [subscriber, publisher].filter(Boolean);
  const people = identities.map(each => window.klatiene.room.remoteParticipants.get(each));
  const tracks = people.flatMap(each => [...each.trackPublications.values()]);
  const ids = new Set(tracks.map(each => each.track?.mediaStreamTrack.id));
  const counts = new Map();
  window.lastOf = {at: Date.now(), packets: 0};
  const look = async () => {
    for (const connection of connections)
      for (const row of (await connection.getStats()?.catch(() => null))?.values() ?? [])
        if (row.type === 'inbound-rtp' && ids.has(row.trackIdentifier)) {
          const before = counts.get(row.id) ?? 0;
          if (row.packetsReceived > before) {
            counts.set(row.id, row.packetsReceived);
            window.lastOf = {at: Date.now(), packets: window.lastOf.packets + row.packetsReceived - before};
          }
        }
  };
  clearInterval(window.watching);
  await look();
  window.watching = setInterval(look, 40);
}"""
QUIET_MS = 1_500
QUIET = f"() => Date.now() - window.lastOf.at > {QUIET_MS}"

#: nothing that this page could do by itself is done for so long; its camera and microphone go on
STUCK_MS = 5_000
STUCK = "(ms) => void setTimeout(() => { const end = Date.now() + ms; while (Date.now() < end); }, 0)"


async def flows(page: Page, identity: str, *names: str, within_s: float = 30.0) -> None:
    """Sound and picture of that person, or the tracks that are named, go on arriving at this page."""
    await becomes(page, FLOWS, [identity, list(names or BOTH)], within_s)


async def flow_now(page: Page, identity: str, *names: str) -> bool:
    return bool(await page.evaluate(FLOWS, [identity, list(names or BOTH)]))


async def watch(page: Page, *identities: str) -> None:
    """From now on this page notes when something of those people arrived last."""
    await page.evaluate(WATCH, list(identities))
    await becomes(page, "() => window.lastOf.packets > 0")


async def cut_after_s(page: Page, since_ms: float, *, within_s: float = 20.0) -> float:
    """How long after ``since_ms`` (the browsers' clock) the last packet came to a page that watches."""
    await becomes(page, QUIET, None, within_s)
    last: dict[str, Any] = await page.evaluate("window.lastOf")
    return max(0.0, (float(last["at"]) - since_ms) / 1000)


async def click_at(target: Locator) -> float:
    """Clicked, and when the page took it, by the browsers' clock."""
    await target.evaluate(
        "target => target.addEventListener('click', () => window.clickedAt = Date.now(), {capture: true, once: true})"
    )
    await target.click()
    return float(await target.page.evaluate("window.clickedAt"))
