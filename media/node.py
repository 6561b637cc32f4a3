"""The relay's process: one UDP and one TCP port for every peer."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import string
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ifaddr
import structlog

from media import COMPILED, rtcp
from media.api import Direction, PeerEvents
from media.dtls import SharedCertificate
from media.guard_core import LogGate
from media.ice import IceSide, IceTable, Source
from media.io_batch import BatchedSocket, available
from media.io_plain import PlainSocket, Sender
from media.peer import RelayPeer
from media.pump import Pump
from media.receive import ReceiveStream
from media.tcp import TcpConnection, TcpSender
from media.tracks import Downstream, Upstream

TICK_S = 0.05
#: ticks between two looks at how to wake up
PACE_TICKS = 5
SOCKET_BUFFER = 8 * 1024 * 1024
#: SO_SNDBUFFORCE and SO_RCVBUFFORCE of Linux: past the system's limit, for those who may
_MTU_DISCOVER = 10
_FORCED = {socket.SO_SNDBUF: 32, socket.SO_RCVBUF: 33}
_ALPHABET = string.ascii_letters + string.digits

log = structlog.get_logger("media")


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """Port 0 picks a free one. ``advertise`` empty: the addresses of the interfaces, then loopback.

    ``host``: addresses to listen on, with commas between; 0.0.0.0 stands for all of both families. With several
    interfaces name each, so that an answer leaves from where the question came.
    ``io``: ``batched`` (recvmmsg and sendmmsg), ``portable``, or empty for what the machine has.
    """

    host: str = "0.0.0.0"  # noqa: S104  (media comes from other machines; nothing unauthenticated is served)
    udp_port: int = 7882
    tcp_port: int = 7882
    advertise: tuple[str, ...] = ()
    io: str = ""

    @property
    def any_host(self) -> bool:
        return self.host == "0.0.0.0"  # noqa: S104

    def hosts(self) -> tuple[str, ...]:
        if self.any_host:
            return (self.host, "::")
        return tuple(host.strip() for host in self.host.split(","))


def interface_addresses(*, ipv6: bool = False) -> tuple[str, ...]:
    """Addresses of this host, loopback last: browsers do not gather 127.0.0.1, local SDKs do."""
    found = [ip for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    outside = [str(ip.ip) for ip in found if ip.is_IPv4 and not str(ip.ip).startswith(("127.", "169.254."))]
    wide = [ip.ip[0] for ip in found if ip.is_IPv6 and not ip.ip[0].startswith(("fe80", "::1"))] if ipv6 else []
    return (*outside, *wide, "127.0.0.1")


class RelayNode:
    """Implements `media.api.MediaNode`. ``now`` is monotonic seconds; tests may give their own."""

    def __init__(self, config: RelayConfig, now: Callable[[], float] = time.monotonic) -> None:
        self.config = config
        self.now = now
        self.ice = IceTable()
        self.certificate = SharedCertificate.generateCertificate()
        self.session_id = secrets.randbits(31)
        self.count: Counter[str] = Counter()
        self.peers: set[RelayPeer] = set()
        self.by_side: dict[IceSide, RelayPeer] = {}
        self.tracks: dict[str, tuple[RelayPeer, Upstream]] = {}
        self.addresses: list[tuple[str, int, int]] = []
        self.udp_port = self.tcp_port = 0
        self._gate = LogGate()
        self.packets_in = self.packets_out = 0
        #: abs-send-time of now: 24 bits of seconds in 6.18 fixed point
        self.send_time = 0
        self.tick_s = TICK_S
        self.now_s = now()
        #: how many loops gather what they send; the outermost flushes
        self.gathering = 0
        self._pumps: list[Pump] = []
        self._senders: dict[str, Sender] = {}
        self._tcp: list[asyncio.Server] = []
        self._connections: dict[Source, TcpConnection] = {}
        self._senders["tcp"] = TcpSender(self._connections, self.count)
        self._ticker: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        batched = self.config.io == "batched" or (self.config.io != "portable" and available())
        make = BatchedSocket if batched else PlainSocket
        hosts = self.config.hosts()
        for place, host in enumerate(hosts):
            try:
                bound = _bind(host, self.udp_port or self.config.udp_port)
                listening = _listen(host, self.tcp_port or self.config.tcp_port)
            except OSError:
                if place == 0 or not self.config.any_host:
                    raise
                # A machine without IPv6.
                continue
            name = f"udp{place or ''}"
            opened = make(bound, name, self.count)
            self._senders[name] = opened
            self._pumps.append(Pump(self, opened))
            self._tcp.append(await loop.create_server(lambda: TcpConnection(self), sock=listening))
            self.udp_port, self.tcp_port = bound.getsockname()[1], listening.getsockname()[1]
        self.addresses = [
            (host, self.udp_port, self.tcp_port)
            for host in self.config.advertise or interface_addresses(ipv6=any(":" in host for host in hosts))
        ]
        self._ticker = asyncio.create_task(self._tick(), name="media tick")
        log.info("media_io", batched=batched, compiled=COMPILED)

    def open_peer(self, name: str, events: PeerEvents, direction: Direction = Direction.BOTH) -> RelayPeer:
        peer = RelayPeer(self, name, events, direction)
        self.peers.add(peer)
        self.by_side[peer.side] = peer
        return peer

    def has_track(self, sid: str) -> bool:
        return sid in self.tracks

    def counters(self) -> dict[str, int]:
        refused = {f"refused_{reason}": count for reason, count in self.ice.refused.items()}
        return {
            **self.count,
            **refused,
            "packets_in": self.packets_in,
            "packets_out": self.packets_out,
            "peers": len(self.peers),
            "tracks": len(self.tracks),
            "paused": sum(down.paused for peer in self.peers for down in peer.downs.values()),
        }

    async def close(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
        for peer in tuple(self.peers):
            await peer.close()
        for pump in self._pumps:
            pump.close()
        for server in self._tcp:
            server.close()
        for connection in tuple(self._connections.values()):
            connection.close()

    # ── for peers and connections ────────────────────────────────────────────────────────────────

    def credentials(self) -> tuple[str, str]:
        return _random(8), _random(24)

    def new_ssrc(self) -> int:
        return secrets.randbits(31) | 1

    def sender_to(self, source: Source) -> tuple[Sender | None, Any]:
        """(what sends there, the address as it wants it)."""
        sender = self._senders.get(source[0])
        return (None, None) if sender is None else (sender, sender.address(source))

    def send(self, data: bytes, to: Source) -> None:
        sender, address = self.sender_to(to)
        if sender is not None:
            sender.send(data, address)
            self.flush_soon()

    def flush(self) -> None:
        for sender in self._senders.values():
            sender.flush()

    def flush_soon(self) -> None:
        """Send what waits, unless a loop is still gathering: it flushes at its end."""
        if not self.gathering:
            self.flush()

    def moment(self, now: float) -> None:
        """What is sent from here on leaves at that time."""
        self.now_s = now
        self.send_time = round(now * 262_144) & 0xFFFFFF

    def forward_report(self, down: Downstream, report: rtcp.SenderReport) -> None:
        mapped = rtcp.SenderReport(
            down.stream.ssrc, report.ntp_high, report.ntp_low, down.stream.to_rtp_time(report.rtp_time)
        )
        cname = down.up.publication.stream_id.partition("|")[0]
        owner = down.owner
        if owner is not None:
            down.reported = ((report.ntp_high & 0xFFFF) << 16 | report.ntp_low >> 16, self.now_s)
            owner.send_rtcp(rtcp.build_sender_report(mapped, down.stream.packets, down.stream.octets, cname))

    def ask_keyframe(self, up: Upstream, stream: ReceiveStream, now: float) -> None:
        """Ask the publisher of that layer, wherever it is connected."""
        publisher, _ = self.tracks.get(up.sid, (None, None))
        if publisher is not None:
            publisher.request_keyframe(up, stream, now)

    def loss_upstream(self, up: Upstream) -> float:
        """The share of packets lost between the publisher and us."""
        publisher, _ = self.tracks.get(up.sid, (None, None))
        return 0.0 if publisher is None else publisher.loss_up

    def connected(self, source: Source, connection: TcpConnection) -> None:
        self._connections[source] = connection

    def disconnected(self, source: Source) -> None:
        self._connections.pop(source, None)
        self.ice.forget(source)

    def received(self, data: bytes, source: Source) -> None:
        """One datagram, from UDP or out of a TCP frame. Nothing that arrives here may raise."""
        now = self.now()
        got = self.ice.receive(data, source, now)
        if got.reply is not None:
            self.send(got.reply, source)
        peer = None if got.side is None else self.by_side.get(got.side)
        if peer is None or peer.closed:
            return
        if got.selected:
            peer.selected()
        if got.data is None:
            return
        self.gathering += 1
        self.moment(now)
        try:
            peer.received(got.data, now)
        except Exception as error:
            self.failed(error)
        finally:
            self.gathering -= 1
        self.flush_soon()

    def failed(self, error: Exception) -> None:
        """A parser's bug costs one datagram, not the session, and shows in the count."""
        self.count["dropped_error"] += 1
        self.warn("datagram_failed", error)

    def warn(self, event: str, error: Exception) -> None:
        """Log at a bounded rate: what strangers can cause must not fill a disk."""
        kept_back = self._gate.admit(event, self.now())
        if kept_back is not None:
            log.warning(event, error=repr(error), kept_back=kept_back)

    # ── own loop ─────────────────────────────────────────────────────────────────────────────────

    def beat(self, now: float, *, second: bool) -> None:
        """Every `TICK_S`: what peers owe each other by the clock."""
        self.moment(now)
        self.gathering += 1
        for peer in tuple(self.peers):
            try:
                peer.tick(now, second=second)
            except Exception as error:
                self.warn("tick_failed", error)
        self.gathering -= 1
        self.flush_soon()

    async def _tick(self) -> None:
        count = 0
        paced = self.now()
        while True:
            await asyncio.sleep(TICK_S)
            count += 1
            now = self.now()
            self.beat(now, second=count % 20 == 0)
            if count % PACE_TICKS == 0:
                for pump in self._pumps:
                    pump.pace(max(now - paced, 0.001))
                paced = now


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_DGRAM)
    bound.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        try:
            bound.setsockopt(socket.SOL_SOCKET, _FORCED[option], SOCKET_BUFFER)
        except OSError:
            bound.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER)
    if family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    else:
        with contextlib.suppress(AttributeError, OSError):
            # Let routers fragment what is too large: an ICMP message that never arrives would lose it for good.
            bound.setsockopt(socket.IPPROTO_IP, _MTU_DISCOVER, 0)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _listen(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
