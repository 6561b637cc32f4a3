"""One WebRTC transport of the generator: ICE as the controlling side, DTLS, SCTP, of aiortc's pieces, not our node's.

Every server meets the same cipher (AES-128-GCM), the same codecs (Opus, VP8), the same feedback and one socket a
transport. After `connect` the socket belongs to the data plane; what is not media comes back through `received`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import socket
from dataclasses import dataclass, field
from typing import Any, cast

from aioice import stun
from aiortc.rtcdatachannel import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from aiortc.rtcsctptransport import RTCSctpCapabilities, RTCSctpTransport

CHECK_S, CONNECT_S = 0.05, 20.0
TWCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
OPUS, VP8 = 111, 96
_CODECS = {
    "audio": [f"a=rtpmap:{OPUS} opus/48000/2", f"a=rtcp-fb:{OPUS} transport-cc"],
    "video": [
        f"a=rtpmap:{VP8} VP8/90000",
        *(f"a=rtcp-fb:{VP8} {word}" for word in ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")),
    ],
}
_EXTENSIONS = {"audio": {TWCC: 3, LEVEL: 1}, "video": {TWCC: 3}}


class Certificate(RTCCertificate):
    """One for all transports, with one SSL context."""

    _context: Any = None

    def _create_ssl_context(self, srtp_profiles: Any) -> Any:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
        return self._context


class _Wire:
    """What aiortc takes for its ICE transport."""

    state = "completed"

    def __init__(self, leg: Leg, role: str) -> None:
        self._leg = leg
        self.role = role
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def _recv(self) -> bytes:
        data = await self.queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._leg.send(data)


@dataclass
class Remote:
    """What a description of the server's says about its transport and sections."""

    ufrag: str
    password: str
    setup: str
    fingerprints: list[tuple[str, str]]
    addresses: list[tuple[str, int]]
    #: one per m-section: kind, mid, direction, codec name → payload type, extension → id
    sections: list[tuple[str, str, str, dict[str, int], dict[str, int]]] = field(default_factory=list)


def read_description(sdp: str) -> Remote:
    def first(name: str) -> str:
        found = re.search(rf"^a={name}:(\S+)", sdp, re.MULTILINE)
        return found[1] if found else ""

    remote = Remote(
        first("ice-ufrag"),
        first("ice-pwd"),
        first("setup"),
        sorted({(kind, value) for kind, value in re.findall(r"^a=fingerprint:(\S+) (\S+)", sdp, re.MULTILINE)}),
        [address for line in re.findall(r"^a=(candidate:.+)", sdp, re.MULTILINE) for address in read_candidate(line)],
    )
    for part in re.split(r"^m=", sdp, flags=re.MULTILINE)[1:]:
        kind = part.split(maxsplit=1)[0]
        mid = re.search(r"^a=mid:(\S+)", part, re.MULTILINE)
        direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)", part, re.MULTILINE)
        codecs = {
            name.lower(): int(number) for number, name in re.findall(r"^a=rtpmap:(\d+) ([\w-]+)/", part, re.MULTILINE)
        }
        extensions = {uri: int(number) for number, uri in re.findall(r"^a=extmap:(\d+)\S* (\S+)", part, re.MULTILINE)}
        remote.sections.append((kind, mid[1] if mid else "", direction[1] if direction else "", codecs, extensions))
    return remote


def read_candidate(line: str) -> list[tuple[str, int]]:
    """The address of a UDP candidate; empty for any other."""
    words = line.split()
    return [(words[4], int(words[5]))] if words[2].lower() == "udp" and re.fullmatch(r"[\d.]+", words[4]) else []


class Leg:
    """``starts_sctp``: somebody has to; LiveKit always does, our node leaves it to the client."""

    def __init__(self, certificate: Certificate, address: str, *, starts_sctp: bool) -> None:
        self._certificate = certificate
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(16)
        self._wire = _Wire(self, "controlling" if starts_sctp else "controlled")
        self._remote: Remote | None = None
        self._addressed = asyncio.Event()
        self._checked = asyncio.Event()
        self._dtls: Any = None
        self._sctp: Any = None
        self._channels: list[RTCDataChannel] = []
        self._opened = asyncio.Event()
        self._version = 1
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((address, 0))
        self.twcc_id = self.level_id = 0
        self.audio_pt, self.video_pt = OPUS, VP8
        self.has_data = False

    # ── descriptions ─────────────────────────────────────────────────────────────────────────────

    def offer(self, audio_ssrc: int, video_ssrc: int, *, data: bool, track_ids: tuple[str, str]) -> str:
        """What a publisher says: Opus, VP8 in one size and, if wanted, data channels."""
        sections = []
        for mid, (kind, ssrc, track) in enumerate(
            (("audio", audio_ssrc, track_ids[0]), ("video", video_ssrc, track_ids[1]))
        ):
            lines = self._section(kind, str(mid), "sendonly", OPUS if kind == "audio" else VP8, _EXTENSIONS[kind])
            sections.append(
                [*lines, f"a=msid:bench {track}", f"a=ssrc:{ssrc} cname:bench", f"a=ssrc:{ssrc} msid:bench {track}"]
            )
        if data:
            self.has_data = True
            sections.append(self._data_section("2"))
        return self._description(sections, "actpass")

    def answered(self, sdp: str) -> None:
        """The server's answer to `offer`."""
        self._remote = remote = read_description(sdp)
        self._look_for_address()
        for kind, _, _, codecs, extensions in remote.sections:
            self.twcc_id = extensions.get(TWCC, self.twcc_id)
            if kind == "audio":
                self.level_id = extensions.get(LEVEL, 0)
                self.audio_pt = codecs["opus"]
            elif kind == "video":
                self.video_pt = codecs["vp8"]

    def answer(self, sdp: str) -> str:
        """What a subscriber says to the server's offer: everything is received."""
        remote = read_description(sdp)
        if self._remote is not None:
            remote.addresses = remote.addresses or self._remote.addresses
        self._remote = remote
        self._look_for_address()
        sections = []
        for kind, mid, direction, codecs, extensions in remote.sections:
            if kind == "application":
                self.has_data = True
                sections.append(self._data_section(mid))
                continue
            number = codecs.get("opus" if kind == "audio" else "vp8", next(iter(codecs.values()), 0))
            kept = {uri: extensions[uri] for uri in (TWCC, LEVEL) if uri in extensions}
            self.twcc_id = kept.get(TWCC, self.twcc_id)
            wanted = "recvonly" if direction in ("sendonly", "sendrecv") else "inactive"
            sections.append(self._section(kind, mid, wanted, number, kept))
        return self._description(sections, "active")

    def candidate(self, line: str) -> None:
        """One that the server sent apart from its description."""
        assert self._remote is not None
        self._remote.addresses += read_candidate(line)
        self._look_for_address()

    def _look_for_address(self) -> None:
        if self._remote is not None and self._remote.addresses:
            self._addressed.set()

    def _section(self, kind: str, mid: str, direction: str, number: int, extensions: dict[str, int]) -> list[str]:
        default = OPUS if kind == "audio" else VP8
        codecs = [line.replace(f":{default} ", f":{number} ") for line in _CODECS[kind]]
        return [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}",
            "c=IN IP4 0.0.0.0",
            f"a=mid:{mid}",
            f"a={direction}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
            *(f"a=extmap:{identifier} {uri}" for uri, identifier in extensions.items()),
            *codecs,
        ]

    def _data_section(self, mid: str) -> list[str]:
        return [
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
            "c=IN IP4 0.0.0.0",
            f"a=mid:{mid}",
            "a=sctp-port:5000",
            "a=max-message-size:65536",
        ]

    def _description(self, sections: list[list[str]], setup: str) -> str:
        self._version += 1
        fingerprint = next(each.value for each in self._certificate.getFingerprints() if each.algorithm == "sha-256")
        shared = [
            f"a=ice-ufrag:{self._ufrag}",
            f"a=ice-pwd:{self._password}",
            f"a=fingerprint:sha-256 {fingerprint}",
            f"a=setup:{setup}",
        ]
        mids = " ".join(line[6:] for lines in sections for line in lines if line.startswith("a=mid:"))
        head = ["v=0", f"o=- 1 {self._version} IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"]
        head.append("a=msid-semantic: WMS *")
        return "\r\n".join([*head, *(line for lines in sections for line in [*lines, *shared])]) + "\r\n"

    # ── the connection ───────────────────────────────────────────────────────────────────────────

    async def connect(self, *, creates_channels: bool) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_S):
            await self._addressed.wait()
            assert self._remote is not None
            self.socket.connect(self._remote.addresses[0])
            loop.add_reader(self.socket.fileno(), self._readable)
            while not self._checked.is_set():
                self.check()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(CHECK_S):
                        await self._checked.wait()
            self._dtls = RTCDtlsTransport(cast(Any, self._wire), [self._certificate])
            self._dtls._srtp_profiles = [SRTP_AEAD_AES_128_GCM]
            # an answer tells the role; to an offer we said that we begin
            self._dtls._set_role("server" if self._remote.setup == "active" else "client")
            prints = [RTCDtlsFingerprint(algorithm=kind, value=value) for kind, value in self._remote.fingerprints]
            await self._dtls.start(RTCDtlsParameters(fingerprints=prints))
            assert self._dtls.state == "connected", "DTLS failed"
            if self.has_data:
                await self._open_data(creates_channels)

    async def _open_data(self, creates: bool) -> None:
        self._sctp = RTCSctpTransport(self._dtls, port=5000)
        self._sctp.on("datachannel", self._channels.append)
        if creates:
            reliable = RTCDataChannel(self._sctp, RTCDataChannelParameters(label="_reliable", ordered=True))
            lossy = RTCDataChannel(
                self._sctp, RTCDataChannelParameters(label="_lossy", ordered=False, maxRetransmits=0)
            )
            lossy.on("open", self._opened.set)
            self._channels += [reliable, lossy]
        await self._sctp.start(RTCSctpCapabilities(maxMessageSize=65536), 5000)
        if creates:
            await self._opened.wait()

    @property
    def sessions(self) -> tuple[Any, Any]:
        """(inbound, outbound) SRTP sessions."""
        return self._dtls._rx_srtp, self._dtls._tx_srtp

    def hand_over(self) -> int:
        """The socket's descriptor, no longer read here."""
        asyncio.get_running_loop().remove_reader(self.socket.fileno())
        return self.socket.fileno()

    def check(self) -> None:
        """A connectivity check, which is also consent to go on."""
        assert self._remote is not None
        message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self._remote.ufrag}:{self._ufrag}"
        message.attributes["PRIORITY"] = 1853824767
        message.attributes["ICE-CONTROLLING"] = 1
        message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(self._remote.password.encode())
        message.add_fingerprint()
        self.send(bytes(message))

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self.socket.send(data)

    def received(self, data: bytes) -> None:
        if data[0] > 3:
            if 19 < data[0] < 64:
                self._wire.queue.put_nowait(data)
            return
        message = stun.parse_message(data)
        if message.message_class == stun.Class.RESPONSE:
            self._checked.set()
        elif message.message_class == stun.Class.REQUEST:
            reply = stun.Message(
                message_method=stun.Method.BINDING,
                message_class=stun.Class.RESPONSE,
                transaction_id=message.transaction_id,
            )
            reply.attributes["XOR-MAPPED-ADDRESS"] = self.socket.getpeername()
            reply.add_message_integrity(self._password.encode())
            reply.add_fingerprint()
            self.send(bytes(reply))

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.socket.fileno())
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(1):
                if self._sctp is not None:
                    await self._sctp.stop()
                if self._dtls is not None:
                    await self._dtls.stop()
        self._wire.queue.put_nowait(None)
        self.socket.close()

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                self.received(self.socket.recv(2048))
