"""Datagrams in and out, in batches and one by one: both ways do the same, and full queues are counted."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator

import pylibsrtp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pylibsrtp import Policy

from media import io_batch, srtp
from media.io_batch import OUT_BATCH, BatchedSocket
from media.io_core import BUSY_WAKEUPS, CALM_DATAGRAMS, LONG_TICK_S, SHORT_TICK_S, next_tick
from media.io_plain import BATCH, STRIDE, DatagramSocket, PlainSocket
from media.rtp import RtpPacket, build_rtp
from media.srtp import CopyingCipher, InPlaceCipher, SrtpKey
from tests.media.client import loopback_node

#: SO_NO_CHECK; Linux refuses to cut up a message whose checksums it may not make
NO_CHECKSUMS = 11
HOSTS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


def session(direction: int) -> pylibsrtp.Session:
    policy = Policy(bytes(range(28)), direction, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    policy.allow_repeat_tx = True
    return pylibsrtp.Session(policy)


def bound(family: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.bind((HOSTS[socket.AddressFamily(family)], 0))
    return made


@pytest.fixture(params=[(kind, family) for kind in (BatchedSocket, PlainSocket) for family in HOSTS])
def ours(request: pytest.FixtureRequest) -> Iterator[DatagramSocket]:
    kind, family = request.param
    opened = kind(bound(family), "udp", Counter())
    yield opened
    opened.close()


@pytest.fixture
def theirs(ours: DatagramSocket) -> Iterator[socket.socket]:
    with bound(ours._socket.family) as made:  # type: ignore[attr-defined]
        yield made


def test_batches_work_on_this_machine() -> None:
    assert io_batch.available()


def test_everything_arrives_in_order_with_its_sender(ours: DatagramSocket, theirs: socket.socket) -> None:
    host, port = theirs.getsockname()[:2]
    to = own_name(ours)
    assert ours.receive() == 0
    sent = [bytes((n,)) * (n * 7 % 1_400) for n in range(BATCH + 6)]
    for data in sent:
        theirs.sendto(data, to)
    heard = []
    while got := ours.receive():
        for slot, (size, key) in enumerate(zip(ours.sizes(got), ours.keys(got), strict=True)):
            assert ours.source(key) == ("udp", host, port)
            heard.append(bytes(ours.view[slot * STRIDE : slot * STRIDE + size]))
    assert heard == sent


def test_what_is_sent_leaves_at_the_flush_or_when_the_batch_is_full(
    ours: DatagramSocket, theirs: socket.socket
) -> None:
    host, port = theirs.getsockname()[:2]
    address = ours.address(("udp", host, port))
    for n in range(OUT_BATCH + 1):
        ours.send(b"%d" % n, address)
    assert [theirs.recv(100) for _ in range(OUT_BATCH)] == [b"%d" % n for n in range(OUT_BATCH)]
    ours.flush()
    assert theirs.recv(100) == b"%d" % OUT_BATCH


#: sizes of what is sent: as a picture's packets are, a smaller last one, a larger one after it, all different
RUNS = [[1_100] * 7, [1_100] * 6 + [300], [500, 1_100, 1_100, 200, 200], [1, 2, 3, 2, 1], [0, 0, 9], [1_100] * 60]


@pytest.mark.parametrize("sizes", RUNS)
@pytest.mark.parametrize("refused", [False, True], ids=["cut by the kernel", "refused by it"])
def test_whatever_goes_as_one_message_arrives_as_it_was(
    ours: DatagramSocket, theirs: socket.socket, sizes: list[int], refused: bool
) -> None:
    """To two addresses in turn; an interface that cannot cut costs nothing but time."""
    if refused:
        ours._socket.setsockopt(socket.SOL_SOCKET, NO_CHECKSUMS, 1)  # type: ignore[attr-defined]
    with bound(theirs.family) as others:
        ends = [theirs, others]
        addresses = [ours.address(("udp", *end.getsockname()[:2])) for end in ends]
        sent = [[bytes((place, n)) * 1_000 for n in range(len(sizes))] for place in range(2)]
        for _ in range(2):
            for n, size in enumerate(sizes):
                for place in range(2):
                    ours.send(sent[place][n][:size], addresses[place])
            ours.flush()
            for place, end in enumerate(ends):
                assert [end.recv(2_048) for _ in sizes] == [sent[place][n][:size] for n, size in enumerate(sizes)]
    assert not ours._count  # type: ignore[attr-defined]


def test_a_pictures_packets_are_one_message_to_each(theirs: socket.socket) -> None:
    ours = BatchedSocket(bound(socket.AF_INET), "udp", Counter())
    addresses = [ours.address(("udp", "127.0.0.1", port)) for port in (4_001, 4_002)]
    for _ in range(7):
        for address in addresses:
            ours.send(bytes(1_100), address)
    assert ours._write_messages() == 2
    ours.close()


def test_media_is_protected_on_its_way_out(ours: DatagramSocket, theirs: socket.socket) -> None:
    host, port = theirs.getsockname()[:2]
    plain = build_rtp(RtpPacket(96, 1, 2, 3, b"picture"))
    ours.out_view[ours.out_at : ours.out_at + len(plain)] = plain
    assert ours.put(len(plain), SrtpKey(session(Policy.SSRC_ANY_OUTBOUND)), ours.address(("udp", host, port)))
    ours.flush()
    assert session(Policy.SSRC_ANY_INBOUND).unprotect(theirs.recv(2_000)) == plain


@pytest.mark.parametrize("cipher", [InPlaceCipher, CopyingCipher])
def test_both_ciphers_agree_and_refuse_forgeries(cipher: type[InPlaceCipher | CopyingCipher]) -> None:
    tx, rx = SrtpKey(session(Policy.SSRC_ANY_OUTBOUND)), SrtpKey(session(Policy.SSRC_ANY_INBOUND))
    buffer = bytearray(3 * STRIDE)
    worker = cipher(buffer, STRIDE)
    plain = build_rtp(RtpPacket(96, 1, 2, 3, b"picture" * 50))
    buffer[STRIDE : STRIDE + len(plain)] = plain
    size = worker.protect(tx, 1, len(plain))
    assert size == len(plain) + 16
    wire = bytes(buffer[STRIDE : STRIDE + size])
    buffer[STRIDE + 30] ^= 1
    assert worker.unprotect(rx, 1, size) is None
    buffer[STRIDE : STRIDE + size] = wire
    assert worker.unprotect(rx, 1, size) == plain
    buffer[STRIDE : STRIDE + size] = wire
    assert worker.unprotect(rx, 1, size) is None, "a replay"


def test_pylibsrtps_private_names_are_where_we_use_them() -> None:
    """Fails first when an upgrade moves them; the public API then does the work, dearer."""
    assert srtp._lib is not None
    assert SrtpKey(session(Policy.SSRC_ANY_OUTBOUND)).handle is not None
    assert isinstance(srtp.cipher_for(bytearray(STRIDE), STRIDE), InPlaceCipher)


def test_an_unreachable_address_costs_its_own_datagram_only(theirs: socket.socket, ours: DatagramSocket) -> None:
    host, port = theirs.getsockname()[:2]
    count = ours._count  # type: ignore[attr-defined]
    ours.send(b"first", ours.address(("udp", host, port)))
    ours.send(b"lost", ours.address(("udp", host, 0)))
    ours.send(b"last", ours.address(("udp", host, port)))
    ours.flush()
    assert [theirs.recv(100), theirs.recv(100)] == [b"first", b"last"]
    assert count["dropped_send"] == 1
    nowhere = ours.address(("udp", host, 0))
    for data in (b"these", b"three", b"lost", b"too"):
        ours.send(data, nowhere)
    ours.send(b"last", ours.address(("udp", host, port)))
    ours.flush()
    assert theirs.recv(100) == b"last"
    assert count["dropped_send"] == 5


# ── pacing ───────────────────────────────────────────────────────────────────────────────────────


def test_a_quiet_socket_wakes_for_each_datagram_and_a_busy_one_ticks() -> None:
    assert next_tick(0.0, 100, 100) == 0.0
    assert next_tick(0.0, BUSY_WAKEUPS, 2_000) == LONG_TICK_S
    assert next_tick(LONG_TICK_S, 0, CALM_DATAGRAMS) == LONG_TICK_S, "not back at once"
    assert next_tick(LONG_TICK_S, 0, CALM_DATAGRAMS - 1) == 0.0
    assert next_tick(LONG_TICK_S, 0, 100_000) == SHORT_TICK_S


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_steady_load_never_makes_it_flap(datagrams: float, share: float) -> None:
    """Whatever share of datagrams wakes us up: once ticking, the same load keeps it ticking."""
    wakeups = min(datagrams, share)
    if next_tick(0.0, wakeups, datagrams):
        assert next_tick(LONG_TICK_S, 0.0, datagrams)


async def test_under_load_the_relay_looks_by_the_tick_and_still_answers() -> None:
    node = loopback_node()
    await node.start()
    pump = node._pumps[0]
    pump._wakeups = pump._datagrams = 5_000
    pump.pace(1.0)
    assert pump.tick == LONG_TICK_S
    with bound(socket.AF_INET) as theirs:
        for looked, datagram in enumerate((b"by the tick", b"at once"), 1):
            theirs.sendto(datagram, ("127.0.0.1", node.udp_port))
            async with asyncio.timeout(5):
                # a stranger's datagram ends there
                while node.ice.refused["class"] < looked:  # noqa: ASYNC110  (the node tells nobody of strangers)
                    await asyncio.sleep(0.001)
            pump.pace(1.0)
            assert pump.tick == 0.0
    await node.close()


def own_name(opened: DatagramSocket) -> tuple[object, ...]:
    name: tuple[object, ...] = opened._socket.getsockname()  # type: ignore[attr-defined]
    return name
