"""A workstation is opened for one session and one device: replay, another kiosk, another session, too late.

Each is refused with its own code, and found in the audit log.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.clock import ManualClock
from kernel.identity import Principal
from kernel.ids import AccountId, PointId, WorkstationId
from kernel.messages import Role
from tests.web.person import Person
from tests.web.running import Running, running_house
from tests.web.sessions import begin, both_sides, finish, outcomes
from tests.web.test_enrolment import Kiosk, enrol

REDEEM = "/api/authorisations/redeem"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    var: Path = tmp_path_factory.mktemp("devices")
    with running_house(var, ManualClock(), node=True, offer_timeout_s=300.0, authorisation_ttl_s=4.0) as running:
        yield running


@pytest.fixture
def people(house: Running) -> Iterator[dict[str, Person]]:
    with both_sides(house) as found:
        yield found


@pytest.fixture
def session_id(house: Running, people: dict[str, Person]) -> Iterator[str]:
    found = begin(people)
    yield found
    finish(house, people, found)


def code_for(people: dict[str, Person], session_id: str, workstation_id: str) -> str:
    given = people["clerk"].post(
        f"/api/sessions/{session_id}/authorisation", {"workstation_id": workstation_id, "delivery": "code"}
    )
    assert given.status_code == 200, given.text
    return str(given.json()["code"])


def place_of(kiosk: Kiosk) -> str:
    return str(kiosk.call("GET", "/api/me")["principal"]["workstation_id"])


def account_of(kiosk: Kiosk) -> str:
    return str(kiosk.call("GET", "/api/me")["principal"]["id"])


def test_replay_and_too_late(house: Running, people: dict[str, Person], session_id: str) -> None:
    kiosk = enrol(house, "Atkārtojums")
    actor = account_of(kiosk)
    code = code_for(people, session_id, place_of(kiosk))
    assert kiosk.call("POST", REDEEM, {"code": code})["room"] == session_id
    assert kiosk.refused(lambda: kiosk.call("POST", REDEEM, {"code": code})) == "authorisation_used"
    # taken back: neither the old code nor a call without one opens the room again
    people["clerk"].call("DELETE", f"/api/sessions/{session_id}/authorisation")
    assert kiosk.refused(lambda: kiosk.call("POST", REDEEM, {"code": code})) == "authorisation_unknown"
    assert kiosk.refused(lambda: kiosk.call("POST", f"/api/sessions/{session_id}/join")) == "workstation_not_authorised"
    late = code_for(people, session_id, place_of(kiosk))
    house.clock.advance(5)
    assert kiosk.refused(lambda: kiosk.call("POST", REDEEM, {"code": late})) == "authorisation_expired"
    assert outcomes(house, actor, "workstation.redeem") == [
        "ok",
        "authorisation_used",
        "authorisation_unknown",
        "authorisation_expired",
    ]
    assert outcomes(house, actor, "session.join") == ["workstation_not_authorised"]


def test_another_kiosk(house: Running, people: dict[str, Person], session_id: str) -> None:
    kiosk, other = enrol(house, "Pirmais"), enrol(house, "Blakus")
    code = code_for(people, session_id, place_of(kiosk))
    assert other.refused(lambda: other.call("POST", REDEEM, {"code": code})) == "authorisation_wrong_workstation"
    assert other.refused(lambda: other.call("POST", f"/api/sessions/{session_id}/join")) == "session_unknown"
    assert outcomes(house, account_of(other), "workstation.redeem") == ["authorisation_wrong_workstation"]
    assert outcomes(house, account_of(other), "session.join") == ["session_unknown"]
    assert kiosk.call("POST", REDEEM, {"code": code})["room"] == session_id


def test_another_device_that_says_it_is_the_same_workstation(
    house: Running, people: dict[str, Person], session_id: str
) -> None:
    """Whatever signed it in, it has not the key: it redeems nothing, and has no part once the right one is in."""
    kiosk = enrol(house, "Viena un tā pati")
    place = place_of(kiosk)

    async def without_a_key() -> None:
        async with house.house.ledger.transaction() as tx:
            await house.house.identity.save_account(
                tx,
                Principal(
                    id=AccountId("copy"),
                    role=Role.WORKSTATION,
                    name="Kopija",
                    point_id=PointId("zeltini"),
                    workstation_id=WorkstationId(place),
                ),
            )

    house.do(without_a_key())
    with Person(house.url, "copy") as copy:
        code = code_for(people, session_id, place)
        refused = copy.post(REDEEM, {"code": code})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "authorisation_wrong_device")
        assert kiosk.call("POST", REDEEM, {"code": code})["room"] == session_id
        for call in (
            lambda: copy.post(f"/api/sessions/{session_id}/join"),
            lambda: copy.post(f"/api/sessions/{session_id}/leave"),
            lambda: copy.get(f"/api/sessions/{session_id}"),
        ):
            assert call().json()["error"]["code"] == "authorisation_wrong_device"
    assert outcomes(house, "copy", "workstation.redeem") == ["authorisation_wrong_device"]
    assert outcomes(house, "copy", "session.join") == ["authorisation_wrong_device"]
    assert outcomes(house, "copy", "session.leave") == ["authorisation_wrong_device"]
    # the right one is where it was, and may come back without a code
    assert kiosk.call("POST", f"/api/sessions/{session_id}/join")["room"] == session_id


def test_a_code_of_a_former_session(house: Running, people: dict[str, Person]) -> None:
    kiosk = enrol(house, "Divas sarunas")
    place = place_of(kiosk)
    first = begin(people)
    code = code_for(people, first, place)
    finish(house, people, first)
    second = begin(people, workstation_id=place)
    try:
        assert kiosk.refused(lambda: kiosk.call("POST", REDEEM, {"code": code})) == "authorisation_unknown"
        again = f"/api/sessions/{second}/join"
        assert kiosk.refused(lambda: kiosk.call("POST", again)) == "workstation_not_authorised"
        assert outcomes(house, account_of(kiosk), "workstation.redeem") == ["authorisation_unknown"]
        assert outcomes(house, account_of(kiosk), "session.join") == ["workstation_not_authorised"]
    finally:
        finish(house, people, second)


def test_a_device_enrolled_in_its_place_begins_anew(house: Running, people: dict[str, Person], session_id: str) -> None:
    """The code was for the old device; the new one is let in by a new code."""
    kiosk = enrol(house, "Nomainītā")
    place = place_of(kiosk)
    code = code_for(people, session_id, place)
    new = enrol(house, "Nomainītā")
    assert new.refused(lambda: new.call("POST", REDEEM, {"code": code})) in {
        "authorisation_wrong_device",
        # letting the old one go took its code along
        "authorisation_unknown",
    }
    assert new.call("POST", REDEEM, {"code": code_for(people, session_id, place)})["room"] == session_id
