"""Reading a client's session description (RFC 8866, RFC 8829), as far as a relay needs it.

Clients send what they like: whatever cannot be used raises `BadOffer`, and nothing else ever leaves this module.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from media.errors import BadOffer

MAX_SDP = 200_000
MAX_SECTIONS = 256

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ORIENTATION = "urn:3gpp:video-orientation"
DEPENDENCY = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"

#: Answered alike in every m-section: a browser offers in new sections only what was accepted before.
ACCEPTED_EXTENSIONS = (MID, RID, REPAIRED_RID, AUDIO_LEVEL, ORIENTATION, TRANSPORT_CC, ABS_SEND_TIME)
#: Copied from publisher to subscriber.
FORWARDED_EXTENSIONS = (AUDIO_LEVEL, ORIENTATION)


@dataclass(slots=True)
class Codec:
    payload_type: int
    name: str
    rtpmap: str
    fmtp: str = ""

    @property
    def clock_rate(self) -> int:
        try:
            return int(self.rtpmap.split("/")[1])
        except (IndexError, ValueError):
            return 90_000

    def parameters(self) -> dict[str, str]:
        pairs = (part.strip().partition("=") for part in self.fmtp.split(";") if part.strip())
        return {name: value for name, _, value in pairs}

    @property
    def repairs(self) -> int | None:
        """The payload type an RTX codec stands for."""
        try:
            return int(self.parameters().get("apt", "")) if self.name == "rtx" else None
        except ValueError:
            return None

    def same_as(self, other: Codec) -> bool:
        """May packets of this codec be sent as ``other``? H264 and VP9 must agree on their profile."""
        if self.name != other.name:
            return False
        mine, theirs = self.parameters(), other.parameters()
        if self.name == "h264":
            return mine.get("packetization-mode", "0") == theirs.get("packetization-mode", "0") and (
                mine.get("profile-level-id", "42001f")[:4].lower()
                == theirs.get("profile-level-id", "42001f")[:4].lower()
            )
        if self.name == "vp9":
            return mine.get("profile-id", "0") == theirs.get("profile-id", "0")
        return True


@dataclass(slots=True)
class Section:
    """One m-section of a description."""

    kind: str
    mid: str = ""
    direction: str = "sendrecv"
    formats: list[int] = field(default_factory=list)
    codecs: dict[int, Codec] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)
    track_id: str | None = None
    rids: list[str] = field(default_factory=list)
    ssrcs: list[int] = field(default_factory=list)
    #: RTX ssrc → media ssrc
    repairs: dict[int, int] = field(default_factory=dict)
    sctp_port: int = 5000

    @property
    def sends(self) -> bool:
        return self.direction in ("sendonly", "sendrecv")


@dataclass(slots=True)
class Description:
    sections: list[Section]
    ufrag: str
    #: (algorithm, value)
    fingerprints: list[tuple[str, str]]
    #: may packets with one-byte and two-byte header extensions alternate (RFC 8285 §6)?
    mixed: bool = False

    def section(self, mid: str) -> Section | None:
        return next((section for section in self.sections if section.mid == mid), None)


def parse_description(sdp: str) -> Description:
    """Raises `BadOffer`."""
    if len(sdp) > MAX_SDP:
        raise BadOffer("description too long")
    try:
        description = _parse(sdp)
    except (ValueError, IndexError, KeyError) as error:
        raise BadOffer("description does not parse") from error
    mids = [section.mid for section in description.sections]
    if not mids or len(mids) > MAX_SECTIONS:
        raise BadOffer("no or too many media sections")
    if len(set(mids)) != len(mids) or not all(mid.isalnum() or mid.replace("-", "").isalnum() for mid in mids):
        raise BadOffer("media sections without distinct ids")
    if not description.ufrag or not description.fingerprints:
        raise BadOffer("no ICE or DTLS parameters")
    return description


def _parse(sdp: str) -> Description:
    description = Description([], "", [])
    current: Section | None = None
    for raw in sdp.split("\n"):
        line = raw.strip()
        if line.startswith("m="):
            kind, _port, _proto, *formats = line[2:].split()
            current = Section(kind)
            if kind in ("audio", "video"):
                current.formats = [int(text) for text in formats if 0 <= int(text) < 128]
            description.sections.append(current)
        elif line.startswith("a="):
            name, _, value = line[2:].partition(":")
            if name == "fingerprint":
                algorithm, digest = value.split()
                if (algorithm, digest) not in description.fingerprints:
                    description.fingerprints.append((algorithm, digest))
            elif name == "extmap-allow-mixed":
                description.mixed = True
            elif name == "ice-ufrag":
                description.ufrag = value
            elif current is not None:
                _attribute(current, name, value)
    return description


def _attribute(section: Section, name: str, value: str) -> None:
    match name:
        case "mid":
            section.mid = value[:32]
        case "sendrecv" | "sendonly" | "recvonly" | "inactive":
            section.direction = name
        case "rtpmap":
            number, mapping = value.split(" ", 1)
            section.codecs[int(number)] = Codec(int(number), mapping.split("/")[0].lower(), mapping.strip())
        case "fmtp":
            number, parameters = value.split(" ", 1)
            if int(number) in section.codecs:
                section.codecs[int(number)].fmtp = parameters.strip()
        case "extmap":
            number, uri = value.split()[:2]
            identifier = int(number.partition("/")[0])
            if 0 < identifier < 256:
                section.extensions[uri] = identifier
        case "msid":
            section.track_id = value.rsplit(maxsplit=1)[-1]
        case "rid":
            section.rids.append(value.split(maxsplit=1)[0])
        case "ssrc":
            ssrc = int(value.split(maxsplit=1)[0])
            if ssrc not in section.ssrcs:
                section.ssrcs.append(ssrc)
        case "ssrc-group":
            semantics, *members = value.split()
            if semantics == "FID" and len(members) == 2:
                section.repairs[int(members[1])] = int(members[0])
        case "sctp-port":
            section.sctp_port = int(value)
