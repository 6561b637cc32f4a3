"""A small client of the relay on a real UDP socket: STUN checks, DTLS, SRTP and data, and any nonsense a test wants."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from aioice import stun

from media.api import Direction, PeerEvents
from media.dtls import SecureTransport, SharedCertificate
from media.ice import Source
from media.node import RelayConfig, RelayNode
from media.peer import RelayPeer
from media.rtp import RtpPacket, build_rtp, is_rtcp, parse_rtp
from media.sdp import parse_description
from tests.media import offers


def loopback_node(io: str = "", host: str = "127.0.0.1") -> RelayNode:
    return RelayNode(RelayConfig(host=host, udp_port=0, tcp_port=0, advertise=tuple(host.split(",")), io=io))


class Heard(PeerEvents):
    """What the relay told about a peer."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self.closed: list[str] = []
        self.data: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self.first: list[str] = []
        self.wanted: list[tuple[str, int]] = []
        self.paused: list[tuple[str, bool]] = []

    def on_connected(self) -> None:
        self.connected.set()

    def on_closed(self, reason: str) -> None:
        self.closed.append(reason)

    def on_data(self, label: str, data: bytes) -> None:
        self.data.put_nowait((label, data))

    def on_wanted(self, sid: str, quality: int) -> None:
        self.wanted.append((sid, quality))

    def on_paused(self, sid: str, paused: bool) -> None:
        self.paused.append((sid, paused))

    def on_first_packet(self, sid: str) -> None:
        self.first.append(sid)


class Client:
    def __init__(self, node: RelayNode, name: str, host: str = "127.0.0.1") -> None:
        self.node = node
        self.host = host
        self.heard = Heard()
        self.peer: RelayPeer = node.open_peer(name, self.heard, Direction.BOTH)
        self.certificate = SharedCertificate.generateCertificate()
        self.secure = SecureTransport(self.certificate, self.send, self._on_data, active=False, creates_channels=True)
        # aiortc lets the controlling side open the SCTP association.
        self.secure._wire.role = "controlling"
        self.data: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self.rtp: asyncio.Queue[RtpPacket] = asyncio.Queue()
        self.rtcp: asyncio.Queue[bytes] = asyncio.Queue()
        self.checked = asyncio.Event()
        self._socket: socket.socket | None = None
        self._ufrag = self._password = ""

    @property
    def source(self) -> Source:
        assert self._socket is not None
        host, port = self._socket.getsockname()[:2]
        return ("udp", host, port)

    def negotiate(self, *sections: str) -> str:
        sdp = offers.offer(*sections).replace(offers.FINGERPRINT, f"sha-256 {self.certificate.sha256}")
        answer = self.peer.answer(sdp).sdp
        values = dict(line[2:].partition(":")[::2] for line in answer.split("\r\n") if line.startswith("a="))
        self._ufrag, self._password = values["ice-ufrag"], values["ice-pwd"]
        self._fingerprints = parse_description(answer).fingerprints
        return answer

    async def bind(self) -> socket.socket:
        self._socket = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((self.host, 0))
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)
        return self._socket

    async def connect(self, before_handshake: Callable[[], None] = lambda: None) -> None:
        """Checks, handshake, data channels. Raises TimeoutError when that does not work."""
        if self._socket is None:
            await self.bind()
        async with asyncio.timeout(10):
            while not self.checked.is_set():
                self.check()
                try:
                    async with asyncio.timeout(0.2):
                        await self.checked.wait()
                except TimeoutError:
                    continue
            before_handshake()
            assert await self.secure.connect(self._fingerprints, 5000)
            await self.heard.connected.wait()
            channel, opened = self.secure._channels["_reliable"], asyncio.Event()
            channel.on("open", opened.set)
            if channel.readyState != "open":
                await opened.wait()

    def check(self) -> None:
        message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self._ufrag}:them"
        message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(self._password.encode())
        self.send(bytes(message))

    def send(self, data: bytes) -> None:
        assert self._socket is not None
        self._socket.sendto(data, (self.host, self.node.udp_port))

    def send_rtp(self, packet: RtpPacket) -> None:
        self.send_protected(build_rtp(packet))

    def send_protected(self, plain: bytes) -> None:
        protected = self.secure.protect_rtcp(plain) if is_rtcp(plain) else self.secure.protect(plain)
        assert protected is not None
        self.send(protected)

    def _readable(self) -> None:
        assert self._socket is not None
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                self._received(self._socket.recv(2_048))

    def _received(self, data: bytes) -> None:
        if data[0] < 4:
            self.checked.set()
        elif data[0] < 64:
            self.secure.received(data)
        elif is_rtcp(data):
            if (plain := self.secure.unprotect_rtcp(data)) is not None:
                self.rtcp.put_nowait(plain)
        elif (plain := self.secure.unprotect(data)) is not None and (packet := parse_rtp(plain)) is not None:
            self.rtp.put_nowait(packet)

    def _on_data(self, label: str, data: bytes) -> None:
        self.data.put_nowait((label, data))

    async def close(self) -> None:
        await self.secure.close()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
