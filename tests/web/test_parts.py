"""Parts of a consultation in the register: a second official, a training's result, portal support with the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from livekit.protocol import models, webhook

from kernel.clock import ManualClock
from tests.web.person import Person
from tests.web.running import Running, running_house
from tests.web.sessions import begin, finish, outcomes

REDEEM = "/api/authorisations/redeem"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    var: Path = tmp_path_factory.mktemp("parts")
    with running_house(var, ManualClock(), node=True, offer_timeout_s=300.0) as running:
        # nobody has a connection to the node here: what it would say of who is missing is not asked for
        running.house.consultation.upkeep._leads = lambda: False
        yield running


def comes_in(house: Running, session_id: str, identity: str) -> None:
    """As the media node reports it."""
    here = models.ParticipantInfo(identity=identity, sid=f"PA_{identity}")
    event = webhook.WebhookEvent(event="participant_joined", room=models.Room(name=session_id), participant=here)
    house.do(house.house.consultation.on_webhook(event))


def case_of(clerk: Person, session_id: str, *ready: str) -> dict[str, Any]:
    """The register's entry once it says what is waited for."""

    def written(message: dict[str, Any]) -> bool:
        data = message.get("data") or {}
        return (
            message.get("type") == "case.changed"
            and data["session_id"] == session_id
            and all(each in str(data) for each in ready)
        )

    clerk.wait_for(written)
    rows = clerk.get("/api/cases").json()["cases"]
    return dict(next(each for each in rows if each["session_id"] == session_id))


def test_a_second_officials_part_and_result(house: Running) -> None:
    with (
        Person(house.url, "clerk-grobina") as clerk,
        Person(house.url, "officer-vsaa-1") as officer,
        Person(house.url, "officer-vid-1") as second,
    ):
        people = {"clerk": clerk.go_live(), "officer": officer.go_live(), "second": second.go_live()}
        assert second.post("/api/presence", {"choice": "available"}).status_code == 200
        session_id = begin(people)
        for person in (clerk, officer):
            comes_in(house, session_id, person.get(f"/api/sessions/{session_id}").json()["identity"])
        called = clerk.post(f"/api/sessions/{session_id}/official", {"kind": "specialist", "officer_id": "vid-1"})
        assert called.status_code == 200, called.text
        request_id = called.json()["call"]["request_id"]
        offer = second.wait_for_offer(request_id)
        second.post(f"/api/offers/{request_id}/accept", {"version": offer["version"]})
        told = second.wait_for(lambda m: m.get("type") == "session.changed" and bool(m["data"].get("identity")))
        # in the room, as the media node reports it
        comes_in(house, session_id, told["data"]["identity"])
        assert second.post(f"/api/sessions/{session_id}/leave").status_code == 204
        done = second.post("/api/wrap-up", {"session_id": request_id, "outcome": "referred", "note": "Sava piezīme."})
        assert done.status_code == 200, done.text
        finish(house, people, session_id)
        row = case_of(clerk, session_id, "referred", "solved")
    assert [(each["name"], each["kind"], each["outcome"]) for each in row["officials"]] == [
        ("VSAA speciālists 1", "first", "solved"),
        ("VID speciālists 1", "specialist", "referred"),
    ]
    assert all(each["from_ms"] <= each["to_ms"] for each in row["officials"])
    # the second one's word is about their own part; what they wrote for officials is not in the entry
    assert row["outcome"] == "solved"
    assert "piezīme" not in str(row)


def test_a_trainings_result(house: Running) -> None:
    with Person(house.url, "clerk-grobina") as clerk, Person(house.url, "officer-vid-1") as officer:
        people = {"clerk": clerk.go_live(), "officer": officer.go_live()}
        session_id = begin(people, "vid-eds", pak="PAK_03")
        told = officer.post(f"/api/sessions/{session_id}/training", {"service": "EDS deklarācija", "alone": True})
        assert told.status_code == 204, told.text
        finish(house, people, session_id)
        row = case_of(clerk, session_id, "EDS deklarācija")
        taken = clerk.get("/api/cases.csv").content.decode("utf-8-sig")
    assert row["training"] == {"service": "EDS deklarācija", "alone": True}
    assert "EDS deklarācija (patstāvīgi)" in taken


def test_portal_support_with_the_workstations_screen(house: Running) -> None:
    """The official asks, the clerk allows with one click, the register has it."""
    with (
        Person(house.url, "clerk-grobina") as clerk,
        Person(house.url, "officer-vraa-1") as officer,
        Person(house.url, "kiosk-zeltini") as kiosk,
    ):
        people = {"clerk": clerk.go_live(), "officer": officer.go_live()}
        session_id = begin(people, "vraa-portals", pak="PAK_05", workstation_id="zeltini-1")
        session = f"/api/sessions/{session_id}"
        early = officer.post(f"{session}/control/wish", {"level": "view"})
        assert early.json()["error"]["code"] == "workstation_not_authorised"
        code = clerk.post(f"{session}/authorisation", {"workstation_id": "zeltini-1", "delivery": "code"}).json()[
            "code"
        ]
        assert kiosk.post(REDEEM, {"code": code}).status_code == 200
        for person in (clerk, officer, kiosk):
            comes_in(house, session_id, person.get(session).json()["identity"])
        # not by the clerk or the client: it is the official who asks, and the clerk who allows
        for nobody in (clerk, kiosk):
            assert nobody.post(f"{session}/control/wish", {"level": "view"}).status_code == 403
        assert officer.post(f"{session}/control/wish", {"level": "view"}).status_code == 204
        asked = clerk.wait_for(lambda m: m.get("type") == "session.changed" and bool(m["data"].get("wish")))
        wish = asked["data"]["wish"]
        assert "wish" not in kiosk.get(session).json() or kiosk.get(session).json()["wish"] is None
        assert officer.call("DELETE", f"{session}/control/wish").status_code == 403
        lent = clerk.post(f"{session}/control", {"identity": wish["identity"], "level": wish["level"], "seconds": 600})
        assert (lent.json()["control"]["level"], lent.json()["wish"]) == ("view", None)
        house.clock.advance(2)
        assert kiosk.call("DELETE", f"{session}/control").status_code == 204
        finish(house, people, session_id)
        row = case_of(clerk, session_id, "'level': 'view'")
    (seen,) = row["lent"]
    assert (seen["level"], seen["name"], row["pak"], row["via"]) == ("view", "VRAA speciālists 1", "PAK_05", "kiosk")
    assert seen["to_ms"] - seen["from_ms"] >= 2_000
    assert outcomes(house, "officer-vraa-1", "control.wish.view") == ["ok"]
