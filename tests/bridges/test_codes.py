"""Every error code of AVIS, JPP and the panel, brought about over HTTP as somebody who calls them meets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from avis_bridge.model import Provider
from kernel import bridge_errors
from kernel.errors import KlatieneError, all_errors
from tests.bridges.world import (
    ACTIVATE,
    ALL,
    BRANCH,
    CODES,
    DISSOLVED,
    NOBODYS,
    OUTLET,
    PERIOD,
    SHOP,
    STRANGER,
    World,
    code_of,
    instruction,
    world,
)

Scenario = Callable[[World], httpx.Response]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("codes")) as found:
        yield found


# ── AVIS ─────────────────────────────────────────────────────────────────────────────────────────


def means_blocked(w: World) -> httpx.Response:
    citizen = w.person("citizen-2")
    (card,) = [each for each in citizen.get("/api/panel/means").json()["means"] if each["state"] == "active"]
    citizen.post(f"/api/panel/means/{card['id']}/blocked")
    refused = w.identify()
    citizen.post(f"/api/panel/means/{card['id']}/active")
    return refused


def means_of_another(w: World) -> httpx.Response:
    card = w.person("citizen-2").get("/api/panel/means").json()["means"][0]
    return w.person("citizen-4").post(f"/api/panel/means/{card['id']}/blocked")


def no_contract(w: World) -> httpx.Response:
    avis = w.running.house.reference_avis

    async def newcomer() -> tuple[str, str]:
        async with avis.ledger.transaction() as tx:
            await avis.register.save_provider(tx, Provider(reg_no="49999991151", name="Bez līguma"))
        system, secret = await avis.systems.add("49999991151", "both", "Kase")
        return system.client_id, secret

    body = {"means": "DEMO-0002", "outlet": OUTLET}
    answer: httpx.Response = w.program("/avis", w.running.do(newcomer()), "POST", "/v1/identify", body)
    return answer


def outlet_inactive(w: World) -> httpx.Response:
    shop = w.person("provider-veikals")
    place = {"name": "Slēgts", "atvk": "LV0021000"}
    shop.call("PUT", "/api/avis/outlets/slegts", {**place, "active": False})
    return w.identify(outlet="slegts")


def quote_expired(w: World) -> httpx.Response:
    quote = w.quote().json()
    w.running.clock.advance(121)
    return w.commit(quote)


def cap_changed(w: World) -> httpx.Response:
    body = {"body": instruction("families", include=["food/milk"], value=5_000, cap_month=135)}
    sif = w.person("grantor-sif")
    made = sif.post("/api/avis/instructions", body).json()
    sif.post(f"/api/avis/instructions/{made['id']}/activate")
    one, other = (w.quote("piens", 135).json() for _ in range(2))
    assert w.commit(one).status_code == 200
    refused = w.commit(other)
    again = refused.json()["quote"]
    assert again["paid_cents"] > other["paid_cents"]
    assert w.commit(again).status_code == 200
    sif.post(f"/api/avis/instructions/{made['id']}/end")
    return refused


def receipt_duplicate(w: World) -> httpx.Response:
    one, other = w.quote().json(), w.quote().json()
    first = w.commit(one, number="twice", key="the-same-call")
    again = w.commit(one, number="twice", key="the-same-call")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    return w.commit(other, number="twice")


def reverse_exceeds(w: World) -> httpx.Response:
    sale = w.commit(w.quote().json()).json()
    return w.reverse(sale["transaction"], quantity=3)


def instruction_closed(w: World) -> httpx.Response:
    grantor = w.person("grantor-aluksne")
    made = grantor.post("/api/avis/instructions", {"body": instruction()}).json()
    grantor.post(f"/api/avis/instructions/{made['id']}/end")
    return grantor.post(f"/api/avis/instructions/{made['id']}/activate")


def priority_conflict(w: World) -> httpx.Response:
    sent = {"body": instruction(include=["culture"]), "priority": 900}
    assert w.grantor_puts("one", sent).status_code == 200
    return w.grantor_puts("another", sent)


def dagr_unavailable(w: World) -> httpx.Response:
    """A criterion that nobody was asked about: nobody knows, so nobody says no. An answer of the last day would do."""
    sif = w.person("grantor-sif")
    name = {"lv": "Pēc DAGR", "en": "By DAGR"}
    group = sif.post("/api/avis/groups", {"name": name, "criterion": "large_family"}).json()
    assert group["source"] == "dagr"
    with w.dagr_down():
        refused = w.identify()
    assert w.identify().json()["stale"] is False
    w.running.clock.advance(2 * 3_600)
    with w.dagr_down():
        assert w.identify().json()["stale"] is True
    w.running.clock.advance(25 * 3_600)
    return refused


def grantor_creates(w: World, **more: Any) -> httpx.Response:
    return w.person("grantor-aluksne").post("/api/avis/instructions", {"body": instruction(**more)})


def to_unknown_programme(w: World) -> httpx.Response:
    return w.person("citizen-1").post("/api/panel/programmes/nothing", {"joined": True})


AVIS: dict[str, tuple[int, Scenario]] = {
    "means_unknown": (404, lambda w: w.identify("nobody's")),
    "means_blocked": (409, means_blocked),
    "means_known": (
        409,
        lambda w: w.person("citizen-1").post("/api/panel/means", {"kind": "qr", "token": "DEMO-0002"}),
    ),
    "means_of_another": (403, means_of_another),
    "no_contract": (403, no_contract),
    "outlet_unknown": (404, lambda w: w.identify(outlet="muzejs")),
    "outlet_inactive": (409, outlet_inactive),
    "item_unknown": (422, lambda w: w.quote("gold")),
    "currency_not_eur": (422, lambda w: w.quote(currency="USD")),
    "quote_expired": (409, quote_expired),
    "cap_changed": (409, cap_changed),
    "receipt_duplicate": (409, receipt_duplicate),
    "receipt_total_mismatch": (422, lambda w: w.commit(w.quote().json(), total_cents=1)),
    "transaction_unknown": (404, lambda w: w.reverse("nothing")),
    "reverse_exceeds": (422, reverse_exceeds),
    "instruction_unknown": (404, lambda w: w.person("grantor-sif").post("/api/avis/instructions/nothing/end")),
    "instruction_invalid": (422, lambda w: grantor_creates(w, value=10_001)),
    "instruction_closed": (409, instruction_closed),
    "priority_conflict": (409, priority_conflict),
    "recipient_group_unknown": (404, lambda w: grantor_creates(w, group="families")),
    "programme_unknown": (404, to_unknown_programme),
    "dagr_unavailable": (503, dagr_unavailable),
    "personal_code_invalid": (422, lambda w: w.state_system("/benefits", "not a code")),
}


# ── JPP and the notaries ─────────────────────────────────────────────────────────────────────────


def submits(w: World, **more: Any) -> httpx.Response:
    sent = {"act_no": f"A-{w.number()}", "reg_no": BRANCH, "attorney": CODES[0], "scopes": [ACTIVATE], **PERIOD}
    return w.notary("powers", **{**sent, **more})


def authorises(w: World, act_no: str, **more: Any) -> httpx.Response:
    return w.notary("authorisations", **{"act_no": act_no, "scopes": [ACTIVATE], **PERIOD, **more})


def power_expired(w: World) -> httpx.Response:
    act_no = f"A-{w.number()}"
    over = {"valid_from": "2024-01-01", "valid_to": "2024-12-31"}
    assert submits(w, act_no=act_no, **over).status_code == 200
    return authorises(w, act_no, **over)


def power_revoked(w: World) -> httpx.Response:
    act_no = w.act()
    assert authorises(w, act_no).status_code == 200
    assert w.check(CODES[0], BRANCH) == "allowed"
    assert w.notary("revoke", act_no=act_no).json()["revoked_authorisations"] == 1
    assert w.check(CODES[0], BRANCH) == "authorisation_revoked"
    return authorises(w, act_no)


def act_duplicate(w: World) -> httpx.Response:
    act_no = w.act()
    same = submits(w, act_no=act_no)
    assert same.status_code == 200
    return submits(w, act_no=act_no, scopes=[ALL])


def issues(w: World, account: str, reg_no: str) -> httpx.Response:
    body = {"reg_no": reg_no, "delegate": CODES[1], "scopes": [ALL], "valid_to": "2026-12-31"}
    return w.person(account).post("/api/panel/powers", body)


def registry_unavailable(w: World) -> httpx.Response:
    with w.dagr_down():
        return submits(w)


JPP: dict[str, tuple[int, Scenario]] = {
    "delegate_not_resident": (422, lambda w: submits(w, attorney=STRANGER)),
    "legal_person_unknown": (404, lambda w: submits(w, reg_no=NOBODYS)),
    "legal_person_dissolved": (409, lambda w: submits(w, reg_no=DISSOLVED)),
    "power_unknown": (404, lambda w: authorises(w, "never submitted")),
    "power_expired": (409, power_expired),
    "power_revoked": (409, power_revoked),
    "scope_outside_power": (422, lambda w: authorises(w, w.act(), scopes=[ALL])),
    "period_outside_power": (422, lambda w: authorises(w, w.act(), valid_to="2027-01-01")),
    "notary_not_active": (403, lambda w: submits(w, notary="notars-bez-amata")),
    "act_duplicate": (409, act_duplicate),
    # one of two who only together may act
    "signatures_incomplete": (
        409,
        lambda w: w.person("citizen-3").post("/api/panel/identity", {"reg_no": BRANCH}),
    ),
    "sub_delegation_forbidden": (403, lambda w: issues(w, "citizen-1", SHOP)),
    "not_representative": (403, lambda w: issues(w, "citizen-4", SHOP)),
    "invalid_reg_no": (422, lambda w: submits(w, reg_no="49999991008")),
    "registry_unavailable": (503, registry_unavailable),
}


# ── the panel ────────────────────────────────────────────────────────────────────────────────────


def identity_ended(w: World) -> httpx.Response:
    act_no = w.act(attorney=CODES[3])
    assert authorises(w, act_no).status_code == 200
    citizen = w.person("citizen-4")
    assert citizen.get("/api/panel/me", x_acting_for=BRANCH).json()["reg_no"] == BRANCH
    w.notary("revoke", act_no=act_no)
    return citizen.get("/api/panel/me", x_acting_for=BRANCH)


PANEL: dict[str, tuple[int, Scenario]] = {
    "identity_ended": (409, identity_ended),
    "not_of_company": (409, lambda w: w.person("citizen-1").get("/api/panel/benefits", x_acting_for=SHOP)),
    "consent_missing": (403, lambda w: w.person("citizen-1").call("PUT", "/api/panel/suggestions", {})),
}
SCENARIOS = AVIS | JPP | PANEL

#: the codes that the domain's own tables name
OF_THE_DOMAIN = {
    "means_unknown",
    "means_blocked",
    "no_contract",
    "outlet_inactive",
    "quote_expired",
    "cap_changed",
    "receipt_duplicate",
    "receipt_total_mismatch",
    "reverse_exceeds",
    "priority_conflict",
    "currency_not_eur",
    "dagr_unavailable",
    "personal_code_invalid",
    "delegate_not_resident",
    "legal_person_unknown",
    "legal_person_dissolved",
    "power_expired",
    "power_revoked",
    "scope_outside_power",
    "notary_not_active",
    "act_duplicate",
    "signatures_incomplete",
    "sub_delegation_forbidden",
    "invalid_reg_no",
    "registry_unavailable",
}


@pytest.mark.parametrize("code", SCENARIOS)
def test_it_is_met_over_http(home: World, code: str) -> None:
    status, scenario = SCENARIOS[code]
    refused = scenario(home)
    assert (refused.status_code, code_of(refused)) == (status, code), refused.text


def test_no_code_is_left_out() -> None:
    declared: set[str] = {
        error.code
        for error in all_errors()
        if error.__module__ == bridge_errors.__name__ and issubclass(error, KlatieneError)
    }
    assert declared | OF_THE_DOMAIN == set(SCENARIOS)


def test_whoever_is_not_eligible_is_served_all_the_same(home: World) -> None:
    quote = home.quote("alus", 180).json()
    assert (quote["benefit_cents"], quote["paid_cents"]) == (0, 360)


def test_guesses_are_counted_by_client_and_what_succeeds_is_not(home: World) -> None:
    def token(secret: str) -> httpx.Response:
        return httpx.post(
            f"{home.running.url}/avis/token",
            data={"grant_type": "client_credentials"},
            auth=(home.till_keys[0], secret),
        )

    assert {token(home.till_keys[1]).status_code for _ in range(15)} == {200}
    guessed = [token("guess") for _ in range(12)]
    assert [each.status_code for each in guessed] == [401] * 10 + [429] * 2
    assert (code_of(guessed[-1]), int(guessed[-1].headers["retry-after"])) == ("rate_limited", 6)
    home.running.clock.advance(60)
    cards = [home.identify(f"guess-{number}").status_code for number in range(32)]
    assert cards == [404] * 30 + [429] * 2
    refused = home.identify()
    assert (refused.status_code, code_of(refused)) == (429, "rate_limited")
    home.running.clock.advance(60)
    assert home.identify().status_code == 200
