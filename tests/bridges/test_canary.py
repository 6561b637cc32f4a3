"""One synthetic person goes through everything that knows a code: it stands in no log, address, metric, error, row, nor
in anything that Redis was ever told. Redis' own MONITOR hears every command with its arguments, also what is gone."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.bridges.world import ACTIVATE, BRANCH, PERIOD, READ, World, instruction, world
from tests.redis_servers import RedisServer

CANARY = "030205-00111"
FORMS = (CANARY, CANARY.replace("-", ""))
GROUP = "vsaa-pabalsti"
WIDGETS = ("me", "benefits", "means", "used", "programmes", "powers", "eaddress", "consultations", "viewed")


def holds(text: str) -> bool:
    return any(form in text for form in FORMS)


@contextmanager
def everything_said_to(server: RedisServer) -> Iterator[list[str]]:
    """Every command, with its arguments, as Redis heard it."""
    heard: list[str] = []
    admin = server.admin()
    with admin.monitor() as monitor:
        ended = f"end-of-{uuid.uuid4().hex}"

        def listen() -> None:
            for each in monitor.listen():
                heard.append(str(each["command"]))
                if ended in heard[-1]:
                    return

        listening = threading.Thread(target=listen, daemon=True)
        listening.start()
        try:
            yield heard
        finally:
            with server.admin() as other:
                other.echo(ended)
            listening.join(20)
    admin.close()


def kept_in(server: RedisServer, prefix: str) -> str:
    """Every key of ours with what it holds, streams entry by entry."""
    with server.admin() as redis:
        found = []
        for key in redis.scan_iter(match=f"*{prefix}*"):
            kind = redis.type(key)
            read: dict[bytes, Any] = {
                b"string": redis.get,
                b"hash": redis.hgetall,
                b"set": redis.smembers,
                b"zset": lambda name: redis.zrange(name, 0, -1, withscores=True),
                b"list": lambda name: redis.lrange(name, 0, -1),
                b"stream": redis.xrange,
            }
            found.append(f"{key!r} {read[kind](key)!r}")
    return "\n".join(found)


def live_through(w: World) -> list[httpx.Response]:
    """What a person with this code does and has done to them, all answers but those that may say the code: none may."""
    answers = []
    citizen, clerk, officer = w.person("citizen-2"), w.person("clerk-grobina"), w.person("officer-vsaa-1")
    answers += [citizen.get(f"/api/panel/{name}") for name in WIDGETS]
    answers += [
        citizen.post("/api/panel/suggestions", {"life_events": ["moving"]}),
        citizen.get("/api/panel/suggestions"),
        citizen.post("/api/panel/me/report", {"field": "address", "text": "Dzīvoju pavisam citur."}),
        citizen.post("/api/panel/eaddress"),
    ]
    # AVIS: lists, cards, the till, other state systems
    grantor = w.person("grantor-aluksne")
    group = grantor.post("/api/avis/groups", {"name": {"lv": "K", "en": "C"}}).json()
    answers += [
        grantor.post(f"/api/avis/groups/{group['id']}/members", {"text": f"{CANARY};2026-01-01\n{CANARY};nonsense"}),
        grantor.post("/api/avis/means", {"personal_code": CANARY, "kind": "student_card"}),
        grantor.post("/api/avis/means", {"personal_code": f"{CANARY}x", "kind": "student_card"}),
        w.grantor_puts("canary", {"body": instruction(group["id"])}),
        w.identify(),
        w.commit(w.quote().json()),
        w.state_system("/benefits", CANARY),
        w.state_system("/means/register", CANARY, kind="eid", token="a-canarys-card"),
        w.state_system("/benefits", CANARY, purpose=""),
    ]
    # JPP: at the notary, in the panel, in a company's name
    act_no = w.act(CANARY, BRANCH, (ACTIVATE, READ))
    answers += [
        w.notary("authorisations", act_no=act_no, scopes=[ACTIVATE, READ], **PERIOD),
        w.jpp("/jpp/check", person=CANARY, reg_no=BRANCH, scope=READ, at_ms=0),
        w.jpp("/jpp/my-principals", person=CANARY),
        w.notary("powers", act_no=act_no, reg_no=BRANCH, attorney=CANARY, scopes=["other"], **PERIOD),
        w.person("citizen-4").post(
            "/api/panel/powers",
            {"reg_no": "49999991011", "delegate": CANARY, "scopes": [READ], "valid_to": "2026-12-31"},
        ),
        citizen.post("/api/panel/identity", {"reg_no": BRANCH}),
        citizen.get("/api/panel/me", x_acting_for=BRANCH),
    ]
    # booked, and in a conversation
    now = w.running.clock.wall_ms()
    free = citizen.get(f"/api/panel/slots?group={GROUP}&from={now}&to={now + 7 * 86_400_000}").json()["slots"]
    booking = {"group_id": GROUP, "point_id": "grobina", "starts_at_ms": free[0]["starts_at_ms"]}
    answers.append(citizen.post("/api/panel/appointments", booking, idempotency_key=uuid.uuid4().hex))
    officer.go_live().post("/api/presence", {"choice": "available"})
    clerk.go_live().wait_for_indicator("vsaa-1", "available")
    client = {"kind": "identified", "personal_code": CANARY, "method": "id_card"}
    asked = clerk.request(GROUP, officer_id="vsaa-1", client=client)
    offer = officer.wait_for_offer(asked.json()["id"])
    session = f"/api/sessions/{asked.json()['id']}"
    answers += [asked, officer.post(f"/api/offers/{asked.json()['id']}/accept", {"version": offer["version"]})]
    clerk.wait_for(lambda each: each.get("type") == "session.changed" and each["data"]["id"] == asked.json()["id"])
    answers += [
        officer.get(f"{session}/client"),
        officer.get(f"{session}/benefits"),
        clerk.post(f"{session}/acting-for", {"reg_no": BRANCH, "scope": ACTIVATE}),
        clerk.post(f"{session}/eaddress"),
        clerk.post(f"{session}/means", {"kind": "qr", "token": "card-of-the-canary"}),
        clerk.post(f"{session}/identity", {"personal_code": f"{CANARY}9", "method": "id_card"}),
    ]
    with w.dagr_down():
        answers += [citizen.get("/api/panel/me"), w.notary("powers", act_no="down", reg_no=BRANCH, attorney=CANARY)]
    return answers


@pytest.mark.timeout(300)
def test_a_personal_code_is_in_no_sink(
    tmp_path: Path, redis_alone: RedisServer, redis_prefix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    redis = {"redis_url": redis_alone.url, "redis_prefix": redis_prefix}
    with everything_said_to(redis_alone) as said, world(tmp_path, **redis) as home:
        answers = live_through(home)
        metrics = httpx.get(f"{home.running.url}/metrics").text
        kept = kept_in(redis_alone, redis_prefix)
    printed = "".join(capfd.readouterr())
    assert {each.status_code for each in answers} >= {200, 201, 403, 409, 422, 503}
    assert [each.url for each in answers if holds(each.text) or holds(str(each.url))] == []
    assert "/api/panel/me" in printed, "the log is looked at"
    assert not holds(printed)
    assert not holds(metrics)
    assert redis_prefix in kept, "Redis is looked at"
    assert not holds(kept)
    assert any(redis_prefix in each for each in said)
    assert [each for each in said if holds(each)] == []
    with sqlite3.connect(tmp_path / "klatiene.db") as ledger:
        assert not holds("\n".join(ledger.iterdump()))
