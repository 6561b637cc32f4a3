"""What is put off, at a clerk's console: booked, reminded, served; a place kept, and its turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from kernel.clock import ManualClock
from kernel.ids import GroupId
from router import directory
from router.model import Calendar, GroupRules, Hours, Slots
from tests.browser.conftest import Windows
from tests.browser.test_accessibility import looks_well
from tests.router.test_calendar import at
from tests.web.person import Person
from tests.web.running import Running, running_house
from tests.web.test_planned import changed

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

NOW = at("2026-11-23 08:00")
NINE = at("2026-11-23 09:00")
#: open on Tuesdays
TUESDAYS = Calendar(week=((), (Hours("10:00", "11:00"),), (), (), (), (), ()))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_house(tmp_path_factory.mktemp("house"), ManualClock(wall_ms=NOW)) as house:
        house.do(closed(house))
        yield house


@pytest.fixture(scope="module")
def demo_url(running: Running) -> str:
    return running.url.replace("127.0.0.1", "localhost")


async def closed(running: Running) -> None:
    house = running.house
    group = house.router.group(GroupId("vsaa-pensijas"))
    async with house.ledger.transaction() as tx:
        rules = GroupRules(calendar=TUESDAYS, slots=Slots(minutes=30))
        await directory.save_group(tx, changed(group, rules=rules))
    await house.router.reload_directory()


async def choose(clerk: Page, group: str) -> None:
    await clerk.get_by_test_id("request-group").select_option(group)
    await clerk.get_by_test_id("request-workstation").select_option("")


async def test_booked_reminded_and_served(windows: Windows, running: Running) -> None:
    clerk = await windows.open("clerk-grobina")
    await choose(clerk, "vsaa-pensijas")
    await expect(clerk.get_by_test_id("group-closed")).to_be_visible()
    await clerk.get_by_test_id("book-later").click()
    slots = clerk.get_by_test_id("slot-picker").locator("button")
    await expect(slots).to_have_count(2)

    await choose(clerk, "vsaa-pabalsti")
    await expect(clerk.get_by_test_id("group-closed")).to_have_count(0)
    await clerk.get_by_test_id("book-later").focus()
    await clerk.keyboard.press("Enter")
    slot = clerk.get_by_test_id(f"slot-{NINE}")
    await slot.focus()
    await clerk.keyboard.press("Enter")
    await expect(slot).to_have_attribute("aria-pressed", "true")
    # the next step is one: to book
    await expect(clerk.locator('[data-testid="request-form"] .button.primary')).to_have_count(1)
    await looks_well(clerk, "clerk, choosing a time")
    await clerk.get_by_test_id("book").click()
    await expect(clerk.get_by_test_id("later-done")).to_be_visible()
    row = clerk.get_by_test_id("planned").locator('[data-testid^="appointment-"]')
    await expect(row).to_have_attribute("data-state", "booked")

    running.clock.advance((NINE - NOW) / 1000 - 600)
    ring = clerk.locator('[data-testid^="ring-"]')
    await expect(ring).to_have_attribute("data-kind", "appointment")
    await looks_well(clerk, "clerk, reminded")
    await ring.locator('[data-testid^="other-"]').click()
    await expect(ring).to_have_count(0)
    await expect(row).to_have_attribute("data-state", "expected")
    await row.locator('[data-testid^="arrived-"]').click()
    await expect(row).to_have_attribute("data-state", "arrived")
    running.clock.advance(600)
    await expect(clerk.locator('[data-testid^="request-"][data-state="queued"]')).to_have_count(1)
    await expect(row).to_have_count(0)
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_moved_and_cancelled(windows: Windows) -> None:
    clerk = await windows.open("clerk-adazi")
    await choose(clerk, "vsaa-pabalsti")
    await clerk.get_by_test_id("book-later").click()
    await clerk.get_by_test_id("slot-picker").locator("button").first.click()
    await clerk.get_by_test_id("book").click()
    row = clerk.get_by_test_id("planned").locator('[data-testid^="appointment-"]')
    before = await row.locator("strong").first.inner_text()
    await row.locator('[data-testid^="move-"]').click()
    await clerk.get_by_role("alertdialog").locator('[data-testid^="slot-"]').last.click()
    await looks_well(clerk, "clerk, moving an appointment")
    await clerk.get_by_test_id("confirm").click()
    await expect(row.locator("strong").first).not_to_have_text(before)
    await row.locator('[data-testid^="cancel-"]').click()
    await clerk.get_by_test_id("reason-client_cancelled").click()
    await expect(row).to_have_count(0)
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_a_place_is_kept_and_its_turn_rings(windows: Windows, running: Running) -> None:
    clerk = await windows.open("clerk-grobina")
    await choose(clerk, "vid-iin")
    await clerk.get_by_test_id("request-submit").click()
    request = clerk.locator('[data-testid^="request-"][data-state="queued"]').filter(has_text="VID-")
    ticket = await request.locator(".ticket").inner_text()
    await request.locator('[data-testid^="callback-of-"]').click()
    kept = clerk.get_by_test_id("planned").locator('[data-testid^="callback-"]')
    await expect(kept).to_contain_text(ticket)
    with Person(running.url, "officer-vid-1") as officer:
        officer.go_live().post("/api/presence", {"choice": "away", "reason": "break"})
        ring = clerk.locator('[data-testid^="ring-"]')
        await expect(ring).to_have_attribute("data-kind", "callback")
        await expect(ring).to_contain_text(ticket)
        await looks_well(clerk, "clerk, a callback's turn")
        await ring.locator('[data-testid^="here-"]').click()
        await expect(ring).to_have_count(0)
        await expect(kept).to_have_count(0)

    # asked for instead of a request to a closed group
    await choose(clerk, "vsaa-pensijas")
    await clerk.get_by_test_id("ask-callback").click()
    await expect(clerk.get_by_test_id("later-done")).to_be_visible()
    await expect(kept).to_have_attribute("data-state", "waiting")
    await kept.locator('[data-testid^="cancel-"]').click()
    await clerk.get_by_test_id("reason-clerk_cancelled").click()
    await expect(kept).to_have_count(0)
    assert not windows.complaints, "\n".join(windows.complaints)
