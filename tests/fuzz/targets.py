"""Every parser that strangers or participants can reach, as a function of bytes that raises nothing.

Some take several messages in a row, as one stream: a case is cut at its first bytes, see `parts`.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from kernel.errors import NotSignedIn
from kernel.tokens import verify_media_grant
from media import rtcp
from media.api import Direction, Kind, Preference, Publication
from media.dependency import parse_dependency, rewrite_dependency
from media.dtls import GuardedSctp
from media.errors import BadOffer
from media.forward import MAX_SENT, ForwardStream
from media.ice import IceTable
from media.inbound import Inbound
from media.negotiate import Negotiation
from media.node import RelayConfig, RelayNode
from media.outbound import Outbound, forward_share
from media.payload import is_keyframe, parse_vp8, strip_red
from media.peer import RelayPeer
from media.rtp import RtpPacket, parse_rtp
from media.sdp import DEPENDENCY, parse_description
from media.svc_core import MAX_LAYERS
from media.tcp import TcpConnection
from media.tracks import Downstream, Upstream
from media.twcc import MAX_TOLD, parse_feedback
from media.vp9 import parse_vp9
from signaling.app import decode
from signaling.join import BadJoin, parse_join
from signaling.room import read_data
from tests.media.client import Heard
from tests.media.offers import offer, section

CORPUS = Path(__file__).parent / "corpus"


def corpus(name: str) -> list[bytes]:
    """One case a line, in hexadecimal."""
    return [bytes.fromhex(line) for line in (CORPUS / f"{name}.txt").read_text().split()]


DESCRIPTORS = corpus("dependency")


def stun(data: bytes) -> None:
    table = IceTable()
    table.open("ours", "p" * 24, 0.0)
    table.receive(data, ("udp", "192.0.2.1", 4_000), 1.0)


def rtp(data: bytes) -> None:
    packet = parse_rtp(data)
    if packet is not None:
        assert len(packet.payload) <= len(data)
        assert isinstance(packet.extensions, dict)
        payload(packet.payload)


def payload(data: bytes) -> None:
    for codec in ("vp8", "h264", "vp9", "av1", "opus"):
        is_keyframe(codec, data)
    parse_vp8(data)
    parse_vp9(data)
    strip_red(data)


def dependency(data: bytes) -> None:
    known = parse_dependency(DESCRIPTORS[0], None)
    assert known is not None
    for structure in (None, known.structure):
        if (seen := parse_dependency(data, structure)) is not None:
            again = parse_dependency(rewrite_dependency(data, seen, 9, 1), structure)
            assert again is not None
            assert (again.number, again.active, again.targets) == (9, 1, seen.targets)


def rtcp_compound(data: bytes) -> None:
    for _ in rtcp.parse_rtcp(data):
        pass


def twcc(data: bytes) -> None:
    _, arrivals = parse_feedback(data)
    assert len(arrivals) <= MAX_TOLD


def parts(data: bytes) -> list[bytes]:
    """Cut as a line of frames is: each begins with a byte that is its length."""
    found, at = [], 0
    while at < len(data):
        found.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return found


class Watched:
    """One publication of that codec and two who watch it, in a relay that is not connected to anything."""

    def __init__(self, codec: str) -> None:
        self.now = 100.0
        self.node = RelayNode(RelayConfig(), now=lambda: self.now)
        publisher = self._peer("publisher")
        publisher.publish(Publication("TR_1", Kind.VIDEO, frozenset({"cam"}), f"video/{codec}", "PA_1|TR_1"))
        self.up = publisher.ups["TR_1"]
        self.published = publisher.negotiation
        self.published.answer(described(_video("sendonly", "cam")), [self.up], [])
        self.watchers = [self._peer(name) for name in ("one", "two")]
        for peer in self.watchers:
            assert peer.subscribe("TR_1")
            peer.negotiation.answer(described(_video("recvonly")), [], peer.downs.values())
            assert peer.downs["TR_1"].active
        self.type = next(iter(self.up.codecs))

    def anew(self) -> tuple[Inbound, list[Downstream]]:
        """The publication before its first packet. (Making a relay takes longer than what is tried on it.)"""
        self.now = 100.0
        self.up.streams.clear()
        self.up.downs.clear()
        for peer in self.watchers:
            before = peer.downs["TR_1"].stream
            stream = ForwardStream(0x0102_0304, 78, before.codecs, sequence=65_500, video=True)
            stream.payload_types, stream.rtx_types = before.payload_types, before.rtx_types
            stream.extensions, stream.dependency = before.extensions, before.dependency
            stream.stamp(before.transport_cc, before.abs_send_time)
            peer.downs["TR_1"] = Downstream(self.up, stream, active=True, owner=peer)
            peer.outbound = Outbound(peer)
            self.up.downs.append(peer.downs["TR_1"])
        inbound = Inbound(self.published, self.now, lambda _sid: None, Counter())
        inbound.routes.described(self.up)
        inbound.negotiated()
        return inbound, self.up.downs

    def _peer(self, name: str) -> RelayPeer:
        return self.node.open_peer(name, Heard(), Direction.BOTH)


def described(text: str) -> Any:
    return parse_description(offer(text))


def _video(direction: str, track: str = "") -> str:
    text = section("video", "0", direction, track=track)
    return text.replace(" 116\n", " 116 45\n") + f"a=rtpmap:45 AV1/90000\na=extmap:12 {DEPENDENCY}\n"


watched = functools.cache(Watched)


def forwarding(data: bytes) -> None:
    """RTP as it comes out of SRTP, through to what is written for two subscribers."""
    relay = watched("VP8")
    inbound, downs = relay.anew()
    out = memoryview(bytearray(4_000))
    for whole in (data, *parts(data)):
        packet = parse_rtp(whole)
        taken = None if packet is None else inbound.take(packet, relay.now)
        if taken is None:
            continue
        inner, _, stream = taken
        for down in downs:
            down.retarget(relay.now)
            sequence = down.take(inner, stream, relay.now)
            if sequence >= 0:
                assert down.stream.write(out, 0, inner, sequence, 7) <= MAX_SENT
                sent = down.stream.retransmit(sequence)
                assert sent is not None
                down.stream.write_again(out, 0, sent, 8)
        relay.now += 0.01
    for _ in inbound.feedback([relay.up], relay.now):
        pass
    inbound.report([relay.up], relay.now)


def layered(codec: str, data: bytes) -> None:
    """A stream of packets that say what they are needed for, and two who get different layers of it."""
    relay = watched(codec)
    _, downs = relay.anew()
    stream = relay.up.stream(5, "")
    assert stream.scalable is not None
    for number, part in enumerate(parts(data)):
        packet = RtpPacket(relay.type, number, 3_000 * (number // 2), 5, part or b"\0", number & 1, None, 900)
        if codec == "AV1":
            packet.payload, packet.dependency = bytes((8 * (number == 0), *part[:1])), part
        stream.received(packet, relay.now)
        packet.frame = stream.scalable.read(packet, relay.now)
        downs[1].preference = Preference(quality=number % 3)
        for down in downs:
            down.retarget(relay.now)
            forward_share(down, packet, stream, relay.now)
            assert down.shown < MAX_LAYERS
            down.needs_keyframe()
        stream.scalable.rates(relay.now)
        relay.now += 0.01


def feedback(data: bytes) -> None:
    """What a subscriber says of its line, after a hundred packets were sent to it."""
    relay = watched("VP8")
    relay.anew()
    peer = relay.watchers[0]
    for step in range(100):
        peer.outbound.sent(peer.outbound.number(), 1_000, 99.0 + step / 100)
    for compound in (data, *parts(data)):
        peer.outbound.heard(compound, relay.now)
        relay.now += 0.05
    peer.outbound.share(relay.now)
    budget = peer.outbound.line.budget()
    assert budget is None or budget > 0
    peer.quality()


class _Listening:
    """As much of a transport as TCP framing looks at."""

    def __init__(self) -> None:
        self.closed = False

    def abort(self) -> None:
        self.closed = True


@functools.cache
def _lonely_node() -> RelayNode:
    return RelayNode(RelayConfig(), now=lambda: 1.0)


def framing(data: bytes) -> None:
    """Frames out of a stream, up to the node that has no peer for them."""
    connection = TcpConnection(_lonely_node())
    connection._transport = transport = _Listening()  # type: ignore[assignment]
    for at in range(0, len(data), 7):
        if transport.closed:
            break
        connection.data_received(data[at : at + 7])


def token(data: bytes) -> None:
    text = data.decode("latin-1")
    for key in ("k", text):
        try:
            verify_media_grant(text, {key: "s" * 32}, 1_000.0)
        except NotSignedIn:
            continue


def sdp(data: bytes) -> None:
    with contextlib.suppress(BadOffer):
        offer = parse_description(data.decode("utf-8", "replace"))
        up = Upstream(Publication("TR_1", Kind.VIDEO, frozenset({"cam"}), "video/VP8", "PA_1|TR_1"))
        Negotiation().answer(offer, [up], [])


def signal(data: bytes) -> None:
    decode({"bytes": data})
    decode({"text": data.decode("utf-8", "replace")})


def join(data: bytes) -> None:
    with contextlib.suppress(BadJoin):
        parse_join({"join_request": data.decode("latin-1")}, dual=False)


def data_packet(data: bytes) -> None:
    read_data(data)


class _Line(SimpleNamespace):
    """As much of a DTLS transport as SCTP looks at."""

    state = "connected"

    def _register_data_receiver(self, _receiver: Any) -> None:
        pass

    def _unregister_data_receiver(self, _receiver: Any) -> None:
        pass

    async def _send_data(self, _data: bytes) -> None:
        pass


def sctp(data: bytes) -> None:
    async def hear() -> None:
        association = GuardedSctp(_Line(transport=SimpleNamespace(role="controlled")), port=5000)
        await association._handle_data(data)
        await association.stop()

    _runner().run(hear())


@functools.cache
def _runner() -> asyncio.Runner:
    """One loop for all cases: making it takes longer than what is tried on it."""
    runner = asyncio.Runner()
    atexit.register(runner.close)
    return runner


TARGETS: dict[str, Callable[[bytes], None]] = {
    "stun": stun,
    "rtp": rtp,
    "payload": payload,
    "dependency": dependency,
    "rtcp": rtcp_compound,
    "twcc": twcc,
    "forwarding": forwarding,
    "vp9": functools.partial(layered, "VP9"),
    "av1": functools.partial(layered, "AV1"),
    "feedback": feedback,
    "framing": framing,
    "token": token,
    "sdp": sdp,
    "signal": signal,
    "join": join,
    "data": data_packet,
    "sctp": sctp,
}
#: cases in everyday tests (fewer where one takes longer), and under torture: half an hour for all on a quiet core
EVERYDAY = {
    "sdp": 600,
    "sctp": 300,
    "dependency": 600,
    "twcc": 1_000,
    "forwarding": 600,
    "vp9": 300,
    "av1": 200,
    "feedback": 400,
    "token": 1_000,
}
USUAL, TORTURE = 4_000, 1_000_000
