"""The catalogue of public services: found while VIRSIS is down too, and its rules for what a clerk may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kernel.clock import ManualClock
from kernel.messages import Pak
from portal_bridge.catalogue_core import paks_of, search
from portal_bridge.standin_data import SERVICES
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
