"""The one door to aiortc: DTLS, the SRTP sessions it keys, SCTP data channels.

aiortc's transports run over a duck-typed ICE object. Private names used (a canary test fails first when an upgrade
moves them): ``RTCDtlsTransport._set_role``, ``._rx_srtp``, ``._tx_srtp``, ``._srtp_profiles``,
``RTCCertificate._create_ssl_context``, ``RTCSctpTransport._handle_data``, ``rtcsctptransport.USERDATA_MAX_LENGTH``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, cast

import pylibsrtp
from aiortc import rtcsctptransport
from aiortc.rtcdatachannel import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcdtlstransport import (
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from aiortc.rtcsctptransport import RTCSctpCapabilities, RTCSctpTransport
from OpenSSL import SSL

from media.api import LOSSY, RELIABLE
from media.srtp import SrtpKey

MAX_MESSAGE = 65_536
MAX_BUFFERED = 4 * 1024 * 1024
QUEUE = 256
#: datagrams of one flight; a certificate chain fills a few
FLIGHT = 16
CONNECT_S = 10.0
HANDSHAKES = 20

#: DTLS content types, and a handshake message's type
ALERT, HANDSHAKE = 21, 22
CLIENT_HELLO = 1

# A data chunk with all its headers (SCTP 28, DTLS 37, UDP 8, IPv6 40) passes a line of 1,280 bytes, IPv6's least.
rtcsctptransport.USERDATA_MAX_LENGTH = 1_100

# AES-128-GCM first: half the cost of the others on every machine with AES instructions.
_PROFILES = sorted(SRTP_PROFILES, key=lambda profile: b"AEAD_AES_128_GCM" not in profile.openssl_profile)


class SharedCertificate(RTCCertificate):
    """One certificate and one SSL context for every peer of the process (0.5 ms instead of 2 a handshake)."""

    _context: Any = None

    def _create_ssl_context(self, srtp_profiles: Any) -> Any:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            # nobody resumes a session; OpenSSL would keep the last 20,480 of them with the peers' certificates
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        return self._context

    @property
    def sha256(self) -> str:
        return str(next(print.value for print in self.getFingerprints() if print.algorithm == "sha-256"))


class _Wire:
    """What aiortc takes for its ICE transport."""

    role = "controlled"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.send = send
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUE)
        #: what was sent last without anything coming in between: in a handshake the flight that waits for its answer
        self.flight: list[bytes] = []
        self._heard = False

    async def _recv(self) -> bytes:
        data = await self.queue.get()
        if data is None:
            raise ConnectionError
        self._heard = True
        return data

    async def _send(self, data: bytes) -> None:
        # what came may be the peer's last flight once more, because it has not seen ours: kept until we have answered
        if self._heard:
            self.flight.clear()
            self._heard = False
        if len(self.flight) < FLIGHT:
            self.flight.append(data)
        self.send(data)

    def close(self) -> None:
        while self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class GuardedSctp(RTCSctpTransport):
    """A broken chunk costs its packet; aiortc would end the session by it."""

    broken = 0

    async def _handle_data(self, data: bytes) -> None:
        try:
            await super()._handle_data(data)
        except ConnectionError:
            raise
        except Exception:
            self.broken += 1


class SecureTransport:
    """DTLS towards one peer. ``active`` tells whether we start the handshake (a=setup:active)."""

    def __init__(
        self,
        certificate: SharedCertificate,
        send: Callable[[bytes], None],
        on_data: Callable[[str, bytes], None],
        *,
        active: bool,
        creates_channels: bool,
    ) -> None:
        self._certificate = certificate
        self._send = send
        self._on_data = on_data
        self._active = active
        self._creates_channels = creates_channels
        self._wire = _Wire(send)
        self._dtls: Any = None
        self._sctp: Any = None
        self._channels: dict[str, RTCDataChannel] = {}
        #: keys of what the peer sends and of what we send; None before the handshake
        self.rx: SrtpKey | None = None
        self.tx: SrtpKey | None = None
        self.connected = False
        self.closed = asyncio.Event()

    def received(self, data: bytes) -> bool:
        """A DTLS datagram from the validated pair; False when it was dropped: plainly forged, or the queue is full."""
        if self._is_forged(data):
            return False
        try:
            self._wire.queue.put_nowait(data)
        except asyncio.QueueFull:
            return False
        return True

    def moved(self) -> None:
        """Another pair is selected. What went into the old one is sent anew at once; OpenSSL would wait a second."""
        if not self.connected:
            for datagram in self._wire.flight:
                self._send(datagram)

    def _is_forged(self, data: bytes) -> bool:
        """Whoever can spoof an address could end a handshake with one of these; the real peer sends none that matter.

        An alert in clear (epoch 0, RFC 6347 §4.1) only ever ends a handshake: without it a failure shows as a timeout.
        And who answers our ClientHello does not send one.
        """
        if len(data) < 14 or data[3:5] != b"\0\0":
            return False
        return data[0] == ALERT or (self._active and data[0] == HANDSHAKE and data[13] == CLIENT_HELLO)

    async def connect(self, fingerprints: Sequence[tuple[str, str]], sctp_port: int) -> bool:
        """Shake hands; a handshake that a forged datagram spoiled is begun anew within ten seconds."""
        parameters = RTCDtlsParameters(
            fingerprints=[RTCDtlsFingerprint(algorithm=algorithm, value=value) for algorithm, value in fingerprints]
        )
        try:
            async with asyncio.timeout(CONNECT_S):
                for _ in range(HANDSHAKES):
                    if await self._handshake(parameters):
                        break
                else:
                    return False
        except TimeoutError:
            return False
        self._sctp = GuardedSctp(self._dtls, port=5000)
        self._sctp.on("datachannel", self._opened)
        if self._creates_channels:
            self._watch(RTCDataChannel(self._sctp, RTCDataChannelParameters(label=RELIABLE, ordered=True)))
            self._watch(
                RTCDataChannel(self._sctp, RTCDataChannelParameters(label=LOSSY, ordered=False, maxRetransmits=0))
            )
        await self._sctp.start(RTCSctpCapabilities(maxMessageSize=MAX_MESSAGE), sctp_port)
        self.connected = True
        return True

    async def _handshake(self, parameters: RTCDtlsParameters) -> bool:
        self._dtls = dtls = RTCDtlsTransport(cast(Any, self._wire), [self._certificate])
        dtls._srtp_profiles = _PROFILES
        dtls._set_role("client" if self._active else "server")
        await dtls.start(parameters)
        if dtls.state != "connected":
            return False
        self.rx, self.tx = SrtpKey(dtls._rx_srtp), SrtpKey(dtls._tx_srtp)
        dtls.on("statechange", lambda: self.closed.set() if dtls.state in ("closed", "failed") else None)
        return True

    def keyed(self, rx: pylibsrtp.Session, tx: pylibsrtp.Session) -> None:
        """Keys agreed elsewhere, without a handshake (measurements)."""
        self.rx, self.tx = SrtpKey(rx), SrtpKey(tx)
        self.connected = True

    def protect(self, packet: bytes) -> bytes | None:
        return None if self.tx is None else _applied(self.tx.session.protect, packet)

    def protect_rtcp(self, packet: bytes) -> bytes | None:
        return None if self.tx is None else _applied(self.tx.session.protect_rtcp, packet)

    def unprotect(self, packet: bytes) -> bytes | None:
        """None for what was not made with the peer's key, or was replayed."""
        return None if self.rx is None else _applied(self.rx.session.unprotect, packet)

    def forget(self, ssrc: int) -> None:
        """Drop what libsrtp remembers of an incoming SSRC that leads nowhere."""
        if self.rx is not None:
            with contextlib.suppress(pylibsrtp.Error):
                self.rx.session.remove_stream(ssrc)

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        return None if self.rx is None else _applied(self.rx.session.unprotect_rtcp, packet)

    def send_data(self, label: str, data: bytes) -> bool:
        channel = self._channels.get(label)
        if channel is None or channel.readyState != "open" or channel.bufferedAmount > MAX_BUFFERED:
            return False
        channel.send(data)
        return True

    async def close(self) -> None:
        self.connected = False
        self.rx = self.tx = None
        try:
            async with asyncio.timeout(1):
                if self._sctp is not None:
                    await self._sctp.stop()
                if self._dtls is not None:
                    await self._dtls.stop()
        except (TimeoutError, ConnectionError):
            pass
        self._wire.close()

    def _opened(self, channel: RTCDataChannel) -> None:
        self._watch(channel)

    def _watch(self, channel: RTCDataChannel) -> None:
        label = channel.label
        self._channels[label] = channel

        def heard(message: bytes | str) -> None:
            if isinstance(message, bytes):
                self._on_data(label, message)

        channel.on("message", heard)


def _applied(change: Callable[[bytes], bytes], packet: bytes) -> bytes | None:
    try:
        return change(packet)
    except pylibsrtp.Error:
        return None
