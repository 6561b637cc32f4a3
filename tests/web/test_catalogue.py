"""The catalogue of public services: found while VIRSIS is down too, and its rules for what a clerk may ask for."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from kernel.clock import ManualClock
from kernel.messages import Pak
from portal_bridge.catalogue_core import paks_of, search
from portal_bridge.standin_data import SERVICES
from router import directory
from router.model import GroupRules, Slots
from tests.web.person import Person
from tests.web.running import Running, running_house


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Running]:
    with running_house(tmp_path, ManualClock(), connected=True, standins=True) as running:
        running.do(running.house.catalogue.refresh())
        yield running


def found(person: Person, text: str) -> list[str]:
    answer = person.get(f"/api/catalogue?text={text}")
    assert answer.status_code == 200, answer.text
    return [each["name"]["lv"] for each in answer.json()["services"]]


def test_found_by_any_word_without_diacritics_also_while_virsis_is_down(place: Running) -> None:
    with Person(place.url, "clerk-grobina") as clerk:
        assert found(clerk, "gimenes pab") == ["Ģimenes valsts pabalsts"]
        assert found(clerk, "vid deklar")[0] == "Gada ienākumu deklarācija"
        assert found(clerk, "nekaspēļu") == []
        assert place.state is not None
        place.state.down = True
        assert place.do(place.house.catalogue.refresh()) is False
        assert found(clerk, "pension") == ["Vecuma pensijas piešķiršana"]
        place.clock.advance(25 * 3600)
        with Person(place.url, "clerk-grobina") as later:
            kept = later.get("/api/catalogue").json()
    assert (kept["stale"], kept["fetched_ms"] > 0) == (True, True)
    assert len(kept["services"]) == len(SERVICES)


def test_a_process_that_starts_while_virsis_is_down_has_the_last_one(tmp_path: Path) -> None:
    with running_house(tmp_path, ManualClock(), connected=True, standins=True) as first:
        first.do(first.house.catalogue.refresh())
    with running_house(tmp_path, ManualClock(), connected=True) as second:
        assert len(second.house.catalogue.services) == len(SERVICES)


def body(service_id: str, pak: str, **more: Any) -> dict[str, Any]:
    return {
        "pak": pak,
        "language": "lv",
        "priority": "normal",
        "client": {"kind": "anonymous"},
        "group_id": "vid-iin",
        "service_id": service_id,
        **more,
    }


def test_pak_04_is_asked_of_the_catalogue(place: Running) -> None:
    checked = {"pak_04": {"without_eid": True, "not_delegated": True}}
    with Person(place.url, "clerk-grobina") as clerk:
        group = next(each for each in place.house.router.groups() if Pak.PAK_04.value in each.paks)

        def ask(service_id: str, pak: str = "PAK_04") -> Any:
            asked = body(service_id, pak, group_id=group.id, **(checked if pak == "PAK_04" else {}))
            return clerk.call("POST", "/api/requests", asked, idempotency_key=f"catalogue-{service_id}-{pak}")

        delegated = ask("VIRSIS-4")
        assert (delegated.status_code, delegated.json()["error"]["code"]) == (422, "pak_not_offered")
        assert ask("VIRSIS-1").json()["error"]["code"] == "pak_not_offered"
        assert ask("VIRSIS-99").json()["error"]["code"] == "service_unknown"
        made = ask("VIRSIS-3")
        assert made.status_code == 201, made.text
        assert made.json()["service"] == "Gada ienākumu deklarācija"


CHECKED = {"pak_04": {"without_eid": True, "not_delegated": True}}
VID = "vid-eds"
NAMES = {each.id: each.name for each in SERVICES}


def change_group(place: Running, group_id: str, **values: Any) -> None:
    async def change() -> None:
        group = next(each for each in place.house.router.groups() if each.id == group_id)
        async with place.house.ledger.transaction() as tx:
            await directory.save_group(tx, msgspec.structs.replace(group, **values))
        await place.house.router.reload_directory()

    place.do(change())


def free(person: Person, place: Running, where: str) -> int:
    now = place.clock.wall_ms()
    span = f"from={now}&to={now + 7 * 86_400_000}"
    answer = person.get(f"{where}{'&' if '?' in where else '?'}{span}")
    assert answer.status_code == 200, answer.text
    return int(answer.json()["slots"][0]["starts_at_ms"])


@pytest.mark.parametrize("where", ["/api/requests", "/api/appointments", "/api/callbacks"])
def test_every_way_in_asks_the_catalogue(place: Running, where: str) -> None:
    change_group(place, VID, rules=GroupRules(slots=Slots(minutes=30, parallel=4)))
    with Person(place.url, "clerk-grobina") as clerk:
        more = {"starts_at_ms": free(clerk, place, f"/api/groups/{VID}/slots")} if "appointments" in where else {}

        def ask(pak: str = "PAK_04", **wanted: Any) -> httpx.Response:
            sent = {"pak": pak, "group_id": VID, "language": "lv", "client": {"kind": "anonymous"}, **more, **wanted}
            if where != "/api/appointments":
                sent["priority"] = "normal"
            return clerk.post(where, sent, idempotency_key=uuid.uuid4().hex)

        def refused(answer: httpx.Response) -> tuple[int, str, Any]:
            error = answer.json()["error"]
            return answer.status_code, error["code"], error["field"]

        not_offered = (422, "pak_not_offered", "pak")
        assert refused(ask(service_id="VIRSIS-4", **CHECKED)) == not_offered, "in the delegated scheme"
        # whoever types its name, in either language, means the same service
        assert refused(ask(service=NAMES["VIRSIS-4"]["lv"], **CHECKED)) == not_offered
        assert refused(ask(service=NAMES["VIRSIS-4"]["en"], **CHECKED)) == not_offered
        assert refused(ask(service_id="VIRSIS-1", **CHECKED)) == not_offered, "not of VID"
        assert refused(ask(service_id="VIRSIS-99", **CHECKED)) == (404, "service_unknown", "service_id")
        assert refused(ask(service_id="VIRSIS-3")) == (409, "conditions_not_met", "pak_04")
        made = ask(service_id="VIRSIS-3", **CHECKED)
        assert made.status_code == 201, made.text
        assert (made.json()["pak"], made.json()["service"]) == ("PAK_04", NAMES["VIRSIS-3"]["lv"])
        assert ask("PAK_02", service="Kas nav katalogā").json()["service"] == "Kas nav katalogā"


def test_the_panel_books_what_goes_with_the_service(place: Running) -> None:
    not_by_eservice = NAMES["VIRSIS-9"]["lv"]
    rules = GroupRules(slots=Slots(minutes=30, parallel=4))
    with Person(place.url, "citizen-2") as citizen:

        def book(*paks: str, **wanted: Any) -> httpx.Response:
            change_group(place, VID, paks=paks, rules=rules)
            starts = free(citizen, place, f"/api/panel/slots?group={VID}")
            sent = {"group_id": VID, "point_id": "grobina", "starts_at_ms": starts, **wanted}
            return citizen.post("/api/panel/appointments", sent, idempotency_key=uuid.uuid4().hex)

        for paks, wanted in (
            (("PAK_03", "PAK_05"), {"service": not_by_eservice}),
            # its conditions are checked by a clerk, never by oneself
            (("PAK_04",), {}),
            (("PAK_04",), {"service": NAMES["VIRSIS-3"]["lv"]}),
        ):
            answer = book(*paks, **wanted)
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, "pak_not_offered"), answer.text
        booked = book("PAK_03", "PAK_04", "PAK_06", service=not_by_eservice)
        assert booked.status_code == 201, booked.text
        made = place.do(place.house.planned.appointments.get(booked.json()["id"]))
        assert made.wanted.pak is Pak.PAK_06


def test_a_correction_of_the_register_asks_the_catalogue_too(place: Running) -> None:
    service = NAMES["VIRSIS-9"]["lv"]
    entry = {"channel": "in_person", "language": "lv", "outcome": "solved", "minutes": 7}
    with Person(place.url, "clerk-grobina") as clerk:
        made = clerk.post("/api/cases", {**entry, "pak": "PAK_01", "service": service, "client": {"kind": "anonymous"}})
        assert made.status_code == 201, made.text
        path = f"/api/cases/{made.json()['id']}"
        for change in ({"pak": "PAK_03"}, {"pak": "PAK_03", "service": NAMES["VIRSIS-9"]["en"]}):
            answer = clerk.call("PATCH", path, {"version": 1, **change})
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, "pak_not_offered"), answer.text
        well = clerk.call("PATCH", path, {"version": 1, "pak": "PAK_03", "service": "e-paraksta lietošana"})
        assert (well.status_code, well.json()["pak"]) == (200, "PAK_03")


def test_what_goes_with_a_service() -> None:
    offered = {each.id: paks_of(each) for each in SERVICES}
    assert [each for each, paks in offered.items() if Pak.PAK_04 in paks] == ["VIRSIS-3", "VIRSIS-5"]
    assert Pak.PAK_03 not in offered["VIRSIS-9"]
    assert all({Pak.PAK_01, Pak.PAK_02, Pak.PAK_06} <= set(paks) for paks in offered.values())
    assert search(SERVICES, "", authority="UR")[0].id == "VIRSIS-10"


def test_an_empty_answer_replaces_nothing(place: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal_bridge.standin.SERVICES", [])
    assert place.do(place.house.catalogue.refresh()) is False
    assert len(place.house.catalogue.services) == len(SERVICES)
