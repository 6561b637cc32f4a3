"""Every parser that strangers or participants can reach, as a function of bytes that raises nothing."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from media import rtcp
from media.api import Kind, Publication
from media.dependency import parse_dependency, rewrite_dependency
from media.dtls import GuardedSctp
from media.errors import BadOffer
from media.ice import IceTable
from media.negotiate import Negotiation
from media.payload import is_keyframe, parse_vp8, strip_red
from media.rtp import parse_rtp
from media.sdp import parse_description
from media.tracks import Upstream
from media.twcc import parse_feedback
from media.vp9 import parse_vp9
from signaling.app import decode
from signaling.join import BadJoin, parse_join
from signaling.room import read_data

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
    parse_feedback(data)


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
    "sdp": sdp,
    "signal": signal,
    "join": join,
    "data": data_packet,
    "sctp": sctp,
}
#: cases in everyday tests (fewer where one takes longer), and under torture: ten minutes for all on a quiet core
EVERYDAY = {"sdp": 600, "sctp": 300, "dependency": 600, "twcc": 1_000}
USUAL, TORTURE = 4_000, 1_000_000
