"""The relay's own path in simulated time: what a forwarded packet costs while the machine does other things, too.

    python -m bench.media.simulated

Rooms of three with the load of `bench.media.run`, estimation, feedback and SRTP on, real sockets on loopback that
nobody sleeps at. The clock is a number that this program moves in ticks of the relay's own, and only the relay's turns
are measured, as time of this thread: other work counts little. What is missing beside a server: waking up, the event
loop, signalling.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pylibsrtp
import structlog
from pylibsrtp import Policy

import media
from bench.media.leg import Certificate, Leg
from bench.media.run import AUDIO_BYTES, BURST, FRAMES, PEOPLE, SOUNDS, VIDEO_BYTES
from media import rtcp
from media.api import Direction, Kind, Layer, PeerEvents, Publication
from media.io_core import LONG_TICK_S
from media.node import TICK_S, RelayConfig, RelayNode
from media.peer import RelayPeer
from media.twcc import ArrivalLog
from web.serve import collect_rarely

HOST = "127.0.0.1"
WARM_UP_S, FEEDBACK_S, REPORT_S = 1.0, 0.1, 1.0
KEY_BYTES = 28


class Quiet(PeerEvents):
    """Nobody to tell."""

    def on_connected(self) -> None: ...
    def on_closed(self, reason: str) -> None: ...
    def on_data(self, label: str, data: bytes) -> None: ...
    def on_first_packet(self, sid: str) -> None: ...
    def on_wanted(self, sid: str, quality: int) -> None: ...
    def on_paused(self, sid: str, paused: bool) -> None: ...


@dataclass
class End:
    """One transport of a person: the generator's side of it, and the relay's."""

    leg: Leg
    peer: RelayPeer
    rx: pylibsrtp.Session
    tx: pylibsrtp.Session
    ssrc: int
    arrivals: ArrivalLog
    #: highest sequence number by SSRC
    heard: dict[int, int] = field(default_factory=dict)
    number: int = 0


@dataclass
class Source:
    """A sound or a picture that somebody sends."""

    end: End
    ssrc: int
    video: bool
    due: float
    sequence: int = 0
    picture: int = 0
    packets: int = 0

    @property
    def period(self) -> float:
        return 1 / (FRAMES if self.video else SOUNDS)

    def emit(self) -> list[bytes]:
        """A picture's packets, or one of sound, as they travel; plane.c sends the same."""
        leg, sent = self.end.leg, []
        count = BURST if self.video else 1
        for place in range(count):
            self.sequence = (self.sequence + 1) & 0xFFFF
            self.end.number = (self.end.number + 1) & 0xFFFF
            extensions = bytes((leg.twcc_id << 4 | 1,)) + self.end.number.to_bytes(2, "big")
            if self.video:
                picture = (0x8000 | self.picture & 0x7FFF).to_bytes(2, "big")
                start, key = place == 0, self.picture == 0
                payload = bytes((0x80 | start << 4, 0xE0)) + picture + bytes((self.picture & 0xFF, 0))
                payload += bytes((0x10 if key or not start else 0x11, 0x10, 0)) + bytes(VIDEO_BYTES - 9)
                kind = leg.video_pt | (place == count - 1) << 7
            else:
                extensions += bytes((leg.level_id << 4, 0x80 | 30))
                payload, kind = b"\x78" + bytes(AUDIO_BYTES - 1), leg.audio_pt
            extensions += bytes(-len(extensions) % 4)
            stamp = round(self.picture * self.period * (90_000 if self.video else 48_000))
            head = bytes((0x90, kind)) + self.sequence.to_bytes(2, "big") + stamp.to_bytes(4, "big")
            head += self.ssrc.to_bytes(4, "big") + b"\xbe\xde" + (len(extensions) // 4).to_bytes(2, "big")
            sent.append(self.end.tx.protect(head + extensions + payload))
        self.picture += 1
        self.packets += count
        return sent


class Simulation:
    def __init__(self, node: RelayNode, rooms: int) -> None:
        self.node = node
        self.now = 0.0
        self.ends: list[End] = []
        self.sources: list[Source] = []
        self.spent_ns = {"datagrams": 0, "clock": 0}
        certificate, luck = Certificate.generateCertificate(), random.Random(1)
        for room in range(rooms):
            tracks: list[str] = []
            outs = [self._publisher(certificate, f"{room}-{number}", luck, tracks) for number in range(PEOPLE)]
            for number in range(PEOPLE):
                others = [sid for sid in tracks if not sid.endswith(f"{room}-{number}")]
                self._subscriber(certificate, outs[number].ssrc, others)

    def run(self, seconds: float) -> float:
        """Microseconds of processor time per forwarded packet."""
        self._advance(WARM_UP_S)
        self.spent_ns = dict.fromkeys(self.spent_ns, 0)
        before = self.node.packets_out
        self._advance(seconds)
        return sum(self.spent_ns.values()) / 1_000 / max(1, self.node.packets_out - before)

    def _advance(self, seconds: float) -> None:
        steps = round(seconds / LONG_TICK_S)
        each_beat, each_feedback = round(TICK_S / LONG_TICK_S), round(FEEDBACK_S / LONG_TICK_S)
        each_report = round(REPORT_S / LONG_TICK_S)
        pump = self.node._pumps[0]
        for step in range(steps):
            self.now += LONG_TICK_S
            for source in self.sources:
                if source.due <= self.now:
                    source.due += source.period
                    for packet in source.emit():
                        source.end.leg.socket.send(packet)
            if step % each_feedback == 0:
                self._feedback()
            if step % each_report == 0:
                self._report()
            self._spend("datagrams", pump._drain)
            if step % each_beat == 0:
                self._spend("clock", partial(self.node.beat, self.now, second=step % each_report == 0))
            for end in self.ends:
                self._hear(end)

    def _spend(self, on: str, what: Callable[[], None]) -> None:
        began = time.thread_time_ns()
        what()
        self.spent_ns[on] += time.thread_time_ns() - began

    # ── the generator ────────────────────────────────────────────────────────────────────────────

    def _hear(self, end: End) -> None:
        """Read what came; headers are in clear, so nothing needs to be unprotected to answer."""
        receive, number = end.leg.socket.recv, end.leg.twcc_id << 4 | 1
        while True:
            try:
                packet = receive(2_048)
            except BlockingIOError:
                return
            if packet[0] < 128 or 192 <= packet[1] < 224:
                continue
            end.heard[int.from_bytes(packet[8:12], "big")] = packet[2] << 8 | packet[3]
            if packet[0] & 0x10 and packet[16] == number:
                end.arrivals.received(packet[17] << 8 | packet[18], self.now)

    def _feedback(self) -> None:
        for end in self.ends:
            if (packet := end.arrivals.feedback(end.ssrc, next(iter(end.heard), 0))) is not None:
                end.leg.socket.send(end.tx.protect_rtcp(packet))

    def _report(self) -> None:
        for source in self.sources:
            stamp = round(source.picture * source.period * (90_000 if source.video else 48_000))
            report = rtcp.SenderReport(source.ssrc, int(self.now), 0, stamp)
            packet = rtcp.build_sender_report(report, source.packets, source.packets * 1_000, "bench")
            source.end.leg.socket.send(source.end.tx.protect_rtcp(packet))
        for end in self.ends:
            if end.heard:
                blocks = [rtcp.ReportBlock(ssrc, 0, 0, highest, 0, 0, 0) for ssrc, highest in end.heard.items()]
                end.leg.socket.send(end.tx.protect_rtcp(rtcp.build_receiver_report(end.ssrc, blocks)))

    # ── joining ──────────────────────────────────────────────────────────────────────────────────

    def _publisher(self, certificate: Certificate, name: str, luck: random.Random, tracks: list[str]) -> End:
        ssrc = 0x10000 + 16 * len(self.ends)
        end = self._end(certificate, Direction.PUBLISHER, ssrc)
        for kind, mime in ((Kind.AUDIO, "audio/opus"), (Kind.VIDEO, "video/VP8")):
            sid = f"TR_{kind}_{name}"
            tracks.append(sid)
            layers = (Layer(2, 640, 360),) if kind is Kind.VIDEO else ()
            end.peer.publish(Publication(sid, kind, frozenset({f"{kind}-{name}"}), mime, f"PA_{name}|{sid}", layers))
        ids = (f"{Kind.AUDIO}-{name}", f"{Kind.VIDEO}-{name}")
        end.leg.answered(end.peer.answer(end.leg.offer(ssrc, ssrc + 1, data=True, track_ids=ids)).sdp)
        self._connect(end)
        for place, video in enumerate((False, True)):
            source = Source(end, ssrc + place, video, 0.0)
            source.due = luck.random() * source.period
            self.sources.append(source)
        return end

    def _subscriber(self, certificate: Certificate, ssrc: int, sids: list[str]) -> None:
        end = self._end(certificate, Direction.SUBSCRIBER, ssrc + 8)
        for sid in sids:
            assert end.peer.subscribe(sid)
        offer = end.peer.offer()
        assert offer is not None
        end.peer.accept_answer(end.leg.answer(offer.sdp), offer.id)
        self._connect(end)

    def _end(self, certificate: Certificate, direction: Direction, ssrc: int) -> End:
        peer = self.node.open_peer(str(len(self.ends)), Quiet(), direction)
        keys = [bytes((len(self.ends), way)) + bytes(KEY_BYTES - 2) for way in range(2)]
        # the relay's own sessions, and the generator's: what one sends the other receives
        peer.secure.keyed(_session(keys[0], inbound=True), _session(keys[1], inbound=False))
        rx, tx = _session(keys[1], inbound=True), _session(keys[0], inbound=False)
        end = End(Leg(certificate, HOST, starts_sctp=True), peer, rx, tx, ssrc, ArrivalLog(self.now))
        self.ends.append(end)
        return end

    def _connect(self, end: End) -> None:
        """A check, as ICE makes it; keys are there already."""
        end.leg.socket.connect((HOST, self.node.udp_port))
        end.leg.check()
        while end.peer.side.selected is None:
            self.node._pumps[0]._drain()
        for down in end.peer.downs.values():
            end.peer.outbound.refresh(down, self.now)


def _session(key: bytes, *, inbound: bool) -> pylibsrtp.Session:
    direction = Policy.SSRC_ANY_INBOUND if inbound else Policy.SSRC_ANY_OUTBOUND
    policy = Policy(key, direction, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return pylibsrtp.Session(policy)


async def simulate(rooms: int, seconds: float) -> tuple[float, dict[str, float], int]:
    """(µs per forwarded packet, by part, packets forwarded); nothing of the event loop runs in between."""
    made: list[Simulation] = []
    node = RelayNode(
        RelayConfig(host=HOST, udp_port=0, tcp_port=0, advertise=(HOST,)), now=lambda: made[0].now if made else 0.0
    )
    await node.start()
    simulation = Simulation(node, rooms)
    made.append(simulation)
    try:
        cost = simulation.run(seconds)
        share = cost / sum(simulation.spent_ns.values())
        return cost, {part: spent * share for part, spent in simulation.spent_ns.items()}, node.packets_out
    finally:
        await node.close()
        for end in simulation.ends:
            end.leg.socket.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.media.simulated", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--rooms", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=4.0, help="of simulated time, each run")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    collect_rarely()
    costs, parts = [], []
    for _ in range(arguments.runs):
        cost, split, sent = asyncio.run(simulate(arguments.rooms, arguments.seconds))
        costs.append(cost)
        parts.append(split)
    split = {part: statistics.median(each[part] for each in parts) for part in parts[0]}
    how = "compiled" if media.COMPILED else "Python"
    print(
        f"{arguments.rooms} rooms, {how}: {statistics.median(costs):.2f} µs ({min(costs):.2f} to {max(costs):.2f})",
        end="; ",
    )
    print(", ".join(f"{part} {cost:.2f}" for part, cost in split.items()), end="; ")
    print(f"{sent} packets forwarded in a run")


if __name__ == "__main__":
    main()
