"""Enrolling over real HTTP: the device's key, the clerk's confirmation, tokens that are good for that key alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from kernel.audit import audit_log
from kernel.clock import ManualClock
from tests.web.person import Person
from tests.web.running import Running, running_house
from web.client import Refused
from web.device import Device, new_key

NAME = "Bibliotēkas dators 1"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    var: Path = tmp_path_factory.mktemp("enrolment")
    with running_house(var, ManualClock()) as running:
        yield running


class Kiosk:
    """A device in test: every call a connection of its own."""

    def __init__(self, house: Running) -> None:
        self.house = house
        self.device = Device(house.url, new_key(), now_s=lambda: house.clock.wall_ms() / 1000)

    def do(self, act: Callable[[httpx.AsyncClient], Any]) -> Any:
        async def run() -> Any:
            async with httpx.AsyncClient(base_url=self.house.url, timeout=20) as http:
                return await act(http)

        return asyncio.run(run())

    def start(self, point_id: str = "zeltini", name: str = NAME, kind: str = "kiosk") -> dict[str, Any]:
        return dict(self.do(lambda http: self.device.start(http, point_id=point_id, name=name, kind=kind)))

    def collect(self, started: dict[str, Any]) -> None:
        self.house.clock.advance(3)
        self.do(lambda http: self.device.collect(http, started["device_code"]))

    def call(self, method: str, path: str, body: Any = None) -> Any:
        return self.do(lambda http: self.device.call(http, method, path, body))

    def refused(self, act: Callable[[], Any]) -> str:
        with pytest.raises(Refused) as refused:
            act()
        return refused.value.code


def enrol(house: Running, name: str = NAME, point_id: str = "zeltini") -> Kiosk:
    kiosk = Kiosk(house)
    started = kiosk.start(point_id, name)
    with Person(house.url, "clerk-grobina") as clerk:
        asked = clerk.post("/api/enrolment/look", {"user_code": started["user_code"].lower()})
        assert asked.status_code == 200, asked.text
        confirmed = clerk.post(f"/api/enrolment/{asked.json()['id']}/confirm", {"number": started["number"]})
        assert confirmed.status_code == 200, confirmed.text
    kiosk.collect(started)
    return kiosk


def audited(house: Running, action: str) -> list[str]:
    async def read() -> list[str]:
        async with house.house.ledger.reading() as connection:
            rows = await connection.execute(sa.select(audit_log.c.body).order_by(audit_log.c.id))
            return [row.body for row in rows if f'"{action}"' in row.body]

    return house.do(read())


def test_a_device_is_enrolled_beside_a_clerk(house: Running) -> None:
    kiosk = Kiosk(house)
    started = kiosk.start()
    assert "verification_uri_complete" not in started
    assert kiosk.refused(lambda: kiosk.collect(started)) == "authorization_pending"
    with Person(house.url, "clerk-grobina") as clerk:
        asked = clerk.post("/api/enrolment/look", {"user_code": started["user_code"]}).json()
        assert (asked["name"], asked["point_name"]) == (NAME, "Zeltiņu bibliotēka")
        assert started["number"] not in str({**asked, "id": "", "asked_at_ms": 0, "expires_at_ms": 0})
        clerk.post(f"/api/enrolment/{asked['id']}/confirm", {"number": started["number"]})
    kiosk.collect(started)
    me = kiosk.call("GET", "/api/me")
    assert (me["principal"]["role"], me["principal"]["name"]) == ("workstation", NAME)
    assert kiosk.call("POST", "/api/ws-ticket")["ticket"]
    # it may wait and nothing else
    assert kiosk.refused(lambda: kiosk.call("GET", "/api/cases")) == "not_allowed"
    with Person(house.url, "clerk-grobina") as clerk:
        listed = clerk.get("/api/workstations").json()["workstations"]
        assert [each["devices"][0]["kind"] for each in listed if each["name"] == NAME] == ["kiosk"]


def test_a_token_without_its_key_opens_nothing(house: Running) -> None:
    kiosk, thief = enrol(house), Kiosk(house)
    thief.device.access = kiosk.device.access
    assert kiosk.refused(lambda: thief.call("GET", "/api/me")) == "token_invalid"
    thief.device.saved = dict(kiosk.device.saved)
    assert kiosk.refused(lambda: thief.do(thief.device.refresh)) == "token_invalid"
    kiosk.do(kiosk.device.refresh)
    assert kiosk.call("GET", "/api/me")["principal"]["name"] == NAME


def test_a_proof_is_good_for_one_call(house: Running) -> None:
    kiosk = enrol(house)
    headers = {"authorization": f"DPoP {kiosk.device.access}"}
    proof = kiosk.device.proof("GET", "/api/me", kiosk.device.access)
    answers = [httpx.get(f"{house.url}/api/me", headers={**headers, "dpop": proof}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 401]
    assert answers[1].json()["error"]["code"] == "proof_invalid"
    for wrong in (
        kiosk.device.proof("POST", "/api/me", kiosk.device.access),
        kiosk.device.proof("GET", "/api/cases", kiosk.device.access),
        kiosk.device.proof("GET", "/api/me", "another token"),
        kiosk.device.proof("GET", "/api/me"),
        "not.a.proof",
    ):
        answer = httpx.get(f"{house.url}/api/me", headers={**headers, "dpop": wrong})
        assert answer.json()["error"]["code"] == "proof_invalid"


def test_tokens_last_ten_minutes_and_rotate(house: Running) -> None:
    kiosk = enrol(house)
    house.clock.advance(615)
    assert kiosk.refused(lambda: kiosk.call("GET", "/api/me")) == "token_expired"
    old = dict(kiosk.device.saved)
    kiosk.do(kiosk.device.refresh)
    assert kiosk.call("GET", "/api/me")
    # an old token again: somebody has a copy, so that nobody has the enrolment any more
    kiosk.device.saved = old
    assert kiosk.refused(lambda: kiosk.do(kiosk.device.refresh)) == "enrolment_revoked"
    assert audited(house, "enrolment.refresh")


def test_a_wrong_number_and_five_wrong_codes_end_it(house: Running) -> None:
    kiosk = Kiosk(house)
    started = kiosk.start()
    wrong = "10" if started["number"] != "10" else "11"
    with Person(house.url, "clerk-grobina") as clerk:
        asked = clerk.post("/api/enrolment/look", {"user_code": started["user_code"]}).json()
        refused = clerk.post(f"/api/enrolment/{asked['id']}/confirm", {"number": wrong})
        assert refused.json()["error"]["code"] == "enrolment_number_wrong"
    assert kiosk.refused(lambda: kiosk.collect(started)) == "access_denied"

    other = Kiosk(house).start()
    with Person(house.url, "clerk-adazi") as stranger:
        for _ in range(5):
            # a code of another point is as unknown as one that never was
            answer = stranger.post("/api/enrolment/look", {"user_code": other["user_code"]})
            assert answer.json()["error"]["code"] == "user_code_unknown"
        assert stranger.post("/api/enrolment/look", {"user_code": other["user_code"]}).status_code == 429
    assert len(audited(house, "enrolment.look")) >= 5


def test_a_screen_left_open_enrols_nothing(house: Running) -> None:
    started = Kiosk(house).start()
    with Person(house.url, "clerk-grobina") as clerk:
        house.clock.advance(301)
        stale = clerk.post("/api/enrolment/look", {"user_code": started["user_code"]})
        assert stale.json()["error"]["code"] == "sign_in_stale"
        assert clerk.post("/api/demo/prove").status_code == 204
        assert clerk.post("/api/enrolment/look", {"user_code": started["user_code"]}).status_code == 200


def test_an_officer_and_a_workstation_enrol_nothing(house: Running) -> None:
    started = Kiosk(house).start()
    for account in ("officer-vsaa-1", "kiosk-zeltini", "supervisor-vsaa"):
        with Person(house.url, account) as nobody:
            refused = nobody.post("/api/enrolment/look", {"user_code": started["user_code"]})
            assert refused.json()["error"]["code"] == "not_allowed"
            assert nobody.get("/api/workstations").status_code == 403


def test_revoked_at_once(house: Running) -> None:
    kiosk = enrol(house, "Cits dators")
    workstation_id = kiosk.call("GET", "/api/me")["principal"]["workstation_id"]
    with Person(house.url, "clerk-adazi") as stranger:
        assert stranger.post(f"/api/workstations/{workstation_id}/revoke").status_code == 404
    assert kiosk.call("GET", "/api/me")
    with Person(house.url, "clerk-grobina") as clerk:
        assert clerk.post(f"/api/workstations/{workstation_id}/revoke").status_code == 204
    assert kiosk.refused(lambda: kiosk.call("GET", "/api/me")) == "enrolment_revoked"
    assert kiosk.refused(lambda: kiosk.do(kiosk.device.refresh)) == "enrolment_revoked"


def test_a_device_that_takes_its_name_replaces_it(house: Running) -> None:
    old = enrol(house, "Viens dators")
    was = old.call("GET", "/api/me")["principal"]["workstation_id"]
    new = enrol(house, "viens  DATORS")
    assert new.call("GET", "/api/me")["principal"]["workstation_id"] == was
    assert old.refused(lambda: old.call("GET", "/api/me")) == "enrolment_revoked"


def test_the_demos_sign_in_does_not_open_an_enrolled_workstation(house: Running) -> None:
    kiosk = enrol(house, "Trešais dators")
    account = kiosk.call("GET", "/api/me")["principal"]["id"]
    answer = httpx.post(f"{house.url}/api/demo/sign-in", json={"account_id": account}, headers={"origin": house.url})
    assert answer.status_code == 401
    listed = httpx.get(f"{house.url}/api/demo/accounts").json()["accounts"]
    assert account not in [each["id"] for each in listed]


def test_a_brigades_workstation_stands_where_the_timetable_says(house: Running) -> None:
    enrol(house, "Brigādes dators", "mobila")

    def today() -> Any:
        house.do(house.house.stations.stops.refresh())
        with Person(house.url, "clerk-grobina") as clerk:
            found = clerk.get("/api/workstations").json()["workstations"]
        return next(each["stop"] for each in found if each["name"] == "Brigādes dators")

    seen = []
    for _ in range(7):
        seen.append(today())
        house.clock.advance(86_400)
    # four days on the road, three at home
    assert sorted(each["place"] for each in seen if each) == ["Kalncempji", "Mālupe", "Pededze", "Veclaicene"]
    assert {(each["opens"], each["closes"]) for each in seen if each} == {("10:00", "14:00")}
