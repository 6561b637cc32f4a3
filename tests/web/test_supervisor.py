"""A supervisor acts over HTTP, and both parties hear of it on their live channels; whatever is refused is refused."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.person import Person
from web.throwaway import throwaway_demo

FAMILY, PENSIONS, SICKNESS, TAX = "vsaa-pabalsti", "vsaa-pensijas", "vsaa-slimiba", "vid-iin"


@dataclass(frozen=True)
class Hall:
    url: str
    ledger: Path

    def person(self, stack: ExitStack, account: str) -> Person:
        return stack.enter_context(Person(self.url, account))

    def audited(self, action: str) -> list[dict[str, Any]]:
        with sqlite3.connect(self.ledger) as ledger:
            bodies = [json.loads(body) for (body,) in ledger.execute("SELECT body FROM audit_log ORDER BY id")]
        return [body for body in bodies if body["action"] == f"supervisor.{action}"]


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    ledger = tmp_path_factory.mktemp("hall") / "ledger.db"
    with throwaway_demo(log_level="ERROR", ledger_url=f"sqlite:///{ledger}", offer_timeout_s="300") as url:
        yield Hall(url, ledger)


@pytest.fixture
def people(hall: Hall) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def supervisor(hall: Hall, people: ExitStack) -> Person:
    return hall.person(people, "supervisor-vsaa").go_live()


@pytest.fixture
def clerk(hall: Hall, people: ExitStack) -> Iterator[Person]:
    person = hall.person(people, "clerk-grobina").go_live()
    yield person
    for request in mine(person):
        person.post(f"/api/requests/{request}/withdraw", {"reason": "clerk_cancelled"})


def mine(clerk: Person) -> list[str]:
    """What the clerk asked for and still waits."""
    found: dict[str, str] = {}
    for message in clerk.heard("event"):
        if message["type"] == "request.changed":
            found[message["data"]["id"]] = message["data"]["state"]
    return [request for request, state in found.items() if state in ("queued", "offered")]


def asks(clerk: Person, group_id: str = FAMILY, **more: Any) -> dict[str, Any]:
    answer = clerk.request(group_id, **more)
    assert answer.status_code == 201, answer.text
    made = dict(answer.json())
    clerk.wait_for(lambda m: m.get("type") == "request.changed" and m["data"]["id"] == made["id"])
    return made


def ready(hall: Hall, people: ExitStack, account: str, choice: str = "available") -> Person:
    officer = hall.person(people, account).go_live()
    assert officer.post("/api/presence", {"choice": choice}).status_code == 200
    return officer


def notice(person: Person, action: str, **about: str) -> dict[str, Any]:
    """What a console was told of a supervisor's deed."""

    def wanted(message: dict[str, Any]) -> bool:
        data = message.get("data", {})
        return (
            message.get("type") == "supervisor.acted"
            and data["action"] == action
            and all((data[name] or {}).get("id") == value for name, value in about.items())
        )

    return dict(person.wait_for(wanted)["data"])


def act(supervisor: Person, path: str, **body: Any) -> httpx.Response:
    return supervisor.post(f"/api/supervisor/{path}", body)


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"]


def queued(person: Person, request: str, **wanted: Any) -> dict[str, Any]:
    """The request as the supervisor's live channel showed it."""
    return dict(
        person.wait_for(
            lambda m: (
                m.get("type") == "queued.changed"
                and m["data"]["id"] == request
                and all(m["data"][name] == value for name, value in wanted.items())
            )
        )["data"]
    )


# ── what a supervisor sees ───────────────────────────────────────────────────────────────────────


def test_the_queue_in_order_without_any_client(supervisor: Person, clerk: Person) -> None:
    client = {"kind": "identified", "personal_code": "030205-00111", "method": "id_card"}
    first = asks(clerk, SICKNESS, client=client)
    second = asks(clerk, SICKNESS, priority="urgent")
    view = queued(supervisor, first["id"])
    body = supervisor.get(f"/api/supervisor/groups/{SICKNESS}/queue").json()
    assert [each["id"] for each in body["requests"]] == [second["id"], first["id"]]
    assert [each["position"] for each in body["requests"]] == [1, 2]
    label = clerk.get(f"/api/requests/{first['id']}").json()["client"]["label"]
    assert label
    for seen in (view, *body["requests"]):
        assert not {"client", "clerk_name", "client_ref", "visit_id"} & seen.keys()
        assert label not in json.dumps(seen).upper()
    assert supervisor.heard("snapshot")[0]["state"]["queue"] == []
    assert body["group"]["waiting"] == 2


def test_why_it_waits(hall: Hall, people: ExitStack, supervisor: Person, clerk: Person) -> None:
    ready(hall, people, "officer-vsaa-1", "away")
    request = asks(clerk, SICKNESS)
    of_clerk = clerk.get(f"/api/requests/{request['id']}/explanation").json()
    of_supervisor = supervisor.get(f"/api/supervisor/requests/{request['id']}/explanation").json()
    assert of_supervisor["next"]["code"] == "nobody_available"
    for found in (of_clerk, of_supervisor):
        whys = {each["officer_id"]: each["why"] for each in found["officers"]}
        assert (whys["vsaa-1"], whys["vsaa-2"]) == ("away", "offline")
        assert [group["why"] for group in found["groups"]] == ["away", "offline"]
        assert found["groups"][0]["officers"][0]["name"] == "VSAA speciālists 1"
        assert found["then"]["lv"].startswith("Zvanīsim")


# ── deeds ────────────────────────────────────────────────────────────────────────────────────────


def test_moved_to_another_group(hall: Hall, people: ExitStack, supervisor: Person, clerk: Person) -> None:
    officer = ready(hall, people, "officer-vsaa-1")
    request = asks(clerk)
    officer.wait_for_offer(request["id"])
    # nobody of the other agency is there: the request waits
    answer = act(supervisor, f"requests/{request['id']}/move", group_id=TAX)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["agency_id"], answer.json()["group_id"]) == ("vid", TAX)
    for person in (clerk, officer):
        told = notice(person, "moved", request=request["id"])
        assert told["group"] == {
            "id": TAX,
            "name": {"lv": "Iedzīvotāju ienākuma nodoklis", "en": "Personal income tax"},
        }
    officer.wait_for(lambda m: m.get("type") == "offer.changed" and m["data"].get("reason") == "moved")
    clerk.wait_for(lambda m: m.get("type") == "request.changed" and m["data"]["group_id"] == TAX)
    queued(supervisor, request["id"], agency_id="vid")
    refused(act(supervisor, f"requests/{request['id']}/move", group_id=FAMILY), 403, "other_agency")
    assert [each["outcome"] for each in hall.audited("moved")] == ["ok", "other_agency"]


def test_raised_and_put_back(supervisor: Person, clerk: Person) -> None:
    first, second = asks(clerk, PENSIONS), asks(clerk, PENSIONS)
    raised = act(supervisor, f"requests/{second['id']}/priority", priority="raised").json()
    assert (raised["priority"], raised["position"]) == ("raised", 1)
    assert notice(clerk, "raised", request=second["id"])["request"]["ticket"] == second["ticket"]
    clerk.wait_for(
        lambda m: m.get("type") == "request.changed" and (m["data"]["id"], m["data"]["position"]) == (first["id"], 2)
    )
    back = act(supervisor, f"requests/{second['id']}/priority", priority="normal").json()
    assert (back["priority"], back["position"]) == ("normal", 2)
    notice(clerk, "lowered", request=second["id"])


def test_assigned_to_an_officer_who_is_away(hall: Hall, people: ExitStack, supervisor: Person, clerk: Person) -> None:
    officer = ready(hall, people, "officer-vsaa-2", "away")
    request = asks(clerk, PENSIONS)
    path = f"requests/{request['id']}/assign"
    refused(act(supervisor, path, officer_id="vsaa-sim"), 409, "officer_busy")
    refused(act(supervisor, path, officer_id="vid-1"), 403, "other_agency")
    refused(act(supervisor, path, officer_id="nobody"), 404, "officer_unknown")
    answer = act(supervisor, path, officer_id="vsaa-2")
    assert answer.json()["next"]["code"] == "ringing"
    offer = officer.wait_for_offer(request["id"])
    assert offer["forced"]
    for person in (clerk, officer):
        assert notice(person, "forced", officer="vsaa-2")["officer"]["name"] == "VSAA speciālists 2"
    assert officer.post(f"/api/offers/{request['id']}/accept", {"version": offer["version"]}).status_code == 200
    clerk.wait_for(lambda m: m.get("type") == "session.changed" and m["data"]["id"] == request["id"])
    refused(act(supervisor, path, officer_id="vsaa-2"), 409, "request_closed")
    assert clerk.post(f"/api/sessions/{request['id']}/end", {}).status_code == 200


def test_a_queue_closed_and_opened(hall: Hall, people: ExitStack, supervisor: Person, clerk: Person) -> None:
    officer = ready(hall, people, "officer-vsaa-1", "away")
    waiting = asks(clerk, PENSIONS)
    assert act(supervisor, f"groups/{PENSIONS}/open", open=False).json()["open"] is False
    for person in (clerk, officer, supervisor):
        notice(person, "queue_closed", group=PENSIONS)
    clerk.wait_for(
        lambda m: (
            m.get("type") == "directory.changed"
            and any(group["id"] == PENSIONS and not group["open"] for group in m["data"]["groups"])
        )
    )
    refused(clerk.request(PENSIONS), 409, "group_closed")
    assert clerk.get(f"/api/requests/{waiting['id']}").json()["state"] == "queued"
    assert act(supervisor, f"groups/{PENSIONS}/open", open=True).json()["open"] is True
    notice(clerk, "queue_opened", group=PENSIONS)
    clerk.wait_for(
        lambda m: (
            m.get("type") == "directory.changed"
            and all(group["open"] for group in m["data"]["groups"] if group["id"] == PENSIONS)
        )
    )
    asks(clerk, PENSIONS)


def test_an_officers_state(hall: Hall, people: ExitStack, supervisor: Person) -> None:
    officer = ready(hall, people, "officer-vsaa-1")
    card = act(supervisor, "officers/vsaa-1/state", choice="away", reason="meeting").json()
    assert (card["indicator"], card["reason"]) == ("away", "meeting")
    assert notice(officer, "officer_state", officer="vsaa-1")["choice"] == "away"
    officer.wait_for_indicator("vsaa-1", "away")
    assert act(supervisor, "officers/vsaa-1/state", choice="available").json()["indicator"] == "available"
    refused(act(supervisor, "officers/vid-1/state", choice="away"), 403, "other_agency")
    assert hall.audited("officer_state")[-1]["outcome"] == "other_agency"


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────


def test_nobody_else_has_a_hand_here(hall: Hall, people: ExitStack, clerk: Person) -> None:
    request = asks(clerk, SICKNESS)["id"]
    deeds = (
        (f"groups/{FAMILY}/open", {"open": False}),
        (f"requests/{request}/move", {"group_id": PENSIONS}),
        (f"requests/{request}/priority", {"priority": "urgent"}),
        (f"requests/{request}/assign", {"officer_id": "vsaa-1"}),
        ("officers/vsaa-1/state", {"choice": "away"}),
    )
    officer, elsewhere = (hall.person(people, who) for who in ("officer-vsaa-1", "supervisor-vid"))
    for path, body in deeds:
        for person in (clerk, officer):
            refused(person.post(f"/api/supervisor/{path}", body), 403, "not_allowed")
        refused(elsewhere.post(f"/api/supervisor/{path}", body), 403, "other_agency")
        refused(elsewhere.post(f"/api/supervisor/{path}", body, x_csrf_token=""), 403, "csrf_refused")
    for path in (f"groups/{FAMILY}/queue", f"requests/{request}/explanation"):
        refused(elsewhere.get(f"/api/supervisor/{path}"), 403, "other_agency")
        refused(clerk.get(f"/api/supervisor/{path}"), 403, "not_allowed")


def test_what_is_not_there_or_not_understood(supervisor: Person, clerk: Person) -> None:
    request = asks(clerk, SICKNESS)["id"]
    refused(act(supervisor, f"requests/{request}/move", group_id="nowhere"), 404, "group_unknown")
    refused(act(supervisor, f"requests/{request}/move", group_id="No Where"), 422, "id_malformed")
    refused(act(supervisor, f"requests/{request}/priority", priority="huge"), 422, "body_invalid")
    unknown = "0190f0e0-0000-7000-8000-000000000000"
    refused(act(supervisor, f"requests/{unknown}/move", group_id=FAMILY), 404, "request_unknown")
    refused(act(supervisor, "groups/nowhere/open", open=True), 404, "group_unknown")


def test_an_administrator_supervises_too(hall: Hall, people: ExitStack, clerk: Person) -> None:
    admin = hall.person(people, "administrator-vsaa")
    request = asks(clerk, SICKNESS)["id"]
    assert act(admin, f"requests/{request}/priority", priority="raised").status_code == 200


# ── the clerk's options ──────────────────────────────────────────────────────────────────────────


def test_a_client_who_left_comes_back_to_the_same_place(supervisor: Person, clerk: Person) -> None:
    client = {"kind": "identified", "personal_code": "030205-00111", "method": "id_card"}
    first, second = asks(clerk, SICKNESS, client=client), asks(clerk, SICKNESS)
    assert clerk.post(f"/api/requests/{first['id']}/return").json()["error"]["code"] == "request_closed"
    clerk.post(f"/api/requests/{first['id']}/withdraw", {"reason": "citizen_left"})
    queued(supervisor, first["id"], state="withdrawn")
    back = clerk.post(f"/api/requests/{first['id']}/return")
    assert (back.status_code, back.json()["position"]) == (200, 1)
    assert back.json()["client"]["label"]
    queued(supervisor, first["id"], state="queued")
    refused(clerk.post(f"/api/requests/{second['id']}/return"), 409, "request_closed")


def test_level_skill_and_preferred_officer(hall: Hall, people: ExitStack, clerk: Person) -> None:
    signed = asks(clerk, PENSIONS, skills=["sign"])
    assert signed["skills"] == ["sign"]
    found = clerk.get(f"/api/requests/{signed['id']}/explanation").json()
    assert {each["why"] for each in found["officers"]} == {"skill"}
    able = asks(clerk, PENSIONS, level=5)
    assert able["level"] == 5
    assert {each["why"] for each in clerk.get(f"/api/requests/{able['id']}/explanation").json()["officers"]} == {
        "level"
    }
    # rings for another one, so that the wish is waited for
    preferred = ready(hall, people, "officer-vsaa-1")
    preferred.wait_for_offer(asks(clerk, SICKNESS, preferred_officer_id="vsaa-1")["id"])
    wanted = asks(clerk, PENSIONS, preferred_officer_id="vsaa-1")
    assert (wanted["next"]["code"], wanted["next"]["officer_name"]) == ("waits_for_preferred", "VSAA speciālists 1")
    told = clerk.get(f"/api/requests/{wanted['id']}/explanation").json()
    assert "VSAA speciālists 1" in told["then"]["lv"]
    for field, value, code in (
        ("level", 9, "body_invalid"),
        ("skills", ["juggling"], "body_invalid"),
        ("preferred_officer_id", "nobody", "officer_unknown"),
        ("visit_id", "mine", "body_invalid"),
    ):
        answer = clerk.request(PENSIONS, **{field: value})
        assert answer.json()["error"]["code"] == code


def test_several_agencies_for_one_visit(hall: Hall, people: ExitStack, clerk: Person) -> None:
    one, two = ready(hall, people, "officer-vsaa-1"), ready(hall, people, "officer-vid-1")
    visit = str(uuid.uuid4())
    first = asks(clerk, FAMILY, visit_id=visit)
    offer = one.wait_for_offer(first["id"])
    one.post(f"/api/offers/{first['id']}/accept", {"version": offer["version"]})
    clerk.wait_for(lambda m: m.get("type") == "session.changed" and m["data"]["id"] == first["id"])
    second = asks(clerk, TAX, visit_id=visit)
    assert second["visit_id"] == first["visit_id"]
    assert second["next"]["code"] == "visit"
    # the same id from somebody else is another visit
    other = hall.person(people, "clerk-adazi")
    theirs = other.request(SICKNESS, visit_id=visit).json()
    assert theirs["visit_id"] != first["visit_id"]
    assert theirs["next"]["code"] != "visit"
    other.post(f"/api/requests/{theirs['id']}/withdraw", {"reason": "clerk_cancelled"})

    clerk.post(f"/api/sessions/{first['id']}/end", {})
    offer = two.wait_for_offer(second["id"])
    two.post(f"/api/offers/{second['id']}/accept", {"version": offer["version"]})
    clerk.wait_for(lambda m: m.get("type") == "session.changed" and m["data"]["id"] == second["id"])
    clerk.post(f"/api/sessions/{second['id']}/end", {})
    one.post("/api/wrap-up", {"session_id": first["id"], "outcome": "solved"})
