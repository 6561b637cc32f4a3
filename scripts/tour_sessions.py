"""Further sessions of the tour: what PAK_03 and PAK_04 ask for, and a client who comes from home."""

from __future__ import annotations

from playwright.async_api import expect

from scripts.tour_take import PHONE, Tour, part, see


async def forms(tour: Tour) -> None:
    """A service of VID applied for on the client's behalf, and a training."""
    clerk, officer = await tour.open("clerk-adazi"), await tour.open("officer-vid-2")
    await part(officer, "availability-available").click()
    await expect(part(clerk, "indicator-vid-2")).to_have_attribute("data-state", "available")
    await part(clerk, "request-group").select_option("vid-eds")
    await part(clerk, "request-workstation").select_option("")
    await part(clerk, "request-pak").select_option("PAK_04")
    await part(clerk, "pak-04-eid").check()
    await part(clerk, "request-submit").click()
    await part(clerk, "request-form").locator(".problem").wait_for()
    await tour.take(clerk, "clerk-pak-04", "PAK_04 asks for its two conditions, and says what is missing.", top="form")
    await part(clerk, "request-pak").select_option("PAK_03")
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click()
    for page in (clerk, officer):
        await see(page, 1)
    await part(officer, "training-service").fill("EDS: gada ienākumu deklarācija")
    await part(officer, "training-alone").check()
    await part(officer, "training-save").click()
    await part(officer, "training-saved").wait_for()
    await tour.take(
        officer,
        "officer-training",
        "PAK_03: what was taught, and whether the client can do it alone.",
        top='[data-testid="training"]',
    )
    await part(clerk, "shortcuts").click()
    await tour.take(clerk, "clerk-shortcuts", "Which keys there are, and whether they work.")
    await clerk.keyboard.press("Escape")
    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await part(officer, "wrap-up-outcome-solved").click()
    await part(officer, "wrap-up-finish").click()


async def home(tour: Tour) -> None:
    """The same session from a client's own telephone."""
    clerk, officer = await tour.open("clerk-adazi"), await tour.open("officer-vsaa-2")
    await part(officer, "availability-available").click()
    await expect(part(clerk, "indicator-vsaa-2")).to_have_attribute("data-state", "available")
    await part(clerk, "dial-vsaa-2").click()
    await part(clerk, "request-workstation").select_option("")
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click()
    await see(clerk, 1)
    await part(clerk, "link-make").click()
    link = await part(clerk, "link-address").input_value()
    await tour.take(
        clerk,
        "clerk-home-link",
        "A personal link for a client who cannot come; shown once.",
        top='[data-testid="home-link"]',
    )
    client = await tour.blank(PHONE)
    await client.goto(link)
    await part(client, "home-start").wait_for()
    await tour.take(client, "home-start", "The link opens by a touch, on one device.")
    await part(client, "home-open").click()
    await part(client, "door-place").wait_for()
    await tour.take(client, "home-waiting", "The client waits before the same door as everybody.")
    await clerk.locator('[data-testid^="admit-"]').wait_for()
    await tour.take(clerk, "clerk-home-door", "The clerk sees who knocks, and from where.")
    await clerk.locator('[data-testid^="admit-"]').click()
    for page in (clerk, officer, client):
        await see(page, 2)
    await tour.take(client, "home-session", "The session on a telephone.")
    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await part(client, "home-ended").wait_for()
    await tour.take(client, "home-ended", "Nothing is left on the client's device.")
