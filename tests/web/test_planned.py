"""Appointments and callbacks as clerks and officers meet them: over HTTP and the live channel, with a moved clock."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from kernel.clock import ManualClock
from kernel.ids import GroupId
from router import directory
from router.model import Calendar, GroupRules, Hours, Slots
from tests.router.test_calendar import at
from tests.web.person import Person
from tests.web.running import Running, running_house

GROUP, CLOSED, PLAIN, VID = "vsaa-pabalsti", "vsaa-pensijas", "vid-iin", "vid-eds"
NOW = at("2026-11-23 08:00")
NINE, HALF_PAST = at("2026-11-23 09:00"), at("2026-11-23 09:30")
CODE = "030205-00111"
IDENTIFIED = {"kind": "identified", "personal_code": CODE, "method": "passport"}
RULES = {
    GROUP: GroupRules(slots=Slots(minutes=30, parallel=1, min_notice_minutes=30)),
    # open on Mondays from ten to eleven
    CLOSED: GroupRules(calendar=Calendar(week=((Hours("10:00", "11:00"),), (), (), (), (), (), ())), slots=Slots()),
    PLAIN: GroupRules(callbacks=False),
    # asks for the conditions of PAK_04
    VID: GroupRules(slots=Slots(minutes=30, parallel=2, min_notice_minutes=30)),
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running_house(tmp_path, ManualClock(wall_ms=NOW)) as running:
        running.do(set_rules(running))
        yield running


async def set_rules(running: Running) -> None:
    house = running.house
    groups = {group.id: group for group in house.router.groups()}
    async with house.ledger.transaction() as tx:
        for group_id, rules in RULES.items():
            await directory.save_group(tx, changed(groups[GroupId(group_id)], rules=rules))
    await house.router.reload_directory()


def changed(group: Any, **values: Any) -> Any:
    return msgspec.structs.replace(group, **values)


@pytest.fixture
def clerk(server: Running) -> Iterator[Person]:
    with Person(server.url, "clerk-grobina") as person:
        yield person.go_live()


def body(group_id: str = GROUP, **more: Any) -> dict[str, Any]:
    return {"pak": "PAK_02", "group_id": group_id, "language": "lv", "client": {"kind": "anonymous"}} | more


def book(clerk: Person, starts_at_ms: int = NINE, key: str | None = None, **more: Any) -> httpx.Response:
    sent = body(starts_at_ms=starts_at_ms, **more)
    return clerk.post("/api/appointments", sent, idempotency_key=key or uuid.uuid4().hex)


def slots(clerk: Person, group_id: str = GROUP) -> list[int]:
    day = f"from={at('2026-11-23 00:00')}&to={at('2026-11-24 00:00')}"
    answer = clerk.get(f"/api/groups/{group_id}/slots?{day}")
    assert answer.status_code == 200, answer.text
    return [each["starts_at_ms"] for each in answer.json()["slots"]]


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def heard(person: Person, kind: str, key: str, state: str, **more: Any) -> dict[str, Any]:
    """The view of a frame, as soon as it says so."""
    facts = {"id": key, "state": state, **more}

    def wanted(message: dict[str, Any]) -> bool:
        return message.get("type") == kind and facts.items() <= (message.get("data") or {}).items()

    return dict(person.wait_for(wanted)["data"])


MET = {"without_eid": True, "not_delegated": True}


@pytest.mark.parametrize("where", ["/api/appointments", "/api/callbacks"])
def test_pak_04_has_its_conditions_for_later_too(clerk: Person, where: str) -> None:
    at_nine = {"starts_at_ms": NINE} if where.endswith("appointments") else {}

    def ask(**more: Any) -> httpx.Response:
        return clerk.post(where, body(VID, pak="PAK_04", **at_nine, **more), idempotency_key=uuid.uuid4().hex)

    for unmet in (
        {},
        {"pak_04": MET | {"without_eid": False}},
        {"pak_04": MET | {"not_delegated": False}},
        {"pak_04": MET, "client": IDENTIFIED | {"method": "eid"}},
    ):
        assert refused(ask(**unmet)) == (409, "conditions_not_met")
    met = ask(pak_04=MET)
    assert (met.status_code, met.json()["pak"]) == (201, "PAK_04"), met.text


# ── appointments ─────────────────────────────────────────────────────────────────────────────────


def test_book_move_cancel(server: Running, clerk: Person) -> None:
    assert slots(clerk)[:2] == [at("2026-11-23 08:30"), NINE]
    key = uuid.uuid4().hex
    booked = book(clerk, key=key)
    assert booked.status_code == 201, booked.text
    view = booked.json()
    assert (view["state"], view["starts_at_ms"], view["ends_at_ms"]) == ("booked", NINE, HALF_PAST)
    assert book(clerk, key=key).json() == view, "sent again it is the same booking"
    assert refused(book(clerk, HALF_PAST, key=key)) == (409, "idempotency_mismatch")
    assert heard(clerk, "appointment.changed", view["id"], "booked") == view
    assert NINE not in slots(clerk)
    assert refused(book(clerk)) == (409, "slot_taken")
    assert refused(book(clerk, at("2026-11-23 09:10"))) == (409, "slot_unavailable")

    where = f"/api/appointments/{view['id']}"
    moved = clerk.post(f"{where}/move", {"starts_at_ms": HALF_PAST})
    assert (moved.status_code, moved.json()["starts_at_ms"]) == (200, HALF_PAST)
    assert NINE in slots(clerk)
    assert clerk.post(f"{where}/cancel", {"reason": "client_cancelled"}).json()["state"] == "cancelled"
    heard(clerk, "appointment.changed", view["id"], "cancelled")
    assert HALF_PAST in slots(clerk)
    assert refused(clerk.post(f"{where}/move", {"starts_at_ms": NINE})) == (409, "appointment_closed")
    assert refused(clerk.post(f"{where}/arrived")) == (409, "appointment_closed")
    day = clerk.get(f"/api/appointments?from={at('2026-11-23 00:00')}&to={at('2026-11-24 00:00')}").json()
    assert [each["state"] for each in day["appointments"]] == ["cancelled"]


def test_what_is_refused(server: Running, clerk: Person) -> None:
    assert refused(book(clerk, group_id=PLAIN)) == (409, "appointments_off")
    assert refused(book(clerk, group_id="nothing")) == (404, "group_unknown")
    assert refused(book(clerk, officer_id="vid-1")) == (404, "officer_unknown")
    assert refused(book(clerk, workstation_id="adazi-1")) == (403, "other_point")
    assert refused(book(clerk, pak="PAK_05")) == (422, "body_invalid")
    assert refused(clerk.post("/api/appointments", body(starts_at_ms=NINE))) == (422, "body_invalid")
    assert refused(clerk.get(f"/api/groups/{GROUP}/slots?from=0&to={32 * 86_400_000}")) == (422, "body_invalid")
    assert refused(clerk.get("/api/appointments?from=2&to=1")) == (422, "body_invalid")
    booked = book(clerk).json()
    with Person(server.url, "clerk-adazi") as other:
        for act in ("move", "cancel", "seen", "arrived"):
            sent = {"move": {"starts_at_ms": NINE}, "cancel": {"reason": "clerk_cancelled"}}.get(act)
            where = f"/api/appointments/{booked['id']}/{act}"
            assert refused(other.post(where, sent)) == (404, "appointment_unknown"), "of another point"
        day = f"from={at('2026-11-23 00:00')}&to={at('2026-11-24 00:00')}"
        assert other.get(f"/api/appointments?{day}").json() == {"appointments": []}
    with Person(server.url, "officer-vsaa-1") as officer:
        assert refused(officer.get(f"/api/groups/{GROUP}/hours")) == (403, "not_allowed")


def test_reminded_there_and_served_in_the_most_urgent_class(server: Running, clerk: Person) -> None:
    booked = book(clerk, client=IDENTIFIED, officer_id="vsaa-2").json()
    assert booked["client"]["kind"] == "identified"
    server.clock.advance((NINE - NOW) / 1000 - 601)
    waiting = clerk.request(GROUP).json()
    assert clerk.get(f"/api/requests/{waiting['id']}").json()["position"] == 1
    server.clock.advance(1)
    heard(clerk, "appointment.changed", booked["id"], "reminded")
    where = f"/api/appointments/{booked['id']}"
    assert clerk.post(f"{where}/seen").json()["state"] == "expected"
    assert clerk.post(f"{where}/arrived").json()["state"] == "arrived"
    assert refused(clerk.get(f"/api/requests/{booked['request_id']}")) == (404, "request_unknown")
    server.clock.advance(600)
    made = heard(clerk, "appointment.changed", booked["id"], "converted")
    request = clerk.get(f"/api/requests/{made['request_id']}").json()
    assert (request["priority"], request["position"]) == ("urgent", 1)
    assert request["client"] == booked["client"]

    with Person(server.url, "officer-vsaa-2") as officer:
        officer.go_live().post("/api/presence", {"choice": "available"})
        offer = officer.wait_for_offer(request["id"])
        officer.post(f"/api/offers/{request['id']}/accept", {"version": offer["version"]})
        heard(clerk, "session.changed", request["id"], "opening")
        client = officer.get(f"/api/sessions/{request['id']}/client").json()
        assert (client["kind"], client["assurance"]) == ("identified", "passport"), "kept from booking until now"


def test_the_workstation_that_is_on_speaks_for_the_client(server: Running, clerk: Person) -> None:
    with Person(server.url, "kiosk-grobina") as kiosk:
        kiosk.go_live()
        booked = book(clerk, workstation_id="grobina-1").json()
        server.clock.advance((NINE - NOW) / 1000)
        heard(clerk, "appointment.changed", booked["id"], "converted")
        assert clerk.get(f"/api/requests/{booked['request_id']}").json()["workstation_id"] == "grobina-1"


def test_nobody_came(server: Running, clerk: Person) -> None:
    booked = book(clerk).json()
    server.clock.advance((NINE - NOW) / 1000 + 900)
    heard(clerk, "appointment.changed", booked["id"], "no_show")
    assert refused(clerk.get(f"/api/requests/{booked['request_id']}")) == (404, "request_unknown")


def test_the_console_that_comes_back_knows_what_rings(server: Running, clerk: Person) -> None:
    booked = book(clerk).json()
    server.clock.advance((NINE - NOW) / 1000 - 600)
    heard(clerk, "appointment.changed", booked["id"], "reminded")
    with Person(server.url, "clerk-grobina") as again:
        state = again.go_live().wait_for(lambda message: message["t"] == "snapshot")["state"]
    assert [(each["id"], each["state"]) for each in state["appointments"]] == [(booked["id"], "reminded")]
    assert state["callbacks"] == []


# ── hours ────────────────────────────────────────────────────────────────────────────────────────


def test_a_closed_group_says_when_it_opens(server: Running, clerk: Person) -> None:
    assert clerk.get(f"/api/groups/{CLOSED}/hours").json() == {
        "open": False,
        "opens_at_ms": at("2026-11-23 10:00"),
        "closes_at_ms": None,
        "appointments": True,
        "callbacks": True,
    }
    answer = clerk.request(CLOSED)
    assert refused(answer) == (409, "group_closed")
    assert answer.json()["error"]["details"]["opens_at_ms"] == at("2026-11-23 10:00")
    assert slots(clerk, CLOSED) == [at("2026-11-23 10:00"), at("2026-11-23 10:30")]
    server.clock.advance(2 * 3600)
    assert clerk.get(f"/api/groups/{CLOSED}/hours").json()["closes_at_ms"] == at("2026-11-23 11:00")
    assert clerk.request(CLOSED).status_code == 201
    assert clerk.get(f"/api/groups/{PLAIN}/hours").json() == {
        "open": True,
        "opens_at_ms": None,
        "closes_at_ms": None,
        "appointments": False,
        "callbacks": False,
    }


# ── callbacks ────────────────────────────────────────────────────────────────────────────────────


def keep(clerk: Person, request_id: str) -> dict[str, Any]:
    answer = clerk.post(f"/api/requests/{request_id}/callback")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_place_is_kept_and_the_turn_rings(server: Running, clerk: Person) -> None:
    request = clerk.request(GROUP, client=IDENTIFIED).json()
    kept = keep(clerk, request["id"])
    assert (kept["state"], kept["ticket"], kept["client"]) == ("waiting", request["ticket"], request["client"])
    assert heard(clerk, "request.changed", request["id"], "withdrawn")["end_reason"] == "callback"
    assert keep(clerk, request["id"]) == kept
    server.clock.advance(60)
    later = clerk.request(GROUP).json()
    with ExitStack() as stack:
        officer = stack.enter_context(Person(server.url, "officer-vsaa-1")).go_live()
        officer.post("/api/presence", {"choice": "away", "reason": "break"})
        rings = heard(clerk, "callback.changed", kept["id"], "ringing")
        assert rings["tries"] == 1
        clerk.post(f"/api/callbacks/{kept['id']}/confirm")
        done = heard(clerk, "callback.changed", kept["id"], "converted")
        made = clerk.get(f"/api/requests/{done['request_id']}").json()
        assert (made["position"], made["client"]) == (1, request["client"])
        assert clerk.get(f"/api/requests/{later['id']}").json()["position"] == 2
        officer.post("/api/presence", {"choice": "available"})
        offer = officer.wait_for_offer(made["id"])
        officer.post(f"/api/offers/{made['id']}/accept", {"version": offer["version"]})
        heard(clerk, "session.changed", made["id"], "opening")
        client = officer.get(f"/api/sessions/{made['id']}/client").json()
        assert client["assurance"] == "passport", "carried from the request that left"


def test_not_there_is_tried_again_and_ends(server: Running, clerk: Person) -> None:
    kept = keep(clerk, clerk.request(GROUP).json()["id"])
    for tries in (1, 2, 3):
        with Person(server.url, "officer-vsaa-1") as officer:
            officer.go_live().post("/api/presence", {"choice": "away", "reason": "break"})
            heard(clerk, "callback.changed", kept["id"], "ringing", tries=tries)
        state = clerk.post(f"/api/callbacks/{kept['id']}/not-there").json()["state"]
        assert state == ("waiting" if tries < 3 else "expired")
        heard(clerk, "callback.changed", kept["id"], state, tries=tries)
        server.clock.advance(900)
    assert refused(clerk.post(f"/api/callbacks/{kept['id']}/confirm")) == (409, "callback_closed")
    assert [each["state"] for each in clerk.get("/api/callbacks").json()["callbacks"]] == ["expired"]
    server.clock.advance(12 * 3600)
    with Person(server.url, "clerk-grobina") as later:
        assert later.get("/api/callbacks").json() == {"callbacks": []}


def test_asked_for_when_closed(server: Running, clerk: Person) -> None:
    key = uuid.uuid4().hex
    asked = clerk.post("/api/callbacks", body(CLOSED, client=IDENTIFIED), idempotency_key=key)
    assert asked.status_code == 201, asked.text
    kept = asked.json()
    assert clerk.post("/api/callbacks", body(CLOSED, client=IDENTIFIED), idempotency_key=key).json() == kept
    assert refused(clerk.post(f"/api/callbacks/{kept['id']}/confirm")) == (409, "group_closed")
    assert [each["state"] for each in clerk.get("/api/callbacks").json()["callbacks"]] == ["waiting"]
    server.clock.advance(2 * 3600)
    with Person(server.url, "officer-vsaa-1") as officer:
        officer.go_live().post("/api/presence", {"choice": "available"})
        heard(clerk, "callback.changed", kept["id"], "ringing")
        clerk.post(f"/api/callbacks/{kept['id']}/confirm")
        done = heard(clerk, "callback.changed", kept["id"], "converted")
        officer.wait_for_offer(done["request_id"])


def test_callbacks_that_are_refused(server: Running, clerk: Person) -> None:
    groups = {each["id"]: each for each in clerk.wait_for(lambda heard: heard["t"] == "snapshot")["state"]["groups"]}
    assert (groups[PLAIN]["callbacks"], groups[GROUP]["callbacks"]) == (False, True)
    request = clerk.request(PLAIN).json()
    assert refused(clerk.post(f"/api/requests/{request['id']}/callback")) == (409, "callbacks_off")
    assert clerk.get(f"/api/requests/{request['id']}").json()["state"] == "queued"
    clerk.post(f"/api/requests/{request['id']}/withdraw", {"reason": "citizen_left"})
    mine = clerk.request(GROUP).json()
    with Person(server.url, "clerk-adazi") as other:
        assert refused(other.post(f"/api/requests/{mine['id']}/callback")) == (404, "request_unknown")
        kept = keep(clerk, mine["id"])
        for act in ("confirm", "not-there"):
            assert refused(other.post(f"/api/callbacks/{kept['id']}/{act}")) == (404, "callback_unknown")
    cancelled = clerk.post(f"/api/callbacks/{kept['id']}/cancel", {"reason": "client_cancelled"}).json()
    assert (cancelled["state"], cancelled["end_reason"]) == ("cancelled", "client_cancelled")
    assert refused(clerk.post(f"/api/callbacks/{kept['id']}/not-there")) == (409, "callback_closed")


def test_the_key_of_a_refused_request_is_not_used_up(clerk: Person) -> None:
    body = {"pak": "PAK_01", "language": "lv", "priority": "normal", "client": {"kind": "anonymous"}}
    key = uuid.uuid4().hex

    def sent(group_id: str) -> tuple[int, str]:
        answer = clerk.post("/api/requests", body | {"group_id": group_id}, idempotency_key=key)
        return answer.status_code, answer.json().get("id") or answer.json()["error"]["code"]

    assert sent("nekur") == (404, "group_unknown")
    made = sent(GROUP)
    assert made[0] == 201
    assert sent(GROUP) == made
    assert sent("vsaa-slimiba") == (409, "idempotency_mismatch")
    assert clerk.post(f"/api/requests/{made[1]}/withdraw", {"reason": "clerk_cancelled"}).status_code == 200
