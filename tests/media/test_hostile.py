"""A live call on loopback under fire: whatever a stranger, a forger or a rogue participant sends, it goes on."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable

import pytest
from aiortc.rtcdtlstransport import SRTP_PROFILES, RTCCertificate, RTCDtlsTransport
from OpenSSL import SSL

from media import rtcp
from media.dtls import HANDSHAKE, SharedCertificate
from media.peer import CONSENT_S
from media.routes import MAX_SSRCS
from media.rtp import RtpPacket, build_rtp
from tests.media.calls import KEY, Call
from tests.media.client import Client, loopback_node
from tests.media.offers import application, section

MID_ID = 4


def client_hello() -> bytes:
    """A well-formed one, by OpenSSL."""
    certificate = SharedCertificate.generateCertificate()
    line = SSL.Connection(certificate._create_ssl_context(SRTP_PROFILES))
    line.set_connect_state()
    with contextlib.suppress(SSL.WantReadError):
        line.do_handshake()
    return bytes(line.bio_read(1_500))


CLIENT_HELLO = client_hello()
FATAL_ALERT = bytes.fromhex("15fefd000000000000000000020228")
CLOSE_NOTIFY = bytes.fromhex("15fefd000000000000000000020100")


async def test_a_call_goes_on(call: Call) -> None:
    for _ in range(3):
        await call.goes_on()
    assert call.publisher.heard.first == ["TR_1"]


NOISE = random.Random(7)
FORGERIES: dict[str, Callable[[], list[bytes]]] = {
    "empty": lambda: [b""] * 20,
    "one byte": lambda: [bytes((first,)) for first in range(256)],
    "client hello": lambda: [CLIENT_HELLO] * 20,
    "fatal alert": lambda: [FATAL_ALERT] * 20,
    "close notify": lambda: [CLOSE_NOTIFY] * 20,
    "too large": lambda: [bytes((22,)) + bytes(n) for n in (1_599, 1_600, 2_000)],
    "dtls noise": lambda: [bytes((22,)) + NOISE.randbytes(60) for _ in range(200)],
    "dtls records": lambda: [
        struct.pack("!B2sHIHH", kind, b"\xfe\xfd", epoch, 0, NOISE.randrange(65_536), 40) + NOISE.randbytes(40)
        for kind in range(20, 27)
        for epoch in (0, 1, 2, 65_535)
    ],
    "srtp noise": lambda: [bytes((128, 96)) + NOISE.randbytes(100) for _ in range(200)],
    "srtcp noise": lambda: [bytes((129, 201)) + NOISE.randbytes(40) for _ in range(200)],
    "stun noise": lambda: [
        struct.pack("!HHI", kind, len(body), 0x2112_A442) + bytes(12) + body
        for kind in (1, 0x11, 0x101, 0x111)
        for body in (b"", b"\x00\x06\x00\xff", b"\x00\x08\x00\x14" + bytes(20), NOISE.randbytes(64))
    ],
    "unknown first bytes": lambda: [bytes((first,)) + bytes(40) for first in (*range(4, 20), *range(64, 128))],
}


@pytest.mark.parametrize("kind", FORGERIES)
async def test_from_a_stranger(call: Call, kind: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for datagram in FORGERIES[kind]():
            stranger.sendto(datagram, ("127.0.0.1", call.publisher.node.udp_port))
    await call.drained()
    await call.goes_on()
    assert sum(call.publisher.node.ice.refused.values()) > 0


@pytest.mark.parametrize("kind", FORGERIES)
async def test_under_a_participants_address(call: Call, kind: str) -> None:
    for client in (call.publisher, call.subscriber):
        for datagram in FORGERIES[kind]():
            call.forge(datagram, client)
    await call.drained()
    await call.goes_on()


@pytest.fixture
async def lonely() -> AsyncIterator[Client]:
    node = loopback_node()
    await node.start()
    client = Client(node, "lonely")
    yield client
    await client.peer.close()
    await client.close()
    await node.close()


@pytest.mark.parametrize("datagram", [CLIENT_HELLO, FATAL_ALERT, CLOSE_NOTIFY], ids=["hello", "alert", "close"])
async def test_a_forgery_before_the_handshake_does_not_spoil_it(lonely: Client, datagram: bytes) -> None:
    def fire() -> None:
        for _ in range(50):
            lonely.node.received(datagram, lonely.source)

    lonely.negotiate(application("0"))
    await lonely.connect(before_handshake=fire)
    assert lonely.node.count["dropped_dtls"] == 50
    assert lonely.secure.send_data("_reliable", b"hello")
    async with asyncio.timeout(5):
        assert await lonely.heard.data.get() == ("_reliable", b"hello")


async def test_a_handshake_follows_to_another_pair_at_once(lonely: Client) -> None:
    """The way back of the first pair is blocked: what was said into it must not cost the second of OpenSSL's timer."""
    lonely.negotiate(application("0"))
    deaf = await lonely.bind()
    asyncio.get_running_loop().remove_reader(deaf.fileno())
    lonely.check()
    async with asyncio.timeout(5):
        while (await asyncio.get_running_loop().sock_recv(deaf, 2_048))[0] != HANDSHAKE:
            pass
    await lonely.bind()
    started = asyncio.get_running_loop().time()
    await lonely.connect()
    assert asyncio.get_running_loop().time() - started < 0.9
    deaf.close()


async def test_unusable_parameters_end_the_peer_at_once(lonely: Client) -> None:
    lonely.negotiate(application("0").replace("a=sctp-port:5000", "a=sctp-port:99999999"))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1):
            await lonely.connect()
    assert lonely.heard.closed == ["connect_timeout"]


async def test_a_spray_of_ssrcs_is_bounded(call: Call) -> None:
    for ssrc in range(2_000, 4_000):
        call.publisher.send_rtp(RtpPacket(96, 1, 0, ssrc, KEY, extensions={MID_ID: b"0"}))
        if ssrc % 100 == 0:
            await call.drained()
    await call.drained()
    up = call.publisher.peer.ups["TR_1"]
    assert len(up.streams) <= MAX_SSRCS
    assert call.publisher.node.count["dropped_unrouted"] >= 2_000 - MAX_SSRCS
    while not call.subscriber.rtp.empty():
        call.subscriber.rtp.get_nowait()


async def test_an_ssrc_counts_only_inside_its_own_transport(call: Call) -> None:
    call.subscriber.send_rtp(RtpPacket(96, 7, 0, 1001, b"\x10\x10not mine"))
    await call.drained()
    await call.goes_on()
    assert call.subscriber.peer.ups == {}


async def test_broken_rtp_and_rtcp_from_a_participant(call: Call) -> None:
    noise = random.Random(3)
    for _ in range(100):
        head = struct.pack("!BBH", 0x80 | noise.randrange(32), noise.randrange(200, 208), noise.randrange(30))
        call.publisher.send_protected(head + noise.randbytes(4 + noise.randrange(60)))
        call.subscriber.send_protected(head + noise.randbytes(4 + noise.randrange(60)))
    for sequence in range(50):
        call.publisher.send_rtp(RtpPacket(96, sequence, 0, 9, noise.randbytes(noise.randrange(20))))
    await call.drained()
    await call.goes_on()


async def test_replayed_packets_are_not_forwarded_twice(call: Call) -> None:
    call.sequence += 1
    packet = build_rtp(RtpPacket(96, call.sequence, call.sequence * 3_000, 1001, KEY, marker=1))
    protected = call.publisher.secure.protect(packet)
    assert protected is not None
    for _ in range(10):
        call.publisher.send(protected)
    await call.drained()
    await call.subscriber.rtp.get()
    await call.goes_on()


async def test_a_lost_packet_is_sent_again(call: Call) -> None:
    await call.goes_on()
    call.sequence += 1
    call.publisher.send_rtp(RtpPacket(96, call.sequence, call.sequence * 3_000, 1001, KEY, marker=1))
    async with asyncio.timeout(5):
        sent = await call.subscriber.rtp.get()
        call.subscriber.send_protected(rtcp.build_nack(9, sent.ssrc, [sent.sequence]))
        again = await call.subscriber.rtp.get()
    assert (again.payload_type, again.payload) == (97, struct.pack("!H", sent.sequence) + sent.payload)


async def test_a_muted_track_does_not_flow_whatever_the_client_sends(call: Call) -> None:
    call.publisher.peer.set_muted("TR_1", True)
    for _ in range(5):
        call.sequence += 1
        call.publisher.send_rtp(RtpPacket(96, call.sequence, call.sequence * 3_000, 1001, KEY, marker=1))
    await call.drained()
    assert call.subscriber.rtp.empty()
    call.publisher.peer.set_muted("TR_1", False)
    await call.goes_on()
    call.publisher.peer.set_may_publish(False)
    call.publisher.send_rtp(RtpPacket(96, call.sequence + 1, 0, 1001, KEY, marker=1))
    await call.drained()
    assert call.subscriber.rtp.empty()


async def test_a_restart_of_ice_leaves_media_alone(call: Call) -> None:
    before = call.publisher._ufrag
    call.publisher.peer.restart_ice()
    call.publisher.negotiate(section("video", "0", "sendonly", track="cam"), application("1"))
    assert call.publisher._ufrag != before
    await call.goes_on()
    await call.drained()
    await call.goes_on()


async def test_consent_that_is_not_renewed_ends_the_peer(lonely: Client) -> None:
    lonely.peer.tick(lonely.node.now() + CONSENT_S + 1, second=False)
    assert lonely.heard.closed == ["consent_lost"]


def test_of_a_handshake_nothing_is_kept() -> None:
    """By default OpenSSL's server keeps 20,480 sessions with the peers' certificates: a leak for half a day."""
    context = SharedCertificate.generateCertificate()._create_ssl_context(SRTP_PROFILES)
    assert context.get_session_cache_mode() == SSL.SESS_CACHE_OFF


def test_the_private_names_of_aiortc_are_where_they_were() -> None:
    """media/dtls.py leans on these; this fails first when an upgrade moves them."""
    transport = RTCDtlsTransport.__init__.__code__.co_names
    for name in ("_rx_srtp", "_tx_srtp", "_srtp_profiles"):
        assert name in transport
    assert callable(RTCDtlsTransport._set_role)
    assert callable(RTCCertificate._create_ssl_context)
