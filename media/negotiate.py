"""Offer and answer (RFC 8829) for one peer: which m-section carries which track.

`Negotiation` answers a client's offers (v1, and v0's publisher); `Offering` makes the offers of a v0 subscriber. Both
only change `Upstream` and `Downstream` objects and return sections to write.
"""

from __future__ import annotations

from collections.abc import Iterable

from media.api import Kind
from media.sdp import (
    ABS_SEND_TIME,
    ACCEPTED_EXTENSIONS,
    AUDIO_LEVEL,
    DEPENDENCY,
    FORWARDED_EXTENSIONS,
    MID,
    ORIENTATION,
    TRANSPORT_CC,
    Codec,
    Description,
    Section,
)
from media.sdp_write import WrittenSection
from media.tracks import Downstream, Upstream

KNOWN_CODECS = frozenset({"opus", "red", "vp8", "h264", "vp9", "av1", "rtx"})
VIDEO_FEEDBACK = ("nack", "nack pli", "ccm fir")


class Negotiation:
    """Answers offers. ``bound`` maps m-sections to the tracks they carry down."""

    def __init__(self) -> None:
        self.bound: dict[str, Downstream] = {}
        self.published: dict[str, Upstream] = {}
        self.sections: list[Section] = []
        self.mid_extension = self.rid_extension = self.repaired_extension = 0
        self.transport_cc = self.level_extension = self.dependency_extension = 0
        #: publisher's RTX payload type → the payload type it repairs
        self.repairs: dict[int, int] = {}
        self._resting: set[str] = set()

    def answer(
        self, offer: Description, ups: Iterable[Upstream], downs: Iterable[Downstream]
    ) -> tuple[list[WrittenSection], list[Upstream], list[Upstream]]:
        """(sections of the answer, tracks newly published, tracks that ended)."""
        ups, downs = list(ups), list(downs)
        self._bind(offer, downs)
        before = {up for up in ups if up.negotiated}
        alive: set[Upstream] = set()
        written = [self._section(section, ups, alive) for section in offer.sections]
        self.sections = offer.sections
        started = [up for up in ups if up in alive and up not in before]
        ended = [up for up in ups if up in before and up not in alive]
        for up in ended:
            up.negotiated = False
            self.published.pop(up.mid, None)
        return written, started, ended

    def missing(self, kind: Kind, downs: Iterable[Downstream]) -> int:
        """Sections of that kind the client still has to offer."""
        waiting = sum(1 for down in downs if not down.mid and down.up.publication.kind is kind)
        return max(0, waiting - self.free_sections(kind))

    def free_sections(self, kind: str) -> int:
        """Sections the client offered to receive on that nobody uses yet."""
        return sum(
            1
            for section in self.sections
            if section.kind == kind
            and section.direction == "recvonly"
            and section.mid not in self.bound
            and section.mid not in self._resting
        )

    def _bind(self, offer: Description, downs: list[Downstream]) -> None:
        wanted = {down.mid: down for down in downs if down.mid}
        # A section that lost its track rests for one negotiation before it may carry another.
        self._resting = {mid for mid in self.bound if mid not in wanted}
        self.bound = {mid: down for mid, down in self.bound.items() if mid in wanted}
        for down in downs:
            if down.mid:
                continue
            section = next((s for s in offer.sections if self._fits(s, down)), None)
            if section is not None:
                down.mid = section.mid
                self.bound[section.mid] = down
                _route(down, section)

    def _fits(self, section: Section, down: Downstream) -> bool:
        return (
            section.kind == down.up.publication.kind.value
            and section.direction == "recvonly"
            and section.mid not in self.bound
            and section.mid not in self._resting
            and any(a.same_as(b) for a in down.up.codecs.values() for b in section.codecs.values())
        )

    def _section(self, section: Section, ups: list[Upstream], alive: set[Upstream]) -> WrittenSection:
        if section.kind not in ("audio", "video"):
            return WrittenSection("application", section.mid)
        written = WrittenSection(section.kind, section.mid)
        written.extensions = [
            (section.extensions[uri], uri) for uri in ACCEPTED_EXTENSIONS if uri in section.extensions
        ]
        up = self._publication_of(section, ups) if section.sends and section.track_id else None
        down = self.bound.get(section.mid)
        offered = [section.codecs[pt] for pt in section.formats if pt in section.codecs]
        if up is not None:
            chosen = publish_codecs(up, offered)
            if not chosen:
                written.codecs = offered[:1]
                return written
            alive.add(up)
            self._take(up, section, chosen)
            if chosen[0].name == "av1":
                written.describe_frames(section.extensions.get(DEPENDENCY, 0))
            written.direction = "recvonly"
            written.codecs = [_with_publish_parameters(codec, up) for codec in chosen]
            written.feedback = (*VIDEO_FEEDBACK, "transport-cc") if up.is_video else ("transport-cc",)
            written.rids = list(section.rids)
            return written
        written.codecs = _known(offered) or offered[:1]
        # With transport-wide numbers we estimate the line ourselves; a browser's REMB alone is too pessimistic.
        estimated = "transport-cc" if TRANSPORT_CC in section.extensions else "goog-remb"
        written.feedback = (*VIDEO_FEEDBACK, estimated) if section.kind == "video" else ()
        written.describe_frames(section.extensions.get(DEPENDENCY, 0))
        if down is not None:
            written.direction = "sendonly"
            _describe(written, down)
        return written

    def _publication_of(self, section: Section, ups: list[Upstream]) -> Upstream | None:
        current = self.published.get(section.mid)
        if current in ups:
            return current
        same_kind = [up for up in ups if up.publication.kind.value == section.kind and not up.negotiated]
        named = [up for up in same_kind if section.track_id in up.publication.cids]
        return next(iter(named or same_kind), None)

    def _take(self, up: Upstream, section: Section, codecs: list[Codec]) -> None:
        up.mid, up.negotiated, up.rids = section.mid, True, list(section.rids)
        up.extensions = {number: uri for uri, number in section.extensions.items()}
        up.codecs = {codec.payload_type: codec for codec in codecs if codec.name != "rtx"}
        self.published[section.mid] = up
        self.repairs |= {codec.payload_type: codec.repairs for codec in codecs if codec.repairs is not None}
        self.mid_extension = section.extensions.get(MID, self.mid_extension)
        self.rid_extension = section.extensions.get(ACCEPTED_EXTENSIONS[1], self.rid_extension)
        self.repaired_extension = section.extensions.get(ACCEPTED_EXTENSIONS[2], self.repaired_extension)
        self.transport_cc = section.extensions.get(ACCEPTED_EXTENSIONS[5], self.transport_cc)
        self.level_extension = section.extensions.get(AUDIO_LEVEL, self.level_extension)
        self.dependency_extension = section.extensions.get(DEPENDENCY, self.dependency_extension)


def publish_codecs(up: Upstream, offered: list[Codec]) -> list[Codec]:
    """What we accept: the preferred codec (VP8 when that is not offered) with its RTX; for audio RED and Opus."""
    if not up.is_video:
        red = [codec for codec in offered if codec.name == "red"] if up.publication.red else []
        return red + [codec for codec in offered if codec.name == "opus"]
    preferred = up.publication.mime.partition("/")[2].lower()
    chosen: list[Codec] = []
    for name in (preferred, "vp8", "h264"):
        chosen = [codec for codec in offered if codec.name == name]
        if chosen:
            break
    types = {codec.payload_type for codec in chosen}
    return chosen + [codec for codec in offered if codec.repairs in types]


def _known(offered: list[Codec]) -> list[Codec]:
    known = [codec for codec in offered if codec.name in KNOWN_CODECS]
    types = {codec.payload_type for codec in known}
    # An RTX payload whose original was dropped makes setRemoteDescription fail.
    return [codec for codec in known if codec.name != "rtx" or codec.repairs in types]


def _with_publish_parameters(codec: Codec, up: Upstream) -> Codec:
    if codec.name != "opus":
        return codec
    wanted = [codec.fmtp] if codec.fmtp else []
    if up.publication.dtx and "usedtx" not in codec.fmtp:
        wanted.append("usedtx=1")
    if up.publication.stereo and "stereo" not in codec.fmtp:
        wanted.append("stereo=1;maxaveragebitrate=510000")
    return Codec(codec.payload_type, codec.name, codec.rtpmap, ";".join(wanted))


def _describe(written: WrittenSection, down: Downstream) -> None:
    publication = down.up.publication
    written.msid = (publication.stream_id, publication.sid)
    written.ssrc = down.stream.ssrc
    written.cname = publication.stream_id.partition("|")[0]
    if down.up.is_video and any(codec.name == "rtx" for codec in written.codecs):
        written.rtx_ssrc = down.stream.rtx_ssrc


def _route(down: Downstream, section: Section) -> None:
    """Fill the numbers that turn the publisher's packets into the subscriber's."""
    stream = down.stream
    stream.payload_types = {}
    for source in down.up.codecs.values():
        target = next((codec for codec in section.codecs.values() if source.same_as(codec)), None)
        if target is not None:
            stream.payload_types[source.payload_type] = target.payload_type
    stream.rtx_types = {
        codec.repairs: codec.payload_type for codec in section.codecs.values() if codec.repairs is not None
    }
    stream.codecs = {codec.payload_type: codec.name for codec in down.up.codecs.values()}
    stream.extensions = {
        number: section.extensions[uri]
        for number, uri in down.up.extensions.items()
        if uri in FORWARDED_EXTENSIONS and _one_byte(section.extensions.get(uri, 0))
    }
    stream.stamp(
        _one_byte(section.extensions.get(TRANSPORT_CC, 0)) if section.kind == "video" else 0,
        _one_byte(section.extensions.get(ABS_SEND_TIME, 0)),
    )
    # VP9 says in its payload what it needs to
    av1 = any(codec.name == "av1" for codec in down.up.codecs.values())
    stream.dependency = _one_byte(section.extensions.get(DEPENDENCY, 0)) if av1 else 0
    down.active = True


def _one_byte(number: int) -> int:
    """The id if it fits the one-byte form we write (RFC 8285 §4.2), else 0."""
    return number if 0 < number < 15 else 0


_OFFERED_EXTENSIONS = {MID: 1, ABS_SEND_TIME: 2, ORIENTATION: 3, AUDIO_LEVEL: 4, TRANSPORT_CC: 5}
_OFFERED_DEPENDENCY = 6
_FIXED_TYPES = {"opus": 111, "red": 63, "vp8": 96, "vp9": 98, "av1": 45}
_RTX_OF = {96: 97, 98: 99, 45: 46}


class _Slot:
    __slots__ = ("codecs", "down", "free_from", "kind", "mid")

    def __init__(self, mid: str, kind: str) -> None:
        self.mid = mid
        self.kind = kind
        self.down: Downstream | None = None
        self.codecs: list[Codec] = []
        #: number of the first offer that may bind it again
        self.free_from = 0


class Offering:
    """The subscriber side of protocol v0: we offer one section a track, the client answers."""

    def __init__(self) -> None:
        self.slots: list[_Slot] = []
        self.offer_id = 0
        self.waiting = False
        self.again = False

    def offer(self, downs: Iterable[Downstream]) -> list[WrittenSection] | None:
        """Sections of the next offer; None while one is unanswered (it is remembered)."""
        if self.waiting:
            self.again = True
            return None
        self.waiting, self.offer_id = True, self.offer_id + 1
        wanted = list(downs)
        for taken in self.slots:
            if taken.down is not None and taken.down not in wanted:
                taken.down, taken.free_from = None, self.offer_id + 1
        held = {taken.down for taken in self.slots}
        for down in wanted:
            if down in held:
                continue
            kind = down.up.publication.kind.value
            free = (s for s in self.slots if s.down is None and s.kind == kind and s.free_from <= self.offer_id)
            if (slot := next(free, None)) is None:
                slot = _Slot(str(len(self.slots) + 1), kind)
                self.slots.append(slot)
            slot.down, slot.codecs = down, _offered_codecs(down.up)
            down.mid = slot.mid
        return [WrittenSection("application", "0"), *(self._write(slot) for slot in self.slots)]

    def answered(self, answer: Description) -> bool:
        """Bind what the client accepted. True when another offer is due."""
        self.waiting = False
        for slot in self.slots:
            section = answer.section(slot.mid)
            if slot.down is not None and not slot.down.active and section and section.direction == "recvonly":
                _route(slot.down, section)
                slot.down.stream.payload_types = {
                    source: target.payload_type
                    for source, target in zip(slot.down.up.codecs, _primary(slot.codecs), strict=False)
                    if target.payload_type in section.codecs
                }
        again, self.again = self.again, False
        return again

    def restart(self) -> None:
        """The client lost the thread (a resumed signalling connection): an unanswered offer will not be answered."""
        self.waiting = self.again = False

    def _write(self, slot: _Slot) -> WrittenSection:
        video = slot.kind == Kind.VIDEO.value
        written = WrittenSection(slot.kind, slot.mid, codecs=slot.codecs)
        written.extensions = [
            (number, uri) for uri, number in _OFFERED_EXTENSIONS.items() if video or uri != ORIENTATION
        ]
        written.feedback = (*VIDEO_FEEDBACK, "goog-remb", "transport-cc") if video else ()
        if slot.down is not None:
            written.direction = "sendonly"
            _describe(written, slot.down)
            if any(codec.name == "av1" for codec in slot.codecs):
                written.describe_frames(_OFFERED_DEPENDENCY)
        return written


def _primary(codecs: list[Codec]) -> list[Codec]:
    return [codec for codec in codecs if codec.name != "rtx"]


def _offered_codecs(up: Upstream) -> list[Codec]:
    """Our own payload types for the publisher's codecs, in the publisher's order; H264 profiles from 102 up."""
    offered: list[Codec] = []
    rtx: list[Codec] = []
    h264 = 102
    for codec in up.codecs.values():
        number = _FIXED_TYPES.get(codec.name)
        if number is None:
            number, h264 = h264, h264 + 2
        fmtp = "111/111" if codec.name == "red" else codec.fmtp
        offered.append(Codec(number, codec.name, codec.rtpmap.replace("OPUS", "opus"), fmtp))
        if up.is_video:
            repair = _RTX_OF.get(number, number + 1)
            rtx.append(Codec(repair, "rtx", "rtx/90000", f"apt={number}"))
    return offered + rtx
