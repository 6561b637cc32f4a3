"""The register over HTTP: an entry by hand, once only, corrected with its history, found again, taken along."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from kernel.clock import ManualClock
from tests.web.person import Person
from tests.web.running import Running, running_house

CODE = "030205-00111"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_house(tmp_path_factory.mktemp("register"), ManualClock()) as running:
        yield running


@pytest.fixture
def clerk(hall: Running) -> Iterator[Person]:
    # entries of the tests before are no twins of this one's
    hall.clock.advance(3_600)
    with Person(hall.url, "clerk-grobina") as person:
        yield person


def entry(**changed: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "pak": "PAK_01",
        "channel": "in_person",
        "language": "lv",
        "outcome": "solved",
        "minutes": 7,
        "client": {"kind": "anonymous"},
    }
    return values | changed


def known(method: str = "passport") -> dict[str, str]:
    return {"kind": "identified", "personal_code": CODE, "method": method}


def enters(clerk: Person, **changed: Any) -> dict[str, Any]:
    answer = clerk.post("/api/cases", entry(**changed))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def refused(answer: httpx.Response, status: int, code: str, field: str | None = None) -> dict[str, Any]:
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error.get("field")) == (status, code, field), answer.text
    return dict(error)


def test_a_client_served_without_video(hall: Running, clerk: Person) -> None:
    made = enters(clerk, pak="PAK_3".replace("3", "03"), service="EDS lietošana", client=known(), minutes=12)
    assert (made["source"], made["channel"], made["minutes"], made["duration_s"]) == ("clerk", "in_person", 12, 720)
    assert made["started_at_ms"] == hall.clock.wall_ms() - 12 * 60_000
    assert made["client_label"]
    body = clerk.get("/api/cases").text
    assert CODE not in body
    assert CODE.replace("-", "") not in body
    # the next one begins from this one
    begin = clerk.get("/api/cases/suggestions").json()
    assert begin["last"] == {
        "pak": "PAK_03",
        "agency_id": "",
        "channel": "in_person",
        "language": "lv",
        "point_id": "grobina",
        "stop_id": None,
        "minutes": 12,
    }
    assert "EDS lietošana" in begin["services"]
    assert begin["points"][0]["id"] == "grobina"


def test_the_same_client_twice_is_asked_about(hall: Running, clerk: Person) -> None:
    first = enters(clerk, client=known())
    twin = refused(clerk.post("/api/cases", entry(client=known("id_card"))), 409, "case_duplicate")
    assert twin["details"]["id"] == first["id"]
    assert enters(clerk, client=known(), despite=True)["id"] != first["id"]
    enters(clerk, client=known(), pak="PAK_02")
    hall.clock.advance(31 * 60)
    enters(clerk, client=known())
    # nobody in particular: only a slip of the hand is asked about
    enters(clerk, outcome="partly")
    refused(clerk.post("/api/cases", entry(outcome="partly")), 409, "case_duplicate")
    hall.clock.advance(61)
    enters(clerk, outcome="partly")


def test_sent_twice_is_entered_once(clerk: Person) -> None:
    body = entry(note="Divreiz sūtīts.", outcome="referred")
    first = clerk.post("/api/cases", body, idempotency_key="one")
    assert clerk.post("/api/cases", body, idempotency_key="one").json()["id"] == first.json()["id"]
    found = clerk.get("/api/cases?q=divreiz").json()["cases"]
    assert len(found) == 1


def test_a_correction_keeps_what_was(clerk: Person) -> None:
    made = enters(clerk, minutes=5)
    path = f"/api/cases/{made['id']}"
    body = {"version": 1, "pak": "PAK_6", "minutes": 15, "note": "Pārlabots."}
    corrected = clerk.call("PATCH", path, body).json()
    assert (corrected["pak"], corrected["minutes"], corrected["version"]) == ("PAK_06", 15, 2)
    found = clerk.get(f"{path}/history").json()
    assert found["former"][0]["fields"] == {"pak": "PAK_01", "minutes": 5}
    assert found["former"][0]["by"] == "clerk-grobina"
    refused(clerk.call("PATCH", path, body), 409, "case_changed")


def test_filters_and_files(clerk: Person) -> None:
    made = enters(clerk, channel="phone", note="=1+1", point_id="zeltini")
    assert made["point_name"] == "Zeltiņu bibliotēka"
    for query in ("channel=phone", "point=zeltini", "source=clerk&q=zeltiņu", "q=1%2B1"):
        assert [row["id"] for row in clerk.get(f"/api/cases?{query}").json()["cases"]] == [made["id"]], query
    assert clerk.get("/api/cases?channel=written").json()["cases"] == []
    book = load_workbook(io.BytesIO(clerk.get("/api/cases.xlsx?channel=phone").content))
    header, row = book.active.iter_rows(values_only=True)
    assert row[header.index("Piezīme")] == "=1+1"
    assert row[header.index("Kanāls")] == "pa tālruni"
    sheet = [cell for cell in list(book.active.iter_rows())[1] if cell.value == "=1+1"]
    assert sheet[0].data_type == "s"
    assert "'=1+1" in clerk.get("/api/cases.csv?channel=phone").text


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"outcome": "wonderful"}, "body_invalid", "outcome"),
        ({"pak": "PAK_99"}, "pak_unknown", "pak"),
        ({"minutes": 601}, "body_invalid", "minutes"),
        ({"channel": "smoke"}, "body_invalid", "channel"),
        ({"agency_id": "nowhere"}, "body_invalid", "agency_id"),
        ({"pak": "PAK_04", "client": known("eid")}, "body_invalid", "identification"),
        (
            {"client": {"kind": "identified", "personal_code": "123", "method": "eid"}},
            "personal_code_invalid",
            "personal_code",
        ),
    ],
)
def test_what_cannot_be_is_refused(clerk: Person, changed: dict[str, Any], code: str, field: str) -> None:
    error = clerk.post("/api/cases", entry(**changed)).json()["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert CODE not in json.dumps(error)


def test_only_the_own_points(hall: Running, clerk: Person) -> None:
    refused(clerk.post("/api/cases", entry(point_id="adazi")), 403, "other_point")
    made = enters(clerk, language="en")
    with Person(hall.url, "clerk-adazi") as other:
        refused(other.get(f"/api/cases/{made['id']}/history"), 403, "other_point")
        assert made["id"] not in [row["id"] for row in other.get("/api/cases").json()["cases"]]
    with Person(hall.url, "officer-vsaa-1") as officer:
        refused(officer.post("/api/cases", entry()), 403, "not_allowed")
