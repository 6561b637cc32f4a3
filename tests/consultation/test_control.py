"""When an official may see, guide and control a workstation, and what ends it."""

from __future__ import annotations

import msgspec
import pytest

from consultation import control, core, workstation_core
from consultation.control_core import (
    LONGEST_S,
    NEEDS,
    Button,
    Control,
    Desktop,
    Highlight,
    Input,
    Key,
    Level,
    Open,
    Zoom,
    must_allow,
    must_be_allowed,
)
from consultation.model import MediaKind, ParticipantState, PersonRole, Session
from consultation.rights import RIGHTS, Action
from kernel.device_errors import AddressNotAllowed, ControlNotGranted
from kernel.errors import BodyInvalid, ParticipantUnknown, WorkstationNotAuthorised
from kernel.messages import ControlStopped
from tests.facts import accepted, facts_of

CLERK, OFFICER, CLIENT = "c", "o", "w"
IDENTITIES = {
    PersonRole.CLERK: CLERK,
    PersonRole.OFFICER: OFFICER,
    PersonRole.CITIZEN: CLIENT,
    PersonRole.SPECIALIST: "s",
}
ALLOWED = ("https://latvija.gov.lv/", "https://www.vsaa.gov.lv/lv")
MINUTE = 60_000


def in_session() -> Session:
    session, _ = core.open_session(accepted(facts_of()), IDENTITIES, 0)
    session.participants[CLIENT].to(ParticipantState.INVITED)
    for identity in (CLERK, OFFICER, CLIENT):
        core.joined(session, identity, f"pa-{identity}", 0)
    return session


def lent(level: Level = Level.CONTROL, seconds: int = 300) -> Session:
    session = in_session()
    outcome = control.lend(session, OFFICER, level, seconds, by="clerk", wall_ms=0)
    assert [(each.act, each.identity, each.muted) for each in outcome.media] == [("permit", CLIENT, False)]
    assert "screen_share" in outcome.media[0].sources
    return session


def now(session: Session, wall_ms: int = 1) -> Control | None:
    return control.in_force(session, wall_ms)


def test_a_screen_that_is_not_lent_cannot_be_shared() -> None:
    session = in_session()
    assert MediaKind.SCREEN in session.participants[CLIENT].banned
    assert "screen_share" not in core.allowed_sources(session.participants[CLIENT])
    assert "screen_share" in core.allowed_sources(session.participants[OFFICER])


@pytest.mark.parametrize("level", Level)
def test_each_level_allows_what_is_below_it(level: Level) -> None:
    held = now(lent(level))
    rank = list(Level).index(level)
    given: tuple[Input, ...] = (Highlight(0, 0, 1, 1), Zoom("large"), Desktop((Key("a", True),)))
    for each in given:
        if list(Level).index(NEEDS[type(each)]) <= rank:
            assert must_allow(held, OFFICER, each) is held
        else:
            with pytest.raises(ControlNotGranted):
                must_allow(held, OFFICER, each)
        with pytest.raises(ControlNotGranted):
            must_allow(held, "another official", each)
        with pytest.raises(ControlNotGranted):
            must_allow(None, OFFICER, each)


def test_it_ends_with_its_time_and_whoever_leaves() -> None:
    assert now(lent(seconds=60), MINUTE - 1) is not None
    assert now(lent(seconds=60), MINUTE) is None
    for who in (OFFICER, CLIENT):
        session = lent()
        core.left(session, who, "", 1)
        assert now(session) is None
    # the same client at another page: it was not lent to that one
    session = lent()
    core.left(session, CLIENT, "", 1)
    core.joined(session, CLIENT, "pa-another", 2)
    assert now(session) is None
    session = lent()
    workstation_core.revoke(session, 1)
    assert now(session) is None
    # the clerk's browser may come and go
    session = lent()
    core.left(session, CLERK, "", 1)
    assert now(session) is not None


def test_what_is_not_in_force_ends_for_good() -> None:
    session = lent()
    assert not control.expire(session, 1).events
    core.left(session, OFFICER, "", 1)
    outcome = control.expire(session, 2)
    assert any(isinstance(event, ControlStopped) for event in outcome.events)
    core.joined(session, OFFICER, "pa-again", 3)
    assert now(session) is None
    assert not control.expire(session, 4).events


def test_stopped_the_node_takes_the_picture_away() -> None:
    session = lent()
    outcome = control.stop(session, 1)
    assert now(session) is None
    assert [(each.act, each.muted) for each in outcome.media] == [("permit", True)]
    assert "screen_share" not in outcome.media[0].sources
    assert not control.stop(session, 2).events


def test_it_is_lent_to_officials_who_are_there_with_a_client_who_is_there() -> None:
    session = in_session()
    with pytest.raises(ParticipantUnknown):
        control.lend(session, CLERK, Level.VIEW, 60, by="clerk", wall_ms=0)
    for seconds in (0, LONGEST_S + 1):
        with pytest.raises(BodyInvalid):
            control.lend(session, OFFICER, Level.VIEW, seconds, by="clerk", wall_ms=0)
    core.left(session, CLIENT, "", 1)
    with pytest.raises(WorkstationNotAuthorised):
        control.lend(session, OFFICER, Level.VIEW, 60, by="clerk", wall_ms=2)


def test_who_may() -> None:
    assert {role for role in PersonRole if Action.LEND in RIGHTS[role]} == {PersonRole.CLERK}
    assert {role for role in PersonRole if Action.STEER in RIGHTS[role]} == {PersonRole.OFFICER, PersonRole.SPECIALIST}
    assert all(Action.STOP_CONTROL in RIGHTS[role] for role in PersonRole)


@pytest.mark.parametrize(
    "address",
    ["https://latvija.gov.lv/", "https://latvija.gov.lv/Pakalpojumi?id=1", "https://www.vsaa.gov.lv/lv/pabalsti"],
)
def test_addresses_below_the_list_are_allowed(address: str) -> None:
    must_be_allowed(address, ALLOWED)


@pytest.mark.parametrize(
    "address",
    [
        "http://latvija.gov.lv/",
        "https://latvija.gov.lv.example/",
        "https://latvija.gov.lv@example.org/",
        "https://latvija.gov.lv:8443/",
        "https://www.vsaa.gov.lv/lvx",
        "https://www.vsaa.gov.lv/lv/../admin",
        "javascript:alert(1)",
        "",
    ],
)
def test_other_addresses_are_not(address: str) -> None:
    with pytest.raises(AddressNotAllowed):
        must_be_allowed(address, ALLOWED)


def test_inputs_are_read_strictly() -> None:
    read = msgspec.json.Decoder(Input).decode
    assert read('{"kind":"open","address":"https://latvija.gov.lv/"}') == Open("https://latvija.gov.lv/")
    pressed = read('{"kind":"desktop","acts":[{"do":"button","x":0.5,"y":1,"number":1,"down":true}]}')
    assert pressed == Desktop((Button(0.5, 1.0, 1, True),))
    for wrong in (
        '{"kind":"highlight","x":2,"y":0,"w":0,"h":0}',
        '{"kind":"desktop","acts":[]}',
        '{"kind":"desktop","acts":[{"do":"shell","x":1}]}',
        '{"kind":"run"}',
    ):
        with pytest.raises(msgspec.ValidationError):
            read(wrong)
