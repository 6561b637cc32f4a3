"""Takes the pictures of docs/tour.md from the running demo with Chromium, and writes the page: ``make tour``.

``--only NAME…`` takes some of the chapters. Nobody in the pictures is real.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import async_playwright, expect

from scripts.tour_sessions import forms, home
from scripts.tour_take import ARGUMENTS, CHROMIUM, PAGE, PHONE, Tour, paper, part, see, somebody
from web.throwaway import throwaway_demo


async def consultation(tour: Tour) -> None:
    """Clerk, officers and the workstation, from enrolment to the record."""
    clerk = await tour.open("clerk-grobina")
    officer = await tour.open("officer-vsaa-1")
    second = await tour.open("officer-vid-1")
    kiosk = await tour.blank()
    await kiosk.goto(f"{tour.url}/kiosk")

    # the workstation is enrolled
    await part(kiosk, "enrol-place").select_option("grobina")
    await part(kiosk, "enrol-name").fill("Lasītava, dators 1")
    await tour.take(kiosk, "kiosk-enrolment", "A new workstation says where it stands and what it is called.")
    await part(kiosk, "enrol-ask").click()
    code = await part(kiosk, "enrol-user-code").inner_text()
    number = await part(kiosk, "enrol-number").inner_text()
    await tour.take(kiosk, "kiosk-code", "It shows a code and a number; only a clerk of that place can confirm them.")
    await clerk.get_by_role("link", name="Klientu darba vietas").click()
    await part(clerk, "enrol-code").fill(code)
    await part(clerk, "enrol-code").press("Enter")
    await part(clerk, "enrol-check").fill(number)
    await tour.take(clerk, "clerk-enrolling", "The clerk sees name and place and types the number from the screen.")
    await part(clerk, "enrol-check").press("Enter")
    await part(clerk, "enrol-done").wait_for()
    await tour.take(clerk, "clerk-workstations", "What stands at the clerk's points, and when it was last there.")
    await part(kiosk, "kiosk-start").wait_for()
    await tour.take(kiosk, "kiosk-start", "One touch starts.")

    # checked
    await part(kiosk, "kiosk-start").click()
    await part(kiosk, "kiosk-check").click()
    await kiosk.wait_for_function("() => document.querySelector('video.preview')?.videoWidth > 0")
    await tour.take(kiosk, "kiosk-check-camera", "The check before: picture, voice, sound, line.")
    await part(kiosk, "check-yes").click()
    await kiosk.wait_for_function("() => document.querySelector('[data-testid=check-yes]:not([disabled])')")
    await tour.take(kiosk, "kiosk-check-microphone", "Speak, and see the bar move.")
    await part(kiosk, "check-yes").click()
    await part(kiosk, "check-play").click()
    await part(kiosk, "check-no").click()
    await part(kiosk, "check-result").wait_for()
    await tour.take(kiosk, "kiosk-check-result", "For each weakness, what to do.")
    await part(kiosk, "check-done").click()
    await tour.take(kiosk, "kiosk-waiting", "Waiting: seen and heard by nobody.")

    # asked for
    await clerk.get_by_role("link", name="Darba vieta", exact=True).click()
    await part(officer, "availability-available").wait_for()
    await tour.take(officer, "officer-away", "An officer who is not available yet.")
    await part(officer, "availability-available").click()
    await expect(part(clerk, "indicator-vsaa-1")).to_have_attribute("data-state", "available")
    await tour.take(officer, "officer-available", "Available: today's load, the own groups.")
    await tour.take(clerk, "clerk-overview", "Every agency's officers with their indicator; the requests; the form.")
    await part(clerk, "request-group").select_option("vid-iin")
    await part(clerk, "request-submit").click()
    waiting = clerk.locator('[data-testid^="request-"][data-state]')
    await waiting.first.wait_for()
    await clerk.locator('[data-testid^="why-"]').first.click()
    await clerk.locator('[data-testid^="explanation-"]').first.wait_for()
    await tour.take(clerk, "clerk-waiting", "A request that waits: its place, what happens next, and why.")
    await clerk.locator('[data-testid^="withdraw-"]').first.click()
    await part(clerk, "withdraw-clerk").click()
    await expect(waiting).to_have_count(0)
    await part(clerk, "dial-vsaa-1").click()
    await part(clerk, "request-workstation").select_option(label="Lasītava, dators 1 (Grobiņas VPVKAC)")
    await part(clerk, "client-identified").check()
    await part(clerk, "client-code").fill("030205-00111")
    await tour.take(clerk, "clerk-dial", "One officer is dialled; the client's identity is recorded.", top="form")
    await part(clerk, "request-submit").click()
    await part(officer, "offer").wait_for()
    await tour.take(officer, "officer-ringing", "A call takes the whole screen; Enter answers.")
    await part(officer, "offer-accept").click()

    # the door
    await clerk.locator('[data-testid^="knock-"]').first.wait_for()
    await see(clerk, 1)
    await tour.take(clerk, "clerk-lobby", "Answered; the client is at the door and comes in with one click.")
    await part(kiosk, "outside").wait_for()
    await tour.take(kiosk, "kiosk-door", "The client knows the place in line and what happens next.")
    await part(clerk, "authorise").click()
    for page in (clerk, officer, kiosk):
        await see(page, 2)
    await tour.take(clerk, "clerk-session", "The session: stage, the workstation, who is here.")
    await tour.take(clerk, "clerk-moderation", "The moderator's hand, other officials, documents, chat.", top=".pair")
    await tour.take(officer, "officer-session", "The officer in the session, with the client's card.")
    await tour.take(kiosk, "kiosk-session", "Who sees and hears is always said; the way out stays in place.")

    # documents
    choose = part(clerk, "documents").get_by_test_id("document-file")
    await choose.set_input_files({"name": "iesniegums.pdf", "mimeType": "application/pdf", "buffer": paper()})
    await clerk.locator('[data-testid^="show-document-"]').click()
    await expect(part(kiosk, "document-view")).to_have_attribute("data-state", "open")
    await kiosk.wait_for_function("() => document.querySelectorAll('[data-testid=document-view] canvas').length > 1")
    await tour.take(kiosk, "kiosk-document", "A document before everybody's eyes; it scrolls along.")
    await tour.take(
        clerk,
        "clerk-documents",
        "The documents of a session; gone with it unless the case keeps them.",
        top='[data-testid="documents"]',
    )
    await part(clerk, "document-hide").click()

    # lent
    await part(clerk, "lend-level").select_option("guide")
    await part(clerk, "lend-go").click()
    await expect(part(clerk, "lend")).to_have_attribute("data-level", "guide")
    await part(kiosk, "control-banner").wait_for()
    await officer.wait_for_function("() => document.querySelector('[data-testid=steer-surface] video')?.videoWidth > 0")
    await tour.take(kiosk, "kiosk-banner", "Lent: who sees and guides, until when, and the button that ends it.")
    await tour.take(
        clerk, "clerk-control", "The clerk sees to whom the workstation is lent.", top='[data-testid="workstation"]'
    )
    await tour.take(
        officer,
        "officer-guide",
        "The officer sees the client's screen, points, marks, offers an address.",
        top='[data-testid="steer"]',
    )
    await part(kiosk, "control-stop").click()
    await expect(part(officer, "steer")).to_have_count(0)

    # a second official, then passed on
    await part(second, "availability-available").click()
    await expect(part(second, "indicator-vid-1")).to_have_attribute("data-state", "available")
    await part(officer, "transfer").click()
    await part(officer, "call-whom").select_option("officer/vid-1")
    await part(officer, "call-note").fill("Iesniegums ir pārbaudīts; trūkst darba devēja izziņas.")
    await tour.take(
        officer,
        "officer-transfer",
        "Passing the session on: it changes hands when the other is in the room.",
        top='[data-testid="officials"], .card:has([data-testid="call-whom"])',
    )
    await part(officer, "call-official").click()
    await part(second, "offer").wait_for()
    await tour.take(second, "officer-second", "The other official is told that this session is under way.")
    await part(second, "offer-accept").click()
    await clerk.locator('[data-testid^="admit-"]').first.click()
    await part(officer, "wrap-up").wait_for()
    await tour.take(officer, "officer-wrap-up", "Wrap-up: the outcome in two clicks.")
    await see(second, 2)
    await part(second, "hand-back").click()
    await part(second, "hand-back-what").select_option("signature")
    await part(second, "hand-back-go").click()
    await part(clerk, "handed-back").wait_for()
    await tour.take(clerk, "clerk-handed-back", "Handed back for paper, signature or printing.")
    await part(clerk, "resume").click()

    # the end
    await part(clerk, "end-session").click()
    await tour.take(clerk, "clerk-end", "What cannot be undone is asked about.")
    await part(clerk, "confirm").click()
    await part(kiosk, "kiosk-thanks").wait_for()
    await tour.take(kiosk, "kiosk-thanks", "Thanked, and wiped: nothing is left for the next client.")
    await part(clerk, "session-ended").wait_for()
    await tour.take(clerk, "clerk-record", "The record fills itself; outcome and note are added.")
    await clerk.goto(f"{tour.url}/cases")
    await clerk.locator('[data-testid^="case-row-"]').first.wait_for()
    await tour.take(clerk, "clerk-register", "The register of clients served.")
    await part(kiosk, "kiosk-start").wait_for()

    # what can go wrong
    await kiosk.context.set_offline(True)
    await part(kiosk, "connection").locator(".connection").wait_for()
    await tour.take(kiosk, "kiosk-offline", "Without a line it says so, waits, and goes on by itself.")
    await kiosk.context.set_offline(False)
    await clerk.goto(f"{tour.url}/workstations")
    await clerk.locator('[data-testid^="let-go-"]').first.click()
    await part(clerk, "confirm").click()
    await part(kiosk, "enrol-place").wait_for()
    await tour.take(kiosk, "kiosk-let-go", "Let go by the clerk: its enrolment has ended.")


async def supervisor(tour: Tour) -> None:
    clerk, page = await tour.open("clerk-adazi"), await tour.open("supervisor-vid")
    for group in ("vid-iin", "vid-eds"):
        await part(clerk, "request-group").select_option(group)
        await part(clerk, "request-submit").click()
        await expect(part(clerk, "request-submit")).to_be_enabled()
    await part(page, "queue-of-vid-iin").wait_for()
    await expect(part(page, "board-tile-waiting")).to_contain_text("2")
    await tour.take(page, "supervisor-board", "What needs a hand at the top, then figures with their definitions.")
    await part(page, "queue-of-vid-iin").click()
    await page.locator('[data-testid^="queued-"]').first.wait_for()
    await page.locator('[data-testid^="why-"]').first.click()
    await tour.take(page, "supervisor-queue", "A queue: moved, raised, given to somebody, closed, with undo.")
    await page.get_by_role("link", name="Pārskati", exact=True).click()
    await part(page, "report-table").wait_for()
    await tour.take(page, "supervisor-reports", "Reports.")
    await page.goto(f"{tour.url}/board")
    await page.get_by_role("button", name="Sienas ekrāns").click()
    await tour.take(page, "supervisor-wallboard", "The wallboard.")


async def administrator(tour: Tour) -> None:
    page = await tour.open("administrator-vid")
    await page.get_by_role("heading").first.wait_for()
    await tour.take(page, "administrator", "The agency's administrator: groups, officers, rules, hours.")
    await page.get_by_role("link", name="EDS atbalsts").click()
    await page.get_by_role("textbox").first.wait_for()
    await tour.take(page, "administrator-group", "A group, with preview before what touches people.")


async def network(tour: Tour) -> None:
    page = await tour.open("network-manager")
    await part(page, "indicators").wait_for()
    await tour.take(page, "network-indicators", "The network's indicators.")
    await page.get_by_role("link", name="Kontaktpunkti", exact=True).click()
    await part(page, "point-mobila").wait_for()
    await tour.take(page, "network-points", "Contact points and the mobile brigade's stops.")
    await page.get_by_role("link", name="Dotācijas", exact=True).click()
    await page.get_by_role("heading", level=1).first.wait_for()
    await tour.take(page, "network-grants", "Grants are calculated step by step.")


async def avis(tour: Tour) -> None:
    page = await tour.open("grantor-aluksne")
    await part(page, "instruction-0").wait_for()
    await tour.take(page, "avis-grantor", "AVIS: what a grantor grants, in its order.")
    await part(page, "grant").click()
    await tour.take(page, "avis-grant", "A new benefit, with preview of who and how much.")
    await page.goto(f"{tour.url}/?account=grantor-aluksne")
    await part(page, "avis-tab-avisGroups").click()
    await page.get_by_role("heading", level=1).wait_for()
    await tour.take(page, "avis-recipients", "Recipients and their cards.")
    page = await tour.open("provider-veikals")
    await part(page, "outlet-veikals-aluksne").wait_for()
    await tour.take(page, "avis-provider", "A provider's outlets and prices.")
    page = await tour.open("avis-administrator")
    await part(page, "health").wait_for()
    await tour.take(page, "avis-administrator", "Health, integrity and indicators of AVIS.")


async def panel(tour: Tour) -> None:
    page = await tour.open("citizen-2")
    await expect(part(page, "widget-viewed")).to_have_attribute("data-state", "loaded")
    await expect(page.locator('[data-testid^="widget-"]:not([data-state="loaded"])')).to_have_count(0)
    await tour.take(page, "panel", "The citizen's panel.")
    page = await tour.open("citizen-2", PHONE)
    await expect(part(page, "widget-viewed")).to_have_attribute("data-state", "loaded")
    await expect(page.locator('[data-testid^="widget-"]:not([data-state="loaded"])')).to_have_count(0)
    await tour.take(page, "panel-phone", "The same on a phone.")
    page = await tour.blank()
    await page.goto(f"{tour.url}/sign-in")
    await part(page, "account-clerk-grobina").wait_for()
    await tour.take(page, "sign-in", "The demo's sign-in.")
    page = await tour.blank()
    await page.goto(f"{tour.url}/data")
    await part(page, "set-contact-points").wait_for()
    await tour.take(page, "open-data", "Open data for anybody.")


CHAPTERS: dict[str, Callable[[Tour], Awaitable[None]]] = {
    "consultation": consultation,
    "forms": forms,
    "home": home,
    "supervisor": supervisor,
    "administrator": administrator,
    "network": network,
    "avis": avis,
    "panel": panel,
}
#: heading → beginnings of the pictures' names
HEADINGS = {
    "Workstation": "kiosk-",
    "Clerk": "clerk-",
    "Officer": "officer-",
    "From home": "home-",
    "Supervisor": "supervisor-",
    "Administrator of an agency": "administrator",
    "Manager of the network": "network-",
    "AVIS": "avis-",
    "Citizen": "panel",
    "For everybody": ("sign-in", "open-data"),
}


def read_page() -> list[tuple[str, str, str]]:
    """What the page shows now: a part that is taken anew leaves the rest as it is."""
    if not PAGE.exists():
        return []
    found = re.findall(r"!\[(.+)\]\(img/tour/((.+)\.webp)\)", PAGE.read_text(encoding="utf-8"))
    return [(name, text, file) for text, file, name in found]


def write_page(shown: list[tuple[str, str, str]]) -> None:
    lines = [
        "# Tour",
        "",
        "Every console and every state of a workstation, as the demo shows them. `make tour` takes the pictures anew.",
        "",
    ]
    for heading, begins in HEADINGS.items():
        lines += [f"## {heading}", ""]
        for name, text, file in shown:
            if name.startswith(begins):
                lines += [text, "", f"![{text}](img/tour/{file})", ""]
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


async def main(only: list[str], url: str | None) -> None:
    async with async_playwright() as playwright:
        with (
            tempfile.TemporaryDirectory() as folder,
            throwaway_demo(
                wrap_up_s="900", offer_timeout_s="120", hold_s="600", kiosk_idle_s="900", home_agencies="vsaa"
            ) as served,
        ):
            camera = Path(folder) / "camera.mjpeg"
            somebody(camera)
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM,
                args=[*ARGUMENTS, f"--use-file-for-fake-video-capture={camera}"],
                # dates in fields are written as the browser's own language has them
                env={**os.environ, "LANGUAGE": "lv"},
            )
            tour = Tour(browser, (url or served).replace("127.0.0.1", "localhost"))
            for name in only or CHAPTERS:
                await CHAPTERS[name](tour)
                for context in browser.contexts:
                    await context.close()
            await browser.close()
    known = {name: (name, text, file) for name, text, file in (read_page() if only else [])}
    write_page(list((known | {each[0]: each for each in tour.shown}).values()))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", nargs="*", default=[], choices=CHAPTERS)
    arguments.add_argument("--url", help="a running demo instead of one of its own")
    given = arguments.parse_args()
    asyncio.run(main(given.only, given.url))
