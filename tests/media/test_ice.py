"""The guard at the socket: who may reach a peer, and with what."""

from __future__ import annotations

from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from media.ice import MAX_ADDRESSES, MAX_DATAGRAM, IceSide, IceTable, Source

PASSWORD = "p" * 24
HOME: Source = ("udp", "192.0.2.1", 4000)
ELSEWHERE: Source = ("udp", "198.51.100.7", 4000)
DTLS = bytes((22,)) + bytes(40)
SRTP = bytes((128, 96)) + bytes(40)


def check(ufrag: str = "ours", password: str = PASSWORD, *, nominate: bool = False) -> bytes:
    message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{ufrag}:theirs"
    message.attributes["PRIORITY"] = 1
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    message.add_fingerprint()
    return bytes(message)


def table() -> tuple[IceTable, IceSide]:
    ice = IceTable()
    return ice, ice.open("ours", PASSWORD, 0.0)


def test_a_check_is_answered_with_the_address_it_came_from() -> None:
    ice, side = table()
    got = ice.receive(check(), HOME, 1.0)
    assert got.selected
    assert got.reply is not None
    reply = stun.parse_message(got.reply)
    assert reply.check_message_integrity(PASSWORD.encode())
    assert reply.message_class == stun.Class.RESPONSE
    assert reply.attributes["XOR-MAPPED-ADDRESS"] == HOME[1:]
    assert side.selected == HOME
    assert ice.receive(DTLS, HOME, 1.0).side is side


def test_strangers_reach_nobody_and_are_counted() -> None:
    ice, side = table()
    ice.receive(check(), HOME, 1.0)
    for datagram in (DTLS, SRTP):
        got = ice.receive(datagram, ELSEWHERE, 1.0)
        assert (got.side, got.reply, got.data) == (None, None, None)
    assert ice.refused["stranger"] == 2
    assert side.selected == HOME


def test_a_wrong_password_or_name_moves_nothing() -> None:
    ice, side = table()
    ice.receive(check(), HOME, 1.0)
    for forged in (check(password="q" * 24, nominate=True), check(ufrag="nobody", nominate=True)):
        got = ice.receive(forged, ELSEWHERE, 1.0)
        assert got.reply is None
    assert side.selected == HOME
    assert ice.refused["stun_integrity"] == 1
    assert ice.refused["stun_unknown"] == 1
    assert ice.receive(DTLS, ELSEWHERE, 1.0).side is None


def test_size_and_class_are_checked_first() -> None:
    ice, _ = table()
    ice.receive(check(), HOME, 1.0)
    for datagram in (b"", bytes(MAX_DATAGRAM + 1)):
        assert ice.receive(datagram, HOME, 1.0).data is None
    assert ice.refused["size"] == 2
    for first in (*range(4, 20), *range(64, 128), *range(192, 256)):
        assert ice.receive(bytes((first,)) + bytes(30), HOME, 1.0).data is None
    assert ice.receive(DTLS[:11], HOME, 1.0).data is None
    assert ice.refused["class"] == 16 + 64 + 64 + 1
    for first in (20, 22, 25, 63, 128, 191):
        assert ice.receive(bytes((first,)) + bytes(30), HOME, 1.0).data is not None


@given(st.binary(max_size=80))
def test_any_bytes_that_claim_to_be_stun(noise: bytes) -> None:
    ice, side = table()
    ice.receive(bytes((0,)) + noise, HOME, 1.0)
    ice.receive(b"\x00\x01" + len(noise).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + bytes(12) + noise, HOME, 1.0)
    assert side.selected is None


@given(st.data())
def test_a_mutated_check_never_raises(data: st.DataObject) -> None:
    ice, _ = table()
    whole = bytearray(check())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    ice.receive(bytes(whole[: data.draw(st.integers(1, len(whole)))]), HOME, 1.0)


def test_responses_and_indications_are_not_answered() -> None:
    ice, _ = table()
    reply = ice.receive(check(), HOME, 1.0).reply
    assert reply is not None
    assert ice.receive(reply, HOME, 1.0).reply is None
    assert ice.refused["stun_kind"] == 1


def test_a_nominated_pair_moves_the_destination_an_ordinary_check_does_not() -> None:
    ice, side = table()
    ice.receive(check(), HOME, 1.0)
    assert not ice.receive(check(), ELSEWHERE, 2.0).selected
    assert side.selected == HOME
    assert ice.receive(check(nominate=True), ELSEWHERE, 3.0).selected
    assert side.selected == ELSEWHERE
    assert ice.receive(DTLS, HOME, 3.0).side is side, "the old pair still counts"


def test_a_restart_keeps_the_old_credentials_until_the_end() -> None:
    ice, side = table()
    ice.restart(side, "new", "n" * 24)
    assert ice.receive(check(), HOME, 1.0).side is side
    assert ice.receive(check("new", "n" * 24, nominate=True), ELSEWHERE, 2.0).selected
    ice.close(side)
    for datagram in (check(), check("new", "n" * 24), DTLS):
        assert ice.receive(datagram, HOME, 3.0).side is None


def test_a_browser_that_reuses_its_port_belongs_to_the_newer_peer() -> None:
    ice, old = table()
    ice.receive(check(), HOME, 1.0)
    new = ice.open("second", "s" * 24, 2.0)
    ice.receive(check("second", "s" * 24), HOME, 2.0)
    assert ice.receive(DTLS, HOME, 2.0).side is new
    assert old.selected is None
    ice.close(old)
    assert ice.receive(DTLS, HOME, 2.0).side is new


def test_the_addresses_of_a_peer_are_bounded() -> None:
    ice, side = table()
    ice.receive(check(), HOME, 0.0)
    for port in range(100):
        ice.receive(check(), ("udp", "192.0.2.9", 5000 + port), 1.0 + port)
    assert len(side.sources) <= MAX_ADDRESSES
    assert side.selected == HOME
    assert ice.receive(DTLS, HOME, 200.0).side is side
    assert ice.receive(DTLS, ("udp", "192.0.2.9", 5000), 200.0).side is None


def test_a_lost_tcp_connection_falls_back_to_the_newest_other_pair() -> None:
    ice, side = table()
    line: Source = ("tcp", "192.0.2.1", 6000)
    ice.receive(check(), HOME, 1.0)
    ice.receive(check(nominate=True), line, 2.0)
    assert side.selected == line
    ice.forget(line)
    assert side.selected == HOME
