"""The bridges as people meet them, over HTTP: the panel, a company's delegate in a consultation, a day without DAGR."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from avis_bridge.api import CALLS as AVIS_CALLS
from tests.bridges.world import ACTIVATE, ALL, BRANCH, CODES, PERIOD, READ, SHOP, World, code_of, instruction, world
from tests.web.person import Person
from tests.web.sessions import finish
from tests.web.test_planned import heard

GROUP, POINT = "vsaa-pabalsti", "grobina"
DAY_MS = 86_400_000
#: everything that a private person's panel shows
WIDGETS = (
    "me",
    "benefits",
    "means",
    "used",
    "powers",
    "eaddress",
    "consultations",
    "open_now",
    "suggestions",
    "programmes",
    "viewed",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("scenarios"), home_agencies=("vsaa",)) as found:
        yield found


def loads(citizen: Person, *, acting_for: str = "") -> dict[str, int]:
    return {name: citizen.get(f"/api/panel/{name}", x_acting_for=acting_for).status_code for name in WIDGETS}


# ── a company's delegate ─────────────────────────────────────────────────────────────────────────


def test_a_delegate_of_a_non_residents_company_in_a_kiosk_consultation(home: World) -> None:
    """A general power at the notary, checked in the session; the e-adrese is activated; revoked, it is denied."""
    act_no = home.act(CODES[0], BRANCH)
    clerk, officer = home.person("clerk-grobina"), home.person("officer-vsaa-1")
    officer.go_live().post("/api/presence", {"choice": "available"})
    clerk.go_live().wait_for_indicator("vsaa-1", "available")
    client = {"kind": "identified", "personal_code": CODES[0], "method": "id_card"}
    asked = clerk.request(GROUP, officer_id="vsaa-1", workstation_id="grobina-1", client=client).json()
    session = f"/api/sessions/{asked['id']}"
    offer = officer.wait_for_offer(asked["id"])
    officer.post(f"/api/offers/{asked['id']}/accept", {"version": offer["version"]})
    clerk.wait_for(lambda each: each.get("type") == "session.changed" and each["data"]["id"] == asked["id"])
    given = clerk.post(f"{session}/authorisation", {"workstation_id": "grobina-1", "delivery": "code"}).json()
    # there is no node to join here, but the place is the workstation's
    redeemed = home.person("kiosk-grobina").post("/api/authorisations/redeem", {"code": given["code"]})
    assert redeemed.status_code == 503

    def acts_for() -> dict[str, Any]:
        return dict(clerk.post(f"{session}/acting-for", {"reg_no": BRANCH, "scope": ACTIVATE}).json())

    assert (acts_for()["allowed"], acts_for()["reason"]) == (False, "no_authorisation")
    assert clerk.post(f"{session}/eaddress").status_code == 403
    made = home.notary("authorisations", act_no=act_no, scopes=[ACTIVATE], **PERIOD)
    assert made.status_code == 200
    assert acts_for()["allowed"] is True
    assert officer.post(f"{session}/eaddress").json()["status"] == "active"

    assert home.notary("revoke", act_no=act_no).json()["revoked_authorisations"] == 1
    denied = officer.post(f"{session}/eaddress")
    assert (denied.status_code, code_of(denied)) == (403, "not_allowed")
    assert denied.json()["error"]["details"]["reason"] == "authorisation_revoked"
    dropped = officer.get(f"{session}/client").json()["acting_for"]
    assert (dropped["allowed"], dropped["revoked"]) == (False, True)
    clerk.wait_for(
        lambda each: each.get("type") == "session.changed" and (each["data"].get("acting_for") or {}).get("revoked")
    )
    assert clerk.call("DELETE", f"{session}/acting-for").status_code == 204
    # the conversation goes on, with a private person
    assert officer.post(f"{session}/eaddress").json()["status"] == "active"


def test_identities_are_asked_for_with_every_call_and_mix_nothing(home: World) -> None:
    act_no = home.act(CODES[1], BRANCH, (READ,))
    assert home.notary("authorisations", act_no=act_no, scopes=[READ], **PERIOD).status_code == 200
    citizen = home.person("citizen-2")
    companies = {each["reg_no"]: each for each in citizen.get("/api/panel/identities").json()["companies"]}
    assert (companies[BRANCH]["basis"], companies[BRANCH]["scopes"]) == ("notary_general_power", [READ])
    assert citizen.post("/api/panel/identity", {"reg_no": BRANCH}).json()["name"]
    private = {"benefits", "means", "used", "suggestions", "programmes", "viewed"}
    found = loads(citizen, acting_for=BRANCH)
    assert {name for name, status in found.items() if status != 200} == private
    assert {found[name] for name in private} == {409}
    assert citizen.get("/api/panel/me", x_acting_for=BRANCH).json()["kind"] == "company"
    assert citizen.get("/api/panel/me").json()["code"].endswith("111")
    powers = citizen.get("/api/panel/powers", x_acting_for=BRANCH).json()
    assert {each["reg_no"] for each in powers["received"]} == {BRANCH}
    assert powers["given"] == [], "a delegate sees no other delegates"
    assert citizen.get("/api/panel/eaddress", x_acting_for=BRANCH).json()["status"] in ("active", "inactive")
    outside = citizen.post("/api/panel/eaddress", x_acting_for=BRANCH)
    assert (outside.status_code, code_of(outside)) == (422, "scope_outside_power")
    home.notary("revoke", act_no=act_no)
    for path in ("me", "powers", "eaddress", "consultations"):
        ended = citizen.get(f"/api/panel/{path}", x_acting_for=BRANCH)
        assert (ended.status_code, code_of(ended)) == (409, "identity_ended"), path
        assert ended.json()["error"]["details"]["reason"] == "authorisation_revoked"
    # who represents the company alone needs no authorisation
    own = home.person("citizen-4").get("/api/panel/identities").json()["companies"]
    assert [(each["reg_no"], each["basis"]) for each in own] == [("49999991011", "representative")]
    stranger = home.person("citizen-4").post("/api/panel/identity", {"reg_no": SHOP})
    assert (stranger.status_code, code_of(stranger)) == (403, "not_allowed")


def test_a_joint_right_from_issue_to_stop(home: World) -> None:
    """Issued, changed, signed and stopped at the pages of those who represent the company."""
    citizen, delegate = home.person("citizen-4"), home.person("citizen-2")
    body = {"reg_no": "49999991011", "delegate": CODES[1], "scopes": [READ], "valid_to": "2026-12-31"}
    issued = citizen.post("/api/panel/powers", body).json()
    assert (issued["state"], home.check(CODES[1], "49999991011", READ)) == ("active", "allowed")
    changed = citizen.call(
        "PUT", f"/api/panel/powers/{issued['id']}", {"scopes": [ALL], "valid_to": "2026-06-30"}
    ).json()
    assert home.check(CODES[1], "49999991011", ACTIVATE) == "allowed"
    assert citizen.post(f"/api/panel/powers/{changed['id']}/sign").json()["state"] == "active"
    assert delegate.post(f"/api/panel/powers/{changed['id']}/stop").json()["state"] == "revoked"
    assert home.check(CODES[1], "49999991011", ACTIVATE) != "allowed"


# ── consultations ────────────────────────────────────────────────────────────────────────────────


def book(citizen: Person, starts_at_ms: int, **more: Any) -> httpx.Response:
    body = {"group_id": GROUP, "point_id": POINT, "starts_at_ms": starts_at_ms, **more}
    return citizen.post("/api/panel/appointments", body, idempotency_key=uuid.uuid4().hex)


def free(home: World, citizen: Person) -> list[int]:
    now = home.running.clock.wall_ms()
    path = f"/api/panel/slots?group={GROUP}&from={now}&to={now + 7 * DAY_MS}"
    return [each["starts_at_ms"] for each in citizen.get(path).json()["slots"]]


def test_a_consultation_is_booked_moved_and_cancelled_at_the_panel(home: World) -> None:
    citizen, clerk = home.person("citizen-1"), home.person("clerk-grobina")
    offered = citizen.get("/api/panel/bookable").json()
    assert GROUP in {each["id"] for each in offered["groups"]}
    assert POINT in {each["id"] for each in offered["places"]}
    assert "brigade" not in json.dumps(offered["places"])
    first, second, *_ = free(home, citizen)
    made = book(citizen, first)
    assert made.status_code == 201, made.text
    mine = made.json()
    coming = citizen.get("/api/panel/consultations").json()["coming"]
    assert [(each["id"], each["starts_at_ms"]) for each in coming] == [(mine["id"], first)]
    at_point = clerk.get(f"/api/appointments?from={first}&to={first + 1}").json()["appointments"]
    assert [(each["id"], each["client"]["kind"]) for each in at_point] == [(mine["id"], "identified")]
    moved = citizen.post(f"/api/panel/appointments/{mine['id']}/move", {"starts_at_ms": second}).json()
    assert moved["starts_at_ms"] == second
    # another citizen's is refused, whatever is tried
    other = home.person("citizen-3")
    assert other.get("/api/panel/consultations").json()["coming"] == []
    for path, body in (("cancel", None), ("move", {"starts_at_ms": first})):
        assert other.post(f"/api/panel/appointments/{mine['id']}/{path}", body).status_code == 403
    assert citizen.post(f"/api/panel/appointments/{mine['id']}/cancel").json()["state"] == "cancelled"
    assert citizen.get("/api/panel/consultations").json()["coming"] == []
    nowhere = book(citizen, first, point_id="nowhere")
    assert (nowhere.status_code, nowhere.json()["error"]["field"]) == (422, "point_id")
    assert code_of(book(citizen, first + 60_000)) == "slot_unavailable"
    assert code_of(book(citizen, first, group_id="nothing")) == "group_unknown"


def test_who_booked_at_the_panel_comes_and_is_served(home: World) -> None:
    citizen, clerk, officer = home.person("citizen-3"), home.person("clerk-grobina"), home.person("officer-vsaa-2")
    mine = book(citizen, free(home, citizen)[0]).json()
    clerk.go_live()
    home.running.clock.advance((mine["starts_at_ms"] - home.running.clock.wall_ms()) / 1000)
    clerk.post(f"/api/appointments/{mine['id']}/arrived")
    made = heard(clerk, "appointment.changed", mine["id"], "converted")
    officer.go_live().post("/api/presence", {"choice": "available"})
    offer = officer.wait_for_offer(made["request_id"])
    officer.post(f"/api/offers/{made['request_id']}/accept", {"version": offer["version"]})
    clerk.wait_for(lambda each: each.get("type") == "session.changed" and each["data"]["id"] == made["request_id"])
    known = clerk.get(f"/api/sessions/{made['request_id']}/client").json()
    assert (known["label"][-3:], known["assurance"]) == ("212", "portal")
    assert known["verified"] is None, "the clerk has looked at no document yet"
    finish(home.running, {"clerk": clerk, "officer": officer}, made["request_id"])


# ── consent, and data of one's own ───────────────────────────────────────────────────────────────


def test_suggestions_need_consent_and_withdrawn_it_is_forgotten(home: World) -> None:
    citizen = home.person("citizen-1")

    def suggested() -> Any:
        return citizen.get("/api/panel/suggestions").json()

    assert suggested() == {"consent": None, "life_events": [], "suggestions": []}
    citizen.post("/api/panel/suggestions", {"life_events": ["moving"]})
    found = suggested()
    assert "moving" in found["life_events"]
    assert "situation" in {each["why"] for each in found["suggestions"]}
    citizen.call("PUT", "/api/panel/suggestions", {"life_events": []})
    assert "situation" not in {each["why"] for each in suggested()["suggestions"]}
    citizen.call("PUT", "/api/panel/suggestions", {"life_events": ["moving"]})
    assert citizen.call("DELETE", "/api/panel/suggestions").status_code == 204
    assert suggested() == {"consent": None, "life_events": [], "suggestions": []}
    citizen.post("/api/panel/suggestions", {})
    assert suggested()["consent"]["life_events"] == [], "the earlier choice is forgotten"
    citizen.call("DELETE", "/api/panel/suggestions")


def test_own_data_says_where_it_is_from_and_can_be_called_wrong(home: World) -> None:
    citizen = home.person("citizen-2")
    mine = citizen.get("/api/panel/me").json()
    assert (mine["source"], mine["code"]) == ("DAGR", "••••••-••111")
    assert mine["as_of_ms"] < home.running.clock.wall_ms()
    assert mine["address"]
    sent = citizen.post("/api/panel/me/report", {"field": "address", "text": "Dzīvoju citur."}).json()
    assert sent["number"].startswith("DAGR-")
    assert citizen.post("/api/panel/me/report", {"field": "code", "text": "Nav pareizi."}).status_code == 422
    assert citizen.get("/api/panel/eaddress").json()["status"] == "inactive"
    assert citizen.post("/api/panel/eaddress").json()["status"] == "active"
    assert citizen.get("/api/panel/eaddress").json()["status"] == "active"


def test_without_dagr_the_other_widgets_load(home: World) -> None:
    citizen = home.person("citizen-2")
    citizen.post("/api/panel/suggestions", {})
    assert set(loads(citizen).values()) == {200}
    with home.dagr_down():
        found = loads(citizen)
    assert {name for name, status in found.items() if status != 200} == {"me", "eaddress", "suggestions"}
    assert {found[name] for name in ("me", "eaddress", "suggestions")} == {503}
    citizen.call("DELETE", "/api/panel/suggestions")
    assert set(loads(citizen).values()) == {200}


def test_another_citizens_data_is_refused(home: World) -> None:
    mine, other = home.person("citizen-2"), home.person("citizen-4")
    card = mine.get("/api/panel/means").json()["means"][0]
    assert code_of(other.post(f"/api/panel/means/{card['id']}/revoked")) == "means_of_another"
    (power, *_) = home.person("citizen-1").get("/api/panel/powers").json()["received"]
    assert other.post(f"/api/panel/powers/{power['id']}/stop").status_code == 403
    for account in ("clerk-grobina", "officer-vsaa-1", "grantor-aluksne", "network-manager"):
        assert home.person(account).get("/api/panel/me").status_code == 403


# ── every operation, and the audit of each change ────────────────────────────────────────────────


def test_every_operation_of_avis_is_done_over_http_and_written_down(home: World) -> None:
    """Environments and programs: none of their operations lacks a call that succeeds, no change lacks its entry."""
    grantor, shop, administrator = (
        home.person(account) for account in ("grantor-aluksne", "provider-veikals", "avis-administrator")
    )
    done: set[str] = set()

    def ok(answer: httpx.Response, operation: str) -> Any:
        assert answer.status_code in (200, 201, 204), f"{operation}: {answer.text}"
        done.add(operation)
        return answer.json() if answer.content else None

    group = ok(grantor.post("/api/avis/groups", {"name": {"lv": "G", "en": "G"}}), "group.create")
    ok(grantor.post(f"/api/avis/groups/{group['id']}/members", {"text": CODES[1]}), "group.import")
    ok(grantor.post(f"/api/avis/groups/{group['id']}/refresh"), "group.refresh")
    body = instruction(group["id"], include=["food/milk"])
    made = ok(grantor.post("/api/avis/instructions", {"body": body}), "instruction.create")
    where = f"/api/avis/instructions/{made['id']}"
    ok(grantor.call("PUT", where, {"body": {**body, "value": 5_000}, "version": 1}), "instruction.revise")
    assert ok(grantor.get(f"{where}/versions"), "versions")["versions"][0]["version"] == 2
    for step in ("activate", "suspend", "activate"):
        ok(grantor.post(f"{where}/{step}"), f"instruction.{step}")
    ids = [each["id"] for each in grantor.get("/api/avis").json()["instructions"] if each["state"] != "ended"]
    ok(grantor.post("/api/avis/order", {"ids": ids[::-1]}), "instruction.order")
    line = {"category": "food/milk", "quantity": 1, "unit_cents": 135}
    assert ok(grantor.post("/api/avis/preview", {"body": body, "line": line}), "preview")["recipients"] == 1
    card = ok(grantor.post("/api/avis/means", {"personal_code": CODES[1], "kind": "qr"}), "means.issue")["means"]
    assert card["id"] in json.dumps(ok(grantor.get("/api/avis/means"), "issued"))
    ok(grantor.post(f"/api/avis/means/{card['id']}/revoked"), "means.revoked")
    ok(shop.call("PUT", "/api/avis/outlets/jauna", {"name": "Jauna", "atvk": "LV0021000"}), "outlet.save")
    item = {"sku": "siers", "name": "Siers", "category": "food/milk", "unit_cents": 300}
    ok(shop.call("PUT", "/api/avis/items", {"items": [item]}), "items.save")
    ok(shop.post("/api/avis/programmes", {"name": {"lv": "P", "en": "P"}}), "programme.create")
    system = ok(shop.post("/api/avis/systems", {"name": "K", "kind": "both"}), "system.add")["system"]["client_id"]
    ok(shop.post(f"/api/avis/systems/{system}/renew"), "system.renew")
    ok(shop.post(f"/api/avis/systems/{system}/active", {"active": False}), "system.active")

    quote = ok(home.quote("piens", 135), "quote")
    assert quote["benefit_cents"] > 0
    sale = ok(home.commit(quote), "transaction.commit")
    ok(home.reverse(sale["transaction"]), "transaction.reverse")
    ok(home.grantor_puts("op", {"body": instruction("pupils"), "ended": True}), "instruction.put")
    for path, more, operation in (
        ("/benefits", {}, "benefits"),
        ("/means", {}, "means"),
        ("/means/register", {"kind": "eid", "token": "an-eid-card"}, "means.register"),
        ("/transactions", {}, "transactions"),
        ("/programmes", {}, "programmes"),
        ("/programmes/enrol", {"id": "friends", "joined": True}, "programme.enrol"),
    ):
        found = ok(home.state_system(path, CODES[1], **more), operation)
    assert next(each for each in found["programmes"] if each["id"] == "friends")["joined"]
    registered = next(each for each in home.state_system("/means", CODES[1]).json()["means"] if each["kind"] == "eid")
    ok(home.state_system("/means/state", CODES[1], id=registered["id"], state="blocked"), "means.state")
    assert len(done) >= len(AVIS_CALLS) + 15
    ok(shop.get("/api/avis/sales"), "sales")
    ok(grantor.get("/api/avis/settlement"), "settlement")
    assert set(ok(administrator.post("/api/avis/health/check"), "health")["health"]["checks"].values()) == {0}
    ok(grantor.post(f"{where}/end"), "instruction.end")

    changes = {each for each in done if "." in each}
    assert changes <= home.audited("avis."), "a change that nobody wrote down"
