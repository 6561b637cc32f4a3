"""Clerk, officer and the client at a workstation, in one session; what is said of their pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from playwright.async_api import Page, expect

from tests.browser.conftest import Windows, becomes
from tests.browser.test_main_job import OTHERS_MOVE, part
from tests.browser.test_workstations import MEDIA_MS


async def moves(page: Page, others: int) -> None:
    """The others' pictures move here; what is scrolled out of sight is not sent."""
    await part(page, "stage").scroll_into_view_if_needed()
    await page.wait_for_function(OTHERS_MOVE, arg=others, timeout=MEDIA_MS)


#: what arrived of one person's picture, voice or screen, as the browser counts it; null where nothing is subscribed
_COUNT = """
  const count = async () => {
    const room = window.klatiene?.room;
    const person = room?.remoteParticipants.get(identity);
    const track = [...(person?.trackPublications.values() ?? [])].find(each => each.source === source)?.track;
    const {subscriber, publisher} = room?.engine?.pcManager ?? {};
    const reports = [await subscriber?.getStats(), await publisher?.getStats()];
    for (const stats of reports) for (const row of stats?.values() ?? []) {
      if (row.type !== 'inbound-rtp' || !track || row.trackIdentifier !== track.mediaStreamTrack.id) continue;
      return row.kind === 'video' ? row.framesDecoded ?? 0 : row.packetsReceived ?? 0;
    }
    return null;
  };
  const before = await count();
  await new Promise(done => setTimeout(done, watch_ms));
  const after = await count();
"""
_GROWS = f"async ({{identity, source, watch_ms}}) => {{ {_COUNT} return after !== null && after > (before ?? 0); }}"
_STANDS = f"async ({{identity, source, watch_ms}}) => {{ {_COUNT} return before === after; }}"


async def arrives(page: Page, identity: str, *sources: str) -> None:
    """Each source of that person (``camera``, ``microphone``, ``screen_share``) goes on arriving at this page."""
    await _all_become(page, _GROWS, identity, sources, watch_ms=300)


async def is_silent(page: Page, identity: str, *sources: str) -> None:
    """For more than a second nothing arrives of them: a microphone that is on sends more often, also in silence."""
    await _all_become(page, _STANDS, identity, sources, watch_ms=1_200)


async def _all_become(page: Page, question: str, identity: str, sources: Iterable[str], *, watch_ms: int) -> None:
    """The same question of several sources, watched at the same time."""
    asked = ({"identity": identity, "source": source, "watch_ms": watch_ms} for source in sources)
    await asyncio.gather(*(becomes(page, question, each) for each in asked))


@dataclass
class Table:
    clerk: Page
    officer: Page
    kiosk: Page


async def three_talk(windows: Windows, ask: Callable[[Page], Awaitable[None]] | None = None) -> Table:
    """Clerk, officer and the client at a workstation, all in the room. ``ask``: a request to VID instead of a call."""
    name = "vsaa-1" if ask is None else "vid-1"
    clerk = await windows.open("clerk-grobina")
    officer = await windows.open(f"officer-{name}")
    kiosk = await windows.open("kiosk-zeltini")
    await part(officer, "availability-available").click()
    await expect(part(clerk, f"indicator-{name}")).to_have_attribute("data-state", "available")
    if ask is None:
        await part(clerk, "dial-vsaa-1").click()
    else:
        await part(clerk, "request-group").select_option("vid-eds")
    await part(clerk, "request-workstation").select_option("zeltini-1")
    if ask is None:
        await part(clerk, "request-submit").click()
    else:
        await ask(clerk)
    await part(officer, "offer-accept").click()
    await moves(clerk, 1)
    # the client touches the screen and knocks; the clerk opens the door
    await part(kiosk, "kiosk-start").click()
    knock = clerk.locator('[data-testid^="knock-"][data-role="citizen"]')
    await expect(knock).to_be_visible()
    await expect(part(kiosk, "door-place")).to_contain_text("1.")
    await clerk.locator('[data-testid^="admit-"]').click()
    for page in (clerk, officer, kiosk):
        await moves(page, 2)
    await expect(part(clerk, "door")).to_have_count(0)
    return Table(clerk, officer, kiosk)


async def end(table: Table, *officers: Page) -> None:
    await part(table.clerk, "end-session").click()
    await part(table.clerk, "confirm").click()
    await expect(part(table.kiosk, "kiosk-thanks")).to_be_visible()
    for officer in officers:
        await part(officer, "wrap-up-outcome-solved").click()
        await part(officer, "wrap-up-finish").click()
        await expect(part(officer, "wrap-up")).to_have_count(0)
