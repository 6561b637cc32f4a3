"""Writing descriptions: one transport for all m-sections (BUNDLE), ICE-lite, rtcp-mux."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media.sdp import DEPENDENCY, Codec

MAX_MESSAGE = 65_536


@dataclass(frozen=True, slots=True)
class TransportLines:
    """What every m-section repeats. ``addresses`` are (host, udp port, tcp port), best first; 0 leaves one out."""

    ufrag: str
    password: str
    fingerprint: str  # sha-256
    setup: str
    addresses: Sequence[tuple[str, int, int]]

    def lines(self) -> list[str]:
        lines = [
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.password}",
            f"a=fingerprint:sha-256 {self.fingerprint}",
            f"a=setup:{self.setup}",
        ]
        for place, (host, udp, tcp) in enumerate(self.addresses):
            if udp:
                lines.append(f"a=candidate:{place + 1} 1 udp {2130706431 - place} {host} {udp} typ host")
            if tcp:
                lines.append(
                    f"a=candidate:{place + 101} 1 tcp {1671430143 - place} {host} {tcp} typ host tcptype passive"
                )
        return [*lines, "a=end-of-candidates"]


@dataclass(slots=True)
class WrittenSection:
    kind: str
    mid: str
    direction: str = "inactive"
    codecs: list[Codec] = field(default_factory=list)
    feedback: Sequence[str] = ()
    #: (id, uri)
    extensions: list[tuple[int, str]] = field(default_factory=list)
    rids: list[str] = field(default_factory=list)
    msid: tuple[str, str] | None = None
    ssrc: int = 0
    rtx_ssrc: int = 0
    cname: str = ""

    def describe_frames(self, number: int) -> None:
        """Agree to the dependency descriptor under that number; 0: it was not offered."""
        if number:
            self.extensions.append((number, DEPENDENCY))

    def lines(self) -> list[str]:
        if self.kind == "application":
            return [
                "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
                "c=IN IP4 0.0.0.0",
                f"a=mid:{self.mid}",
                "a=sctp-port:5000",
                f"a=max-message-size:{MAX_MESSAGE}",
            ]
        formats = " ".join(str(codec.payload_type) for codec in self.codecs) or "0"
        lines = [
            f"m={self.kind} 9 UDP/TLS/RTP/SAVPF {formats}",
            "c=IN IP4 0.0.0.0",
            f"a=mid:{self.mid}",
            f"a={self.direction}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
        ]
        lines += [f"a=extmap:{number} {uri}" for number, uri in self.extensions]
        for codec in self.codecs:
            lines.append(f"a=rtpmap:{codec.payload_type} {codec.rtpmap}")
            if codec.fmtp:
                lines.append(f"a=fmtp:{codec.payload_type} {codec.fmtp}")
            if codec.name not in ("rtx", "red"):
                lines += [f"a=rtcp-fb:{codec.payload_type} {word}" for word in self.feedback]
        if self.rids:
            lines += [f"a=rid:{rid} recv" for rid in self.rids]
            lines.append("a=simulcast:recv " + ";".join(self.rids))
        if self.msid is not None:
            lines.append(f"a=msid:{self.msid[0]} {self.msid[1]}")
            if self.rtx_ssrc:
                lines.append(f"a=ssrc-group:FID {self.ssrc} {self.rtx_ssrc}")
            lines.append(f"a=ssrc:{self.ssrc} cname:{self.cname}")
            if self.rtx_ssrc:
                lines.append(f"a=ssrc:{self.rtx_ssrc} cname:{self.cname}")
        return lines


def write_description(
    session: int, version: int, transport: TransportLines, sections: Sequence[WrittenSection], *, mixed: bool = False
) -> str:
    """``mixed``: header extensions of both forms may come (RFC 8285 §6)."""
    lines = [
        "v=0",
        f"o=- {session} {version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=group:BUNDLE " + " ".join(section.mid for section in sections),
        "a=msid-semantic: WMS *",
    ]
    if mixed:
        lines.append("a=extmap-allow-mixed")
    shared = transport.lines()
    for section in sections:
        lines += section.lines() + shared
    return "\r\n".join(lines) + "\r\n"
