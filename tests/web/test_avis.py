"""AVIS and the panel over real HTTP: own things only, a till with a token, one canary searched for everywhere."""

from __future__ import annotations

import io
import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from kernel.clock import ManualClock
from tests.web.person import Person
from tests.web.running import Running, running_house

#: a synthetic person who is searched for in every sink
CANARY = "030205-00111"
FORMS = (CANARY, CANARY.replace("-", ""))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    var = tmp_path_factory.mktemp("avis")
    with running_house(var, ManualClock(1_767_225_600_000), connected=True, standins=True) as running:
        yield running, var


@pytest.fixture
def running(place: tuple[Running, Path]) -> Running:
    return place[0]


def body(**more: Any) -> dict[str, Any]:
    return {
        "name": {"lv": "Piens skolēniem", "en": "Milk for pupils"},
        "kind": "percent",
        "value": 2_500,
        "valid_from": "2026-01-01",
        "group_id": "pupils",
        "include": ["food/milk"],
        **more,
    }


def test_a_page_of_an_environment_can_be_loaded_anew(running: Running) -> None:
    for path in ("", "/sums", "/groups"):
        assert "text/html" in httpx.get(f"{running.url}/avis{path}").headers["content-type"]
    assert httpx.get(f"{running.url}/avis/v1/instructions").json() == {"error": "invalid_token"}


def test_a_grantor_grants_puts_in_order_and_previews(running: Running) -> None:
    with Person(running.url, "grantor-aluksne") as grantor:
        seen = grantor.post(
            "/api/avis/preview",
            {"body": body(), "line": {"category": "food/milk", "quantity": 2, "unit_cents": 135}},
        ).json()
        assert (seen["recipients"], seen["benefit_cents"], seen["paid_cents"]) == (2, 68, 202)
        made = grantor.post("/api/avis/instructions", {"body": body()}).json()
        assert (made["state"], made["version"]) == ("draft", 1)
        assert grantor.post(f"/api/avis/instructions/{made['id']}/activate").json()["state"] == "active"
        ids = [each["id"] for each in grantor.get("/api/avis").json()["instructions"]]
        turned = grantor.post("/api/avis/order", {"ids": ids[::-1]}).json()["instructions"]
        assert [each["id"] for each in turned] == ids[::-1]
        assert grantor.post("/api/avis/order", {"ids": ids[:1]}).json()["error"]["code"] == "instruction_unknown"
        wrong = grantor.post("/api/avis/instructions", {"body": body(valid_to="2025-01-01")})
        assert (wrong.status_code, wrong.json()["error"]["field"]) == (422, "valid_to")
        others = grantor.post("/api/avis/instructions", {"body": body(group_id="families")})
        assert others.json()["error"]["code"] == "recipient_group_unknown"
        gone = grantor.call("PUT", f"/api/avis/instructions/{made['id']}", {"body": body(value=100), "version": 7})
        assert gone.json()["error"]["code"] == "instruction_closed"
    with Person(running.url, "grantor-sif") as other:
        assert other.post(f"/api/avis/instructions/{made['id']}/end").status_code == 404
        assert made["id"] not in other.get("/api/avis").text


def test_a_list_of_recipients_is_reported_row_by_row(running: Running) -> None:
    with Person(running.url, "grantor-aluksne") as grantor:
        group = grantor.post("/api/avis/groups", {"name": {"lv": "Saraksts", "en": "List"}}).json()
        text = f"{CANARY};2026-01-01\nnot a code\n\n140310-00212;2026-13-01\n140310-00212"
        report = grantor.post(f"/api/avis/groups/{group['id']}/members", {"text": text}).json()
        assert report == {
            "added": 2,
            "known": 0,
            "refused": [[2, "personal_code_invalid"], [3, "body_invalid"]],
        }
        assert grantor.post(f"/api/avis/groups/{group['id']}/members", {"text": CANARY}).json()["known"] == 1
        assert grantor.post("/api/avis/groups/pupils/refresh").status_code == 200


@contextmanager
def till(running: Running, client_id: str, secret: str) -> Iterator[httpx.Client]:
    grant = {"grant_type": "client_credentials"}
    with httpx.Client(base_url=f"{running.url}/avis") as http:
        token = http.post("/token", data=grant, auth=(client_id, secret)).json()["access_token"]
        http.headers["authorization"] = f"Bearer {token}"
        yield http


def test_a_till_with_a_key_of_its_own(running: Running) -> None:
    running.clock.advance(1)
    with Person(running.url, "provider-veikals") as provider, Person(running.url, "citizen-2") as citizen:
        made = provider.post("/api/avis/systems", {"name": "Kase", "kind": "both"}).json()
        client_id, secret = made["system"]["client_id"], made["secret"]
        assert secret not in provider.get("/api/avis").text
        with till(running, client_id, secret) as http:
            visit = http.post("/v1/identify", json={"means": "DEMO-0002", "outlet": "veikals-aluksne"}).json()
            assert not any(form in json.dumps(visit) for form in FORMS)
            lines = [{"sku": "maize", "quantity": 2, "unit_cents": 120}]
            quote = http.post("/v1/quotes", json={"recipient": visit["recipient"], "lines": lines}).json()
            assert (quote["gross_cents"], quote["benefit_cents"]) == (240, 12)
            sale = {
                "quote": quote["quote"],
                "receipt": {
                    "kind": "kases_ceks",
                    "number": "77",
                    "register": "K1",
                    "issued_at_ms": 1_767_225_600_000,
                    "total_cents": quote["paid_cents"],
                },
            }
            assert http.post("/v1/transactions", json=sale).json()["field"] == "idempotency-key"
            key = {"idempotency-key": uuid.uuid4().hex}
            twice = [http.post("/v1/transactions", json=sale, headers=key).json() for _ in range(2)]
            assert twice[0] == twice[1]
            back = http.post(
                f"/v1/transactions/{twice[0]['transaction']}/reversals",
                json={"lines": [{"line": 0, "quantity": 1}]},
                headers={"idempotency-key": uuid.uuid4().hex},
            ).json()
            assert back["refund_cents"] == 114
            card = next(each for each in citizen.get("/api/panel/means").json()["means"] if each["state"] == "active")
            assert citizen.post(f"/api/panel/means/{card['id']}/blocked").status_code == 200
            refused = http.post("/v1/identify", json={"means": "DEMO-0002", "outlet": "veikals-aluksne"})
            assert (refused.status_code, refused.json()) == (409, {"error": "means_blocked"})
            citizen.post(f"/api/panel/means/{card['id']}/active")
            for path, content, status, code in (
                ("/v1/identify", {"means": "nobody", "outlet": "veikals-aluksne"}, 404, "means_unknown"),
                ("/v1/identify", {"means": "DEMO-0002", "outlet": "muzejs"}, 404, "outlet_unknown"),
                ("/v1/identify", {"means": "DEMO-0002"}, 422, "body_invalid"),
                ("/recipients/benefits", {"person": CANARY, "purpose": "p", "session": "s"}, 403, "not_allowed"),
            ):
                answer = http.post(path, json=content)
                assert (answer.status_code, answer.json()["error"]) == (status, code)
            assert len(http.get("/v1/instructions").json()["instructions"]) >= 2
            provider.post(f"/api/avis/systems/{client_id}/active", {"active": False})
            assert http.get("/v1/instructions").json() == {"error": "invalid_token"}
        sold = provider.get("/api/avis/sales").json()["transactions"]
        assert (sold[0]["id"], sold[0]["reversed_cents"]) == (twice[0]["transaction"], 6)
        assert "person" not in sold[0]
        used = citizen.get("/api/panel/used").json()["transactions"]
        assert used[0]["id"] == sold[0]["id"]


def test_a_grantors_own_system_hands_in_the_same_instruction_once(running: Running) -> None:
    with Person(running.url, "grantor-sif") as grantor:
        made = grantor.post("/api/avis/systems", {"name": "Reģistrs", "kind": "instructions"}).json()
        with till(running, made["system"]["client_id"], made["secret"]) as http:
            content = {"body": body(group_id="families", include=["culture"]), "priority": 500}
            first = http.put("/v1/instructions/ext-1", json=content).json()
            assert (first["state"], first["version"]) == ("active", 1)
            assert http.put("/v1/instructions/ext-1", json=content).json() == first
            taken = http.put("/v1/instructions/ext-2", json=content)
            assert (taken.status_code, taken.json()["error"]) == (409, "priority_conflict")
            changed = http.put("/v1/instructions/ext-1", json={**content, "body": {**content["body"], "value": 100}})
            assert changed.json()["version"] == 2
            assert http.put("/v1/instructions/ext-1", json={**content, "ended": True}).json()["state"] == "ended"


def test_everybody_sees_the_own_side_alone(running: Running) -> None:
    with Person(running.url, "avis-administrator") as administrator:
        found = administrator.post("/api/avis/health/check").json()
        assert set(found["health"]["checks"].values()) == {0}
        months = found["health"]["months"]
        assert (months["checked"], months["due"], months["wrong"]) == (months["total"], 0, [])
        assert administrator.get("/api/avis/health").json() == found
        assert found["indicators"]["rr2_merchants"] >= 2
        assert administrator.get("/api/avis").status_code == 403
    with Person(running.url, "citizen-1") as citizen:
        assert citizen.get("/api/avis/report").status_code == 403
        assert [each["provider_name"] for each in citizen.get("/api/panel/used").json()["transactions"]] == [
            "Autobusu pārvadātājs (demo)"
        ] * 3
    with Person(running.url, "provider-autobuss") as provider:
        text = provider.get("/api/avis/report.csv?rows=month&columns=grantor").text
        assert "49999991117" in text
        assert "49999991007" not in text
        assert "Satiksmes ministrija" in text
        book = provider.get("/api/avis/report.xlsx?rows=provider&columns=category&category=transport")
        (row,) = list(load_workbook(io.BytesIO(book.content)).active.values)[1:]
        assert (row[2], row[4]) == ("transport/bus", 3)
        none = provider.get("/api/avis/report?category=food").json()
        assert (none["cells"], none["indicators"]["rr1_transactions"]) == ([], 0)
        assert provider.get("/api/avis/report/values?of=grantor").json() == {
            "values": ["49999991117"],
            "names": {"49999991117": "Satiksmes ministrija"},
        }
        assert provider.get("/api/avis/report?rows=person").status_code == 422
        assert provider.get("/api/avis/settlement").json()["owed"][0]["cents"] > 0


def test_the_panel_keeps_its_order_and_says_who_looked(running: Running) -> None:
    with Person(running.url, "citizen-3") as citizen:
        kept = citizen.call("PUT", "/api/panel/layout", {"order": ["viewed", "nonsense"], "hidden": ["used"]}).json()
        assert (kept["order"][0], kept["hidden"]) == ("viewed", ["used"])
        assert citizen.get("/api/panel/layout").json() == kept
        assert citizen.get("/api/panel/me").json()["code"].endswith("212")
        assert len(citizen.get("/api/panel/open_now").json()["agencies"]) > 5
    with Person(running.url, "grantor-aluksne") as grantor:
        grantor.post("/api/avis/means", {"personal_code": "140310-00212", "kind": "student_card"})
    with Person(running.url, "citizen-3") as citizen:
        seen = citizen.get("/api/panel/viewed").json()["viewed"]
        assert [(row["role"], row["action"]) for row in seen] == [("grantor", "avis.means.issue")]
        waiting = next(each for each in citizen.get("/api/panel/means").json()["means"] if each["state"] == "pending")
        confirmed = citizen.post(f"/api/panel/means/{waiting['id']}/active").json()["means"][0]
        assert confirmed["state"] == "active"


def test_the_canary_is_in_no_sink(place: tuple[Running, Path], capfd: pytest.CaptureFixture[str]) -> None:
    running, var = place
    with Person(running.url, "citizen-2") as citizen:
        for widget in ("me", "benefits", "means", "used", "programmes", "consultations", "viewed"):
            assert not any(form in citizen.get(f"/api/panel/{widget}").text for form in FORMS), widget
    metrics = httpx.get(f"{running.url}/metrics").text
    printed = "".join(capfd.readouterr())
    assert not any(form in metrics + printed for form in FORMS)
    with sqlite3.connect(var / "klatiene.db") as ledger:
        whole = "\n".join(ledger.iterdump())
    assert not any(form in whole for form in FORMS)
