"""Grants, indicators and reports over HTTP: the worked example to the cent, files that open, nobody else let in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from casework.tables import cases, contact_points
from kernel.clock import ManualClock
from tests.recorded_day import MIDNIGHT_MS, recorded_day
from tests.web.person import Person
from tests.web.running import Running, running_house

DAY = "from=2026-11-24&to=2026-11-24"
SET: dict[str, Any] = {
    "name": "Paraugs",
    "envelope": 1_000_000,
    "bases": {"centre": 100_000},
    "weights": {"consultation": 1000, "application": 2000, "remote": 3000},
}


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    clock = ManualClock()
    with running_house(tmp_path_factory.mktemp("network"), clock) as running:
        running.do(_fill(running), within_s=120)
        yield running


async def _fill(running: Running) -> None:
    """Two points of the worked example, and a short recorded day."""
    house = running.house
    async with house.ledger.transaction() as tx:
        await tx.execute(sa.delete(contact_points).where(contact_points.c.id.not_in(("grobina", "adazi"))))
        for point, counts in (("grobina", (300, 100, 20)), ("adazi", (100, 50, 10))):
            for pak, count in zip(("PAK_02", "PAK_04", "PAK_06"), counts, strict=True):
                rows = [_case(f"{point}-{pak}-{n}", point, pak) for n in range(count)]
                await tx.execute(sa.insert(cases), rows)
        for event in recorded_day(requests=200):
            await house.counting.entries.on_event(tx, event)


def _case(case_id: str, point: str, pak: str) -> dict[str, Any]:
    return {
        "id": case_id,
        "point_id": point,
        "point_name": point,
        "clerk_id": f"clerk-{point}",
        "clerk_name": "Darbinieks",
        "pak": pak,
        "agency_id": "vsaa",
        "group_name": "",
        "officer_id": "",
        "officer_name": "",
        "client_kind": "anonymous",
        "started_ms": MIDNIGHT_MS + 36_000_000,
        "wait_s": 0,
        "connected": False,
        "note": "",
        "officer_note": "",
        "version": 1,
        "source": "clerk",
        "channel": "in_person",
    }


@pytest.fixture
def manager(hall: Running) -> Iterator[Person]:
    with Person(hall.url, "network-manager") as person:
        yield person


@pytest.fixture
def supervisor(hall: Running) -> Iterator[Person]:
    with Person(hall.url, "supervisor-vsaa") as person:
        yield person


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


def run_of(manager: Person, parameters: dict[str, Any]) -> dict[str, Any]:
    made = manager.post("/api/network/grants/sets", parameters)
    assert made.status_code == 201, made.text
    period = {"from": "2026-11-01", "to": "2026-11-30"}
    run = manager.post("/api/network/grants/runs", {"set_id": made.json()["id"], **period})
    assert run.status_code == 201, run.text
    return dict(run.json())


def test_the_worked_example_of_the_grant(manager: Person) -> None:
    run = run_of(manager, SET)
    points = {point["point_id"]: point for point in run["result"]["points"]}
    assert (points["grobina"]["grant"], points["adazi"]["grant"]) == (667_089, 332_911)
    assert points["grobina"]["counts"] == {"consultation": 300, "application": 100, "remote": 20}
    kept = manager.get(f"/api/network/grants/runs/{run['id']}").json()
    assert kept["result"] == run["result"]
    assert run["id"] in [each["id"] for each in manager.get("/api/network/grants").json()["runs"]]
    text = manager.get(f"/api/network/grants/runs/{run['id']}/csv").text
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert [row[-1] for row in rows[1:]] == ["3329,11", "6670,89"]


def test_two_sets_are_compared_and_nothing_impossible_is_kept(manager: Person) -> None:
    first, second = run_of(manager, SET), run_of(manager, SET | {"name": "Cits", "bases": {"centre": 200_000}})
    rows = manager.get(f"/api/network/grants/comparison?first={first['id']}&second={second['id']}").json()["rows"]
    assert sum(row["difference"] for row in rows) == 0
    assert rows[0]["difference"] != 0
    period = {"from": "2026-11-01", "to": "2026-11-30"}
    preview = manager.post("/api/network/grants/preview", {"parameters": SET | {"envelope": 150_000}, **period})
    refused(preview, 409, "grant_impossible")
    assert preview.json()["error"]["details"]["missing"] == 50_000
    refused(manager.post("/api/network/grants/sets", SET | {"weights": {"magic": 1}}), 422, "body_invalid")
    refused(manager.get(f"/api/network/grants/runs/{first['id'][:-1]}z"), 422, "id_malformed")
    refused(manager.get("/api/network/grants/runs/0190f0e0-0000-7000-8000-000000000000"), 404, "grant_unknown")
    wrong = manager.post("/api/network/grants/preview", {"parameters": SET, "from": "2026-11-30", "to": "2026-11-01"})
    refused(wrong, 422, "body_invalid")


def test_indicators_by_quarter(manager: Person) -> None:
    told = manager.post("/api/network/indicators", {"code": "RR1", "quarter": "2026-Q3", "value": 1234})
    assert told.status_code == 204
    refused(
        manager.post("/api/network/indicators", {"code": "RR4", "quarter": "2026-Q3", "value": 1}), 422, "body_invalid"
    )
    found = manager.get("/api/network/indicators?from=2026-Q3&to=2026-Q4").json()
    values = {each["code"]: each["values"] for each in found["indicators"]}
    assert found["quarters"] == ["2026-Q3", "2026-Q4"]
    assert values["RR1"] == [1234, 0]
    assert values["RR4"] == [0, 0]
    assert values["IR3"] == [0, 580]
    refused(manager.get("/api/network/indicators?from=1900-Q1&to=2026-Q4"), 422, "body_invalid")


def test_a_report_and_its_files(supervisor: Person, manager: Person) -> None:
    body = supervisor.get(f"/api/reports?{DAY}&period=hour&by=group").json()
    assert {row["key"] for row in body["rows"]} == {"vsaa-pabalsti", "vsaa-pensijas"}
    assert sum(row["offered"] for row in body["rows"]) == body["total"]["offered"] > 50
    everybody = manager.get(f"/api/reports?{DAY}&by=agency").json()
    own = next(row for row in everybody["rows"] if row["key"] == "vsaa")
    assert own["offered"] == body["total"]["offered"]

    text = supervisor.get(f"/api/reports.csv?{DAY}&by=group").text
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert rows[0][2] == "Pieteikumi"
    assert rows[-1][:3] == ["Kopā", "", str(body["total"]["offered"])]
    book = load_workbook(io.BytesIO(supervisor.get(f"/api/reports.xlsx?{DAY}&by=group").content))
    assert [cell.value for cell in next(book.active.iter_rows())] == rows[0]
    assert supervisor.get(f"/api/reports.pdf?{DAY}").content.startswith(b"%PDF-")


def test_load_by_hour_hints_at_officers(supervisor: Person) -> None:
    body = supervisor.get(f"/api/reports/load?{DAY}&level=0.8&target_s=60").json()
    assert {hour["weekday"] for hour in body["hours"]} == {2}
    total = supervisor.get(f"/api/reports?{DAY}").json()["total"]
    assert sum(hour["per_hour"] for hour in body["hours"]) == pytest.approx(total["offered"])
    assert body["handling_s"] == pytest.approx(total["handling_s"])
    assert all(hour["officers"] >= 1 and hour["level"] >= 0.8 for hour in body["hours"])


def test_from_a_number_to_the_requests_behind_it(supervisor: Person) -> None:
    total = supervisor.get(f"/api/reports?{DAY}").json()["total"]
    body = supervisor.get(f"/api/reports/requests?{DAY}&state=answered").json()
    assert len(body["requests"]) == total["answered"]
    assert not {"client_ref", "client", "clerk_id", "clerk_name"} & body["requests"][0].keys()


def test_a_report_makes_itself(hall: Running, supervisor: Person) -> None:
    wanted = {"name": "Dienas pārskats", "every": "day", "by": "group", "form": "csv"}
    made = supervisor.post("/api/reports/schedules", wanted)
    assert made.status_code == 201, made.text
    (planned,) = supervisor.get("/api/reports/schedules").json()["schedules"]
    hall.clock.advance((planned["next_ms"] - hall.clock.wall_ms()) / 1000 + 1)
    hall.do(hall.house.counting.schedules.tick())
    hall.do(hall.house.counting.schedules.tick())
    # another sign-in: the clock has moved
    with Person(hall.url, "supervisor-vsaa") as again, Person(hall.url, "supervisor-vid") as other:
        body = again.get("/api/reports/schedules").json()
        (output,) = body["outputs"]
        assert body["schedules"][0]["next_ms"] > hall.clock.wall_ms()
        path = f"/api/reports/outputs/{output['id']}"
        assert "Pieteikumi" in again.get(path).text
        refused(other.get(path), 404, "report_unknown")
        refused(other.call("DELETE", f"/api/reports/schedules/{planned['id']}"), 404, "report_unknown")
        assert again.call("DELETE", f"/api/reports/schedules/{planned['id']}").status_code == 204


def test_limits_of_a_board_are_the_agencys_own(hall: Running, supervisor: Person) -> None:
    usual = supervisor.get("/api/board/thresholds").json()
    assert usual == {"longest_wait_s": 300, "waiting": 10, "abandon_rate": 0.1, "service_level": 0.8}
    wanted = usual | {"waiting": 3, "abandon_rate": None}
    assert supervisor.call("PUT", "/api/board/thresholds", wanted).json() == wanted
    assert supervisor.get("/api/board/thresholds").json() == wanted
    refused(supervisor.call("PUT", "/api/board/thresholds", usual | {"service_level": 2}), 422, "body_invalid")
    with Person(hall.url, "supervisor-vid") as other:
        assert other.get("/api/board/thresholds").json() == usual
    assert supervisor.get("/api/board").json()["totals"]["channels"] is None


def test_nobody_else_reads_this(hall: Running, supervisor: Person, manager: Person) -> None:
    refused(supervisor.get(f"/api/reports?{DAY}&agency=vid"), 403, "not_allowed")
    refused(supervisor.get("/api/network/grants"), 403, "not_allowed")
    refused(manager.get("/api/board"), 403, "not_allowed")
    refused(manager.get("/api/cases"), 403, "not_allowed")
    refused(supervisor.get("/api/reports?from=2020-01-01&to=2026-01-01&period=hour"), 422, "body_invalid")
    refused(manager.post("/api/network/grants/sets", SET, x_csrf_token=""), 403, "csrf_refused")
    with Person(hall.url, "clerk-grobina") as clerk:
        refused(clerk.get(f"/api/reports?{DAY}"), 403, "not_allowed")
        refused(clerk.get("/api/network/grants"), 403, "not_allowed")


# ── contact points (the module's last tests: they add some) ──────────────────────────────────────


def test_a_point_is_entered_and_changed(manager: Person) -> None:
    point = {
        "id": "salaca",
        "name": "Salacas bibliotēka",
        "kind": "library",
        "atvk": "LV0035000",
        "host_point_id": "adazi",
        "details": {
            "lat": 57.75,
            "lon": 24.36,
            "equipment": ["camera"],
            "hours": [{"weekday": 1, "opens": "09:00", "closes": "17:00"}],
        },
    }
    made = manager.post("/api/network/points", {"version": 0, "point": point}).json()
    assert (made["version"], made["region"], made["hours"]) == (1, "Vidzemes plānošanas reģions", "P 09:00-17:00")
    refused(manager.post("/api/network/points", {"version": 0, "point": point}), 409, "point_changed")
    moved = manager.post("/api/network/points", {"version": 1, "point": point | {"atvk": "LV0021000"}}).json()
    assert [each["atvk"] for each in moved["point"]["details"]["placed"]] == ["LV0035000", "LV0021000"]
    refused(
        manager.post("/api/network/points", {"version": 2, "point": point | {"atvk": "LV0055000"}}), 422, "body_invalid"
    )
    # whose clerk serves it sees it at once
    with Person(manager.url, "clerk-adazi") as clerk:
        assert "salaca" in [each["id"] for each in clerk.get("/api/cases/suggestions").json()["points"]]


def test_a_table_is_looked_at_then_taken_whole_or_not_at_all(manager: Person) -> None:
    table = manager.get("/api/network/points.csv").text
    assert {line["state"] for line in _taken(manager, table)} == {"same"}
    wrong = table + "jauns;Jauns;library;LV0099000;;;;;;;;;nē;2026-01-01;\r\n"
    assert [line["problems"] for line in _taken(manager, wrong)][-1] == ["atvk.unknown"]
    refused(manager.post("/api/network/points/table", {"table": wrong, "apply": True}), 422, "body_invalid")
    good = (
        table.replace("Grobiņas VPVKAC", "Grobiņas klientu centrs")
        + "jauns;Jauns;library;LV0021000;;;;;;;;;nē;2026-01-01;\r\n"
    )
    states = {line["id"]: line["state"] for line in _taken(manager, good, apply=True)}
    assert (states["grobina"], states["jauns"], states["adazi"]) == ("changed", "new", "same")
    names = {each["point"]["id"]: each["point"]["name"] for each in manager.get("/api/network/points").json()["points"]}
    assert names["grobina"] == "Grobiņas klientu centrs"
    refused(manager.post("/api/network/points/table", {"table": "a;b"}), 422, "body_invalid")


def _taken(manager: Person, table: str, *, apply: bool = False) -> list[dict[str, Any]]:
    answer = manager.post("/api/network/points/table", {"table": table, "apply": apply})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["lines"])
