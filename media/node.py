"""The relay's process: one UDP and one TCP port for every peer."""

from __future__ import annotations

import asyncio
import secrets
import socket
import string
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import ifaddr
import structlog

from media import rtcp
from media.api import Direction, PeerEvents
from media.dtls import SharedCertificate
from media.ice import IceSide, IceTable, Source
from media.peer import RelayPeer
from media.receive import ReceiveStream
from media.rtp import RtpPacket, stamp_send_time
from media.tcp import TcpConnection
from media.tracks import Downstream, Upstream

BATCH = 64
TICK_S = 0.05
SOCKET_BUFFER = 4 * 1024 * 1024
_ALPHABET = string.ascii_letters + string.digits

log = structlog.get_logger("media")


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """Port 0 picks a free one. ``advertise`` empty: the addresses of the interfaces, then loopback."""

    host: str = "0.0.0.0"  # noqa: S104  (media comes from other machines; nothing unauthenticated is served)
    udp_port: int = 7882
    tcp_port: int = 7882
    advertise: tuple[str, ...] = ()


def interface_addresses() -> tuple[str, ...]:
    """IPv4 addresses of this host, loopback last: browsers do not gather 127.0.0.1, local SDKs do."""
    found = [str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]
    outside = [address for address in found if not address.startswith(("127.", "169.254."))]
    return (*outside, "127.0.0.1")


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
        self.owners: dict[int, RelayPeer] = {}
        self.addresses: list[tuple[str, int, int]] = []
        self.udp_port = self.tcp_port = 0
        self._udp: socket.socket | None = None
        self._tcp: asyncio.Server | None = None
        self._connections: dict[Source, TcpConnection] = {}
        self._ticker: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._udp = sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER)
        sock.bind((self.config.host, self.config.udp_port))
        self.udp_port = sock.getsockname()[1]
        loop.add_reader(sock.fileno(), self._readable)
        self._tcp = await loop.create_server(lambda: TcpConnection(self), self.config.host, self.config.tcp_port)
        self.tcp_port = self._tcp.sockets[0].getsockname()[1]
        self.addresses = [
            (host, self.udp_port, self.tcp_port) for host in self.config.advertise or interface_addresses()
        ]
        self._ticker = asyncio.create_task(self._tick(), name="media tick")

    def open_peer(self, name: str, events: PeerEvents, direction: Direction = Direction.BOTH) -> RelayPeer:
        peer = RelayPeer(self, name, events, direction)
        self.peers.add(peer)
        self.by_side[peer.side] = peer
        return peer

    def has_track(self, sid: str) -> bool:
        return sid in self.tracks

    def counters(self) -> dict[str, int]:
        refused = {f"refused_{reason}": count for reason, count in self.ice.refused.items()}
        return {**self.count, **refused, "peers": len(self.peers), "tracks": len(self.tracks)}

    async def close(self) -> None:
        if self._ticker is not None:
            self._ticker.cancel()
        for peer in tuple(self.peers):
            await peer.close()
        if self._udp is not None:
            asyncio.get_running_loop().remove_reader(self._udp.fileno())
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()
        for connection in tuple(self._connections.values()):
            connection.close()

    # ── for peers and connections ────────────────────────────────────────────────────────────────

    def credentials(self) -> tuple[str, str]:
        return _random(8), _random(24)

    def new_ssrc(self) -> int:
        return secrets.randbits(31) | 1

    def send(self, data: bytes, to: Source) -> None:
        if to[0] == "tcp":
            connection = self._connections.get(to)
            if connection is None or not connection.send(data):
                self.count["dropped_tcp"] += 1
            return
        assert self._udp is not None
        try:
            self._udp.sendto(data, to[1:])
        except (BlockingIOError, OSError):
            # The kernel's queue is full or the address is unreachable now: media does not wait.
            self.count["dropped_send"] += 1

    def deliver(self, down: Downstream, packet: RtpPacket, now: float) -> None:
        peer = self.owners.get(down.stream.ssrc)
        if peer is None or not peer.secure.connected:
            return
        if down.abs_send_time:
            stamp_send_time(packet, down.abs_send_time, now)
        self.count["packets_out"] += 1
        peer.send_rtp(packet)

    def forward_report(self, down: Downstream, report: rtcp.SenderReport) -> None:
        peer = self.owners.get(down.stream.ssrc)
        if peer is not None:
            mapped = rtcp.SenderReport(
                down.stream.ssrc, report.ntp_high, report.ntp_low, down.stream.to_rtp_time(report.rtp_time)
            )
            cname = down.up.publication.stream_id.partition("|")[0]
            peer.send_rtcp(rtcp.build_sender_report(mapped, down.stream.packets, down.stream.octets, cname))

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
        if got.data is not None:
            try:
                peer.received(got.data, now)
            except Exception as error:
                # A parser's bug costs one datagram, not the session, and shows in the count.
                self.count["dropped_error"] += 1
                log.warning("datagram_failed", error=repr(error))

    # ── own loops ────────────────────────────────────────────────────────────────────────────────

    def _readable(self) -> None:
        assert self._udp is not None
        receive = self._udp.recvfrom
        for _ in range(BATCH):
            try:
                data, address = receive(2048)
            except BlockingIOError:
                return
            except OSError:
                # An ICMP error of an earlier send; the socket itself is fine.
                continue
            self.received(data, ("udp", address[0], address[1]))

    async def _tick(self) -> None:
        count = 0
        while True:
            await asyncio.sleep(TICK_S)
            count += 1
            now = self.now()
            for peer in tuple(self.peers):
                try:
                    peer.tick(now, second=count % 20 == 0)
                except Exception as error:
                    log.warning("tick_failed", error=repr(error))


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
