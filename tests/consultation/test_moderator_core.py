"""What the moderator decides, and the door: decided without a node."""

from __future__ import annotations

import pytest

from consultation import core, moderator_core, workstation_core
from consultation.model import MediaKind, ParticipantState, Session, SessionState, Via
from consultation.rights import Action, check
from kernel.errors import NotAllowed, NotModerator, ParticipantUnknown
from kernel.session_errors import ModeratorKept, NotInRoom, SessionLocked
from tests.consultation.test_core import CITIZEN, CLERK, OFFICER, code, running, with_client

P = ParticipantState


def test_whoever_is_held_is_out_keeps_the_place_and_is_let_in_again() -> None:
    session = with_client()
    outcome = moderator_core.hold(session, CITIZEN, 8_000)
    assert [(command.act, command.identity) for command in outcome.media] == [("remove", CITIZEN)]
    assert session.state is SessionState.LOBBY
    assert moderator_core.place_in_lobby(session, CITIZEN) == 1
    # the node still reports the connection that was cut, or a page that tries by itself
    assert core.joined(session, CITIZEN, "4", 8_100).media[0].act == "remove"
    assert not moderator_core.hold(session, CITIZEN, 8_200).events, "held once"
    moderator_core.admit(session, CITIZEN, 9_000)
    assert not core.joined(session, CITIZEN, "5", 9_100).media
    assert session.state is SessionState.LIVE
    assert moderator_core.lobby(session) == []


def test_the_clerk_and_the_moderator_are_never_held() -> None:
    session = with_client()
    moderator_core.hand_over(session, OFFICER, 8_000)
    for identity in (CLERK, OFFICER):
        with pytest.raises(NotInRoom):
            moderator_core.hold(session, identity, 8_100)
    with pytest.raises(ParticipantUnknown):
        core.remove(session, CLERK, 8_200)


def test_the_lobby_is_a_queue_in_which_knocking_again_keeps_the_place() -> None:
    session = running()
    moderator_core.knock(session, CITIZEN, Via.KIOSK, 7_000)
    moderator_core.hold(session, OFFICER, 7_500)
    moderator_core.knock(session, CITIZEN, Via.KIOSK, 8_000)
    assert [who.identity for who in moderator_core.lobby(session)] == [CITIZEN, OFFICER]
    moderator_core.step_away(session, CITIZEN, 8_500)
    assert moderator_core.place_in_lobby(session, OFFICER) == 1
    assert moderator_core.place_in_lobby(session, CITIZEN) is None


def test_a_workstation_is_not_admitted_without_its_code() -> None:
    session = running()
    moderator_core.knock(session, CITIZEN, Via.KIOSK, 7_000)
    with pytest.raises(ParticipantUnknown):
        moderator_core.admit(session, CITIZEN, 7_100)


def test_a_locked_session_lets_nobody_new_in_but_whoever_comes_back() -> None:
    session = with_client()
    moderator_core.lock(session, True, 8_000)
    core.left(session, OFFICER, "2", 8_100)
    assert not core.joined(session, OFFICER, "2b", 8_200).media
    workstation_core.revoke(session, 8_300)
    with pytest.raises(SessionLocked):
        workstation_core.authorise(session, code(), identity=CITIZEN, wall_ms=8_400)
    with pytest.raises(SessionLocked):
        workstation_core.admit(session, 8_450)
    moderator_core.lock(session, False, 8_500)
    workstation_core.authorise(session, code(), identity=CITIZEN, wall_ms=8_600)


def test_asking_permits_again_and_unmutes_nobody() -> None:
    session = with_client()
    core.mute(session, OFFICER, MediaKind.AUDIO, True, 8_000)
    (command,) = moderator_core.ask(session, OFFICER, MediaKind.AUDIO, 8_100).media
    assert (command.act, command.muted) == ("permit", False)
    assert "microphone" in command.sources
    assert session.participants[OFFICER].asked == {MediaKind.AUDIO}
    moderator_core.answer(session, OFFICER, MediaKind.AUDIO, 8_200)
    assert not session.participants[OFFICER].asked
    core.left(session, OFFICER, "2", 8_300)
    with pytest.raises(NotInRoom):
        moderator_core.ask(session, OFFICER, MediaKind.AUDIO, 8_400)


def test_the_role_goes_to_an_official_in_the_room_and_back_to_the_clerk() -> None:
    session = with_client()
    officer, clerk = session.participants[OFFICER], session.participants[CLERK]
    with pytest.raises(ModeratorKept):
        moderator_core.hand_over(session, CITIZEN, 8_000)
    moderator_core.hand_over(session, OFFICER, 8_100)
    check(session, officer, Action.MUTE)
    with pytest.raises(NotModerator):
        check(session, clerk, Action.MUTE)
    # the session stays the clerk's: they open the workstation, end it, and take the role back
    for action in (Action.AUTHORISE, Action.END, Action.TAKE_BACK):
        check(session, clerk, action)
        with pytest.raises(NotModerator):
            check(session, officer, action)
    moderator_core.take_back(session, 8_200)
    check(session, clerk, Action.MUTE)


def test_a_clerk_whose_browser_crashed_keeps_place_and_role_for_the_hold() -> None:
    session = with_client()
    core.left(session, CLERK, "1", 10_000)
    assert session.moderator_identity == CLERK
    for action in (Action.MUTE, Action.HAND_OVER, Action.END, Action.TAKE_BACK):
        with pytest.raises(NotModerator):
            check(session, session.participants[OFFICER], action)
    assert not core.expire(session, 60_000, 69_999).events
    core.joined(session, CLERK, "1b", 69_999)
    assert not core.expire(session, 60_000, 200_000).events
    assert session.moderator_identity == CLERK


def test_outside_one_may_knock_and_go_and_nothing_else() -> None:
    session = with_client()
    moderator_core.hold(session, CITIZEN, 8_000)
    citizen = session.participants[CITIZEN]
    check(session, citizen, Action.LEAVE)
    for action in (Action.SHARE, Action.ANSWER):
        with pytest.raises(NotAllowed):
            check(session, citizen, action)


def test_an_official_is_renamed_and_a_client_never_has_a_name() -> None:
    session: Session = with_client()
    moderator_core.rename(session, OFFICER, "Pabalstu speciāliste", 8_000)
    assert session.participants[OFFICER].name == "Pabalstu speciāliste"
    with pytest.raises(ParticipantUnknown):
        moderator_core.rename(session, CITIZEN, "Kāds", 8_100)
