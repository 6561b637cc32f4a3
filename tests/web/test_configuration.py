"""An agency is configured while it is in use: who may, what is refused, and who follows without signing in again."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.web.person import Person
from web.throwaway import throwaway_demo

EFFECTIVE_S = 5.0


@dataclass(frozen=True)
class Place:
    url: str
    ledger: Path

    def person(self, stack: ExitStack, account: str) -> Person:
        return stack.enter_context(Person(self.url, account))

    def audited(self, action: str) -> list[dict[str, Any]]:
        with sqlite3.connect(self.ledger) as ledger:
            bodies = [json.loads(body) for (body,) in ledger.execute("SELECT body FROM audit_log ORDER BY id")]
        return [body for body in bodies if body["action"] == action]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    ledger = tmp_path_factory.mktemp("configuration") / "ledger.db"
    with throwaway_demo(log_level="ERROR", ledger_url=f"sqlite:///{ledger}", offer_timeout_s="300") as url:
        yield Place(url, ledger)


@pytest.fixture
def people() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def configuration(admin: Person) -> dict[str, Any]:
    return dict(admin.get("/api/admin").json())


def entry(admin: Person, kind: str, target: str) -> dict[str, Any]:
    return dict(next(each for each in configuration(admin)[kind] if each["id"] == target))


def change(admin: Person, **what: Any) -> Any:
    return admin.post("/api/admin/changes", {"change": what})


def new_group(name: str, **more: Any) -> dict[str, Any]:
    return {"name": {"lv": name, "en": name}, "paks": ["PAK_02"], **more}


def made(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def problems(answer: Any) -> dict[str, str]:
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "configuration_invalid")
    return dict(error["details"]["problems"])


def hears_group(person: Person, group_id: str) -> None:
    """The console has been told of the group, within the promised time from now."""
    begun = time.monotonic()

    def tells(message: dict[str, Any]) -> bool:
        return message.get("type") in ("directory.changed", "membership.changed") and any(
            group["id"] == group_id for group in message["data"].get("groups") or []
        )

    person.wait_for(tells)
    assert time.monotonic() - begun < EFFECTIVE_S


# ── effective at once, for everybody ─────────────────────────────────────────────────────────────


def test_a_group_added_now_is_asked_for_and_answered_now(place: Place, people: ExitStack) -> None:
    admin = place.person(people, "administrator-vsaa")
    clerk, officer, other, supervisor = (
        place.person(people, account).go_live()
        for account in ("clerk-grobina", "officer-vsaa-1", "officer-vid-1", "supervisor-vsaa")
    )
    officer.post("/api/presence", {"choice": "available"})
    name = f"Apgādnieks {uuid.uuid4().hex[:6]}"
    group = made(change(admin, kind="group", document=new_group(name, levels={"vsaa-1": 3})))
    for person in (clerk, officer, supervisor):
        hears_group(person, group["id"])

    asked = clerk.request(group["id"], pak="PAK_02")
    assert asked.status_code == 201, asked.text
    offer = officer.wait_for_offer(asked.json()["id"])
    assert offer["group_id"] == group["id"]
    supervisor.wait_for(
        lambda m: (
            m.get("type") == "board.changed" and any(tile["group_id"] == group["id"] for tile in m["data"]["groups"])
        )
    )
    clerk.post(f"/api/requests/{asked.json()['id']}/withdraw", {"reason": "clerk_cancelled"})
    assert not other.has_heard("membership.changed"), "other agencies' officers are left in peace"


def test_a_request_that_waits_rings_whoever_is_added(place: Place, people: ExitStack) -> None:
    admin = place.person(people, "administrator-vsaa")
    clerk, officer = (place.person(people, who).go_live() for who in ("clerk-adazi", "officer-vsaa-2"))
    officer.post("/api/presence", {"choice": "available"})
    group = made(change(admin, kind="group", document=new_group("Tukša grupa")))
    hears_group(clerk, group["id"])
    asked = clerk.request(group["id"], pak="PAK_02").json()
    assert asked["state"] == "queued"

    seen = entry(admin, "groups", group["id"])
    document = {**seen["document"], "levels": {"vsaa-2": 2}}
    made(change(admin, kind="group", id=group["id"], etag=seen["etag"], document=document))
    assert officer.wait_for_offer(asked["id"])["group_id"] == group["id"]
    clerk.post(f"/api/requests/{asked['id']}/withdraw", {"reason": "clerk_cancelled"})


def test_an_officer_comes_and_goes(place: Place, people: ExitStack) -> None:
    admin = place.person(people, "administrator-vsaa")
    clerk = place.person(people, "clerk-grobina").go_live()
    document = {"name": "VSAA speciālists (zīmju valoda)", "languages": ["lv"], "skills": ["sign"], "capacity": 1}
    group = made(change(admin, kind="group", document=new_group("Zīmju valoda")))
    officer_id = made(change(admin, kind="officer", document={**document, "levels": {group["id"]: 1}}))["id"]
    account = entry(admin, "officers", officer_id)["account"]
    assert account == f"officer-{officer_id}"
    officer = place.person(people, account).go_live()
    assert officer.post("/api/presence", {"choice": "available"}).json()["indicator"] == "available"
    clerk.wait_for_indicator(officer_id, "available")
    asked = clerk.request(group["id"], pak="PAK_02").json()["id"]
    officer.wait_for_offer(asked)

    seen = entry(admin, "officers", officer_id)
    made(change(admin, kind="officer_active", id=officer_id, etag=seen["etag"], active=False))
    officer.wait_until_closed(4401)
    assert officer.get("/api/me").status_code == 401
    clerk.wait_for(
        lambda m: (
            m.get("type") == "directory.changed"
            and group["id"] in [each["id"] for each in m["data"]["groups"]]
            and officer_id not in [each["id"] for each in m["data"]["officers"]]
        )
    )
    clerk.wait_for(
        lambda m: m.get("type") == "request.changed" and (m["data"]["id"], m["data"]["state"]) == (asked, "queued")
    )
    clerk.post(f"/api/requests/{asked}/withdraw", {"reason": "clerk_cancelled"})


def test_flow_rules_lead_requests(place: Place, people: ExitStack) -> None:
    admin = place.person(people, "administrator-vsaa")
    clerk = place.person(people, "clerk-grobina").go_live()
    seen = configuration(admin)["rules"]
    rules = [{"group_id": "vsaa-pensijas", "pak": "PAK_06"}, *seen["document"]]
    version = made(change(admin, kind="rules", document=rules, etag=seen["etag"]))["version"]
    clerk.wait_for(lambda m: m.get("type") == "directory.changed" and m["data"]["version"] == version)
    body = {
        "pak": "PAK_06",
        "agency_id": "vsaa",
        "language": "lv",
        "priority": "normal",
        "client": {"kind": "anonymous"},
    }
    asked = clerk.post("/api/requests", body, idempotency_key=uuid.uuid4().hex).json()
    assert asked["group_id"] == "vsaa-pensijas"
    clerk.post(f"/api/requests/{asked['id']}/withdraw", {"reason": "clerk_cancelled"})


def test_a_group_is_closed_then_retired_then_back(place: Place, people: ExitStack) -> None:
    admin = place.person(people, "administrator-vsaa")
    clerk = place.person(people, "clerk-grobina").go_live()
    group_id = made(change(admin, kind="group", document=new_group("Pagaidu")))["id"]
    etag = entry(admin, "groups", group_id)["etag"]
    assert problems(change(admin, kind="group_retire", id=group_id, etag=etag)) == {"open": "still_open"}
    closed = made(change(admin, kind="group", id=group_id, etag=etag, document=new_group("Pagaidu", open=False)))
    retired = made(change(admin, kind="group_retire", id=group_id, etag=closed["etag"]))
    clerk.wait_for(
        lambda m: (
            m.get("type") == "directory.changed"
            and m["data"]["version"] == retired["version"]
            and group_id not in [each["id"] for each in m["data"]["groups"]]
        )
    )
    assert clerk.request(group_id, pak="PAK_02").json()["error"]["code"] == "group_unknown"
    assert entry(admin, "groups", group_id)["retired"] is True
    made(change(admin, kind="group_retire", id=group_id, etag=retired["etag"], retire=False))
    hears_group(clerk, group_id)


# ── an agency more, while it runs ────────────────────────────────────────────────────────────────


def agency_command(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "web.cli", "agency", *arguments],
        env={"KLATIENE_LEDGER_URL": f"sqlite:///{place.ledger}", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_agency_is_added_without_a_restart(place: Place, people: ExitStack) -> None:
    clerk = place.person(people, "clerk-grobina").go_live()
    names = ("--name-lv", "Valsts darba inspekcija", "--name-en", "State Labour Inspectorate")
    done = agency_command(place, "add", "vdi", *names)
    assert done.returncode == 0, done.stderr
    begun = time.monotonic()
    told = clerk.wait_for(lambda m: m.get("type") == "directory.changed" and m["data"]["agency"]["id"] == "vdi")
    assert time.monotonic() - begun < EFFECTIVE_S
    assert told["data"]["agency"]["code"] == "VDI"

    admin = place.person(people, "administrator-vdi")
    group = made(change(admin, kind="group", document=new_group("Darba strīdi")))["id"]
    officer_id = made(change(admin, kind="officer", document={"name": "VDI speciālists 1", "levels": {group: 1}}))["id"]
    officer = place.person(people, f"officer-{officer_id}").go_live()
    hears_group(clerk, group)
    officer.post("/api/presence", {"choice": "available"})
    asked = clerk.request(group, pak="PAK_02").json()
    assert asked["ticket"].startswith("VDI-")
    officer.wait_for_offer(asked["id"])
    assert place.person(people, "supervisor-vdi").get("/api/board").json()["totals"]["signed_in"] == 1

    again = agency_command(place, "add", "vdi", *names)
    assert again.returncode == 1
    assert "id: is taken" in again.stderr
    assert "administrator: is taken" in again.stderr
    listed = agency_command(place, "list").stdout
    assert "vdi  VDI  Valsts darba inspekcija  groups: 1  officers: 1" in listed
    assert [entry["fields"] for entry in place.audited("directory.agency.add")] == [
        ["code", "name", "administrator", "supervisor"]
    ]


# ── what is refused ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("account", ["clerk-grobina", "officer-vsaa-1", "supervisor-vsaa", "kiosk-zeltini"])
def test_nobody_else_may(place: Place, people: ExitStack, account: str) -> None:
    person = place.person(people, account)
    answers = [
        person.get("/api/admin"),
        *(
            person.post(path, {"change": {"kind": "group", "document": new_group("Cita")}})
            for path in ("/api/admin/preview", "/api/admin/changes")
        ),
    ]
    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [(403, "not_allowed")] * 3


def test_another_agency_is_as_unknown_as_none(place: Place, people: ExitStack) -> None:
    vid, vsaa = (place.person(people, f"administrator-{agency}") for agency in ("vid", "vsaa"))
    theirs = entry(vid, "groups", "vid-iin")
    for path in ("/api/admin/preview", "/api/admin/changes"):
        for kind, target, more in (
            ("group", "vid-iin", {"document": theirs["document"]}),
            ("group_retire", "vid-iin", {}),
            ("officer", "vid-1", {"document": {"name": "Cits"}}),
            ("officer_active", "vid-1", {"active": False}),
        ):
            what = {"kind": kind, "id": target, "etag": theirs["etag"], **more}
            answer = vsaa.post(path, {"change": what})
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert problems(change(vsaa, kind="group", document=new_group("Jauna", levels={"vid-1": 1}))) == {
        "levels.vid-1": "unknown"
    }
    rings = {"rings": [{}, {"after_s": 30, "groups": ["vid-iin"]}]}
    assert problems(change(vsaa, kind="group", document=new_group("Jauna", rules=rings))) == {
        "rules.rings.1.groups": "unknown"
    }
    assert {group["id"].split("-")[0] for group in configuration(vsaa)["groups"]} == {"vsaa"}
    assert entry(vid, "groups", "vid-iin") == theirs


def test_two_administrators_overwrite_nothing(place: Place, people: ExitStack) -> None:
    one, two = (place.person(people, "administrator-vid") for _ in range(2))
    seen = entry(one, "groups", "vid-eds")
    first = {**seen["document"], "name": {"lv": "EDS palīdzība", "en": "EDS help"}}
    made(change(one, kind="group", id="vid-eds", etag=seen["etag"], document=first))
    second = {**seen["document"], "wrap_up_s": 30}
    refused = change(two, kind="group", id="vid-eds", etag=seen["etag"], document=second)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (409, "configuration_changed")
    assert error["details"]["document"]["name"]["lv"] == "EDS palīdzība"
    assert entry(one, "groups", "vid-eds")["document"] == error["details"]["document"]
    merged = {**error["details"]["document"], "wrap_up_s": 30}
    made(change(two, kind="group", id="vid-eds", etag=error["details"]["etag"], document=merged))
    without = change(two, kind="group", id="vid-eds", document=merged)
    assert without.status_code == 409, "nothing is saved over what was not seen"


def test_everything_wrong_at_once_and_nothing_saved(place: Place, people: ExitStack) -> None:
    admin = place.person(people, "administrator-vid")
    before = configuration(admin)
    week = [[{"opens": "09:00", "closes": "08:00"}], [], [], [], [], [], []]
    document = {**new_group(""), "paks": [], "rules": {"rings": [], "calendar": {"week": week}}}
    assert problems(change(admin, kind="group", document=document)) == {
        "name.lv": "required",
        "name.en": "required",
        "paks": "required",
        "rules.rings": "required",
        "rules.calendar.week.0.0.closes": "not_after",
    }
    for odd in ({"surprise": 1}, {"rules": {"surprise": 1}}, {"rules": {"rings": [{}, {"surprise": 1}]}}):
        unread = change(admin, kind="group", document={**new_group("x"), **odd})
        assert (unread.status_code, unread.json()["error"]["field"]) == (422, "surprise")
    assert configuration(admin) == before


def test_a_preview_says_what_would_be_and_changes_nothing(place: Place, people: ExitStack) -> None:
    admin = place.person(people, "administrator-vid")
    clerk = place.person(people, "clerk-adazi").go_live()
    asked = clerk.request("vid-saimnieciska", pak="PAK_02").json()
    before = configuration(admin)
    seen = entry(admin, "groups", "vid-saimnieciska")
    what = {"kind": "group", "id": seen["id"], "etag": seen["etag"], "document": {**seen["document"], "levels": {}}}
    found = admin.post("/api/admin/preview", {"change": what}).json()
    assert found["problems"] == {}
    said = {each["code"]: each for each in found["consequences"]}
    assert said["nobody_could_answer"]["values"] == {"n": 1}
    assert said["nobody_could_answer"]["warning"] is True
    assert "VID speciālists 1" in said["leaves"]["names"]
    assert configuration(admin) == before
    clerk.post(f"/api/requests/{asked['id']}/withdraw", {"reason": "clerk_cancelled"})


def test_the_audit_holds_names_of_fields_only(place: Place, people: ExitStack) -> None:
    admin = place.person(people, "administrator-vid")
    seen = entry(admin, "groups", "vid-iin")
    document = {**seen["document"], "offer_timeout_s": 33, "rules": {**seen["document"]["rules"], "channels": 7}}
    made(change(admin, kind="group", id="vid-iin", etag=seen["etag"], document=document))
    written = place.audited("directory.group.save")[-1]
    assert (written["actor"], written["unit"], written["subject"]) == ("administrator-vid", "vid", "vid-iin")
    assert written["fields"] == ["offer_timeout_s", "rules.channels"]
    assert "33" not in json.dumps(written["fields"])
