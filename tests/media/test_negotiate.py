"""Descriptions and negotiation: what is read, what is answered, which m-section carries which track."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.api import Kind, Publication
from media.errors import BadOffer
from media.forward import ForwardStream
from media.negotiate import Negotiation, Offering
from media.sdp import ACCEPTED_EXTENSIONS, Codec, parse_description
from media.sdp_write import TransportLines, WrittenSection, write_description
from media.tracks import Downstream, Upstream
from tests.media.offers import application, offer, section

TRANSPORT = TransportLines("ours", "p" * 24, "AA:BB", "active", [("192.0.2.1", 7882, 7883), ("127.0.0.1", 7882, 0)])


def up(kind: Kind = Kind.VIDEO, sid: str = "TR_1", cid: str = "cam", mime: str = "video/VP8") -> Upstream:
    return Upstream(Publication(sid, kind, frozenset({cid}), mime, f"PA_1|{sid}"))


def live(kind: Kind = Kind.VIDEO, sid: str = "TR_9") -> Upstream:
    """A track of somebody else, negotiated there with the payload types of another browser."""
    track = up(kind, sid)
    track.negotiated = True
    track.codecs = (
        {120: Codec(120, "vp8", "VP8/90000")} if kind is Kind.VIDEO else {109: Codec(109, "opus", "opus/48000/2")}
    )
    return track


def down(track: Upstream, ssrc: int = 700) -> Downstream:
    return Downstream(track, ForwardStream(ssrc, ssrc + 1, {}, sequence=0, video=track.is_video))


def write(sections: list[WrittenSection]) -> str:
    return write_description(1, 1, TRANSPORT, sections)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def test_an_offer_is_read() -> None:
    sdp = offer(section("audio", "0", "sendonly", track="mic"), section("video", "1", "sendonly", track="cam"))
    description = parse_description(sdp)
    assert (description.ufrag, len(description.fingerprints)) == ("them", 1)
    audio, video = description.sections
    assert (audio.track_id, audio.formats) == ("mic", [111, 63, 0])
    assert video.codecs[97].repairs == 96
    assert video.ssrcs == [1101, 1102]
    assert video.repairs == {1102: 1101}
    assert video.sends


@pytest.mark.parametrize(
    "sdp",
    [
        "",
        "v=0\r\n",
        "nonsense",
        "m=",
        "m=video\r\n",
        offer(),
        offer(section("video", "0", "sendonly"), section("video", "0", "sendonly")),
        offer(section("video", "a b", "sendonly")),
        offer(section("video", "0", "sendonly")).replace("a=fingerprint", "a=nothing"),
        offer(section("video", "0", "sendonly")).replace("a=ice-ufrag", "a=nothing"),
        offer(section("video", "0", "sendonly")).replace("a=rtpmap:96 VP8/90000", "a=rtpmap:x y"),
        offer(*(section("video", str(n), "inactive") for n in range(300))),
        "x" * 300_000,
    ],
)
def test_what_cannot_be_used_is_a_bad_offer(sdp: str) -> None:
    with pytest.raises(BadOffer):
        parse_description(sdp)


WHOLE = offer(section("audio", "0", "sendonly", track="mic"), section("video", "1", "sendonly", track="cam"))


@given(st.data())
def test_a_mutated_offer_is_read_or_refused(data: st.DataObject) -> None:
    """Cut, duplicate and overwrite lines and characters; nothing but BadOffer may leave, from the answer neither."""
    lines = WHOLE.split("\r\n")
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "double", "cut", "char"])):
            case "drop":
                lines[at] = ""
            case "double":
                lines.insert(at, lines[data.draw(st.integers(0, len(lines) - 1))])
            case "cut":
                lines[at] = lines[at][: data.draw(st.integers(0, len(lines[at])))]
            case "char" if lines[at]:
                place = data.draw(st.integers(0, len(lines[at]) - 1))
                lines[at] = lines[at][:place] + data.draw(st.characters(codec="utf-8")) + lines[at][place + 1 :]
    try:
        description = parse_description("\r\n".join(lines))
    except BadOffer:
        return
    written, _, _ = Negotiation().answer(description, [up(), up(Kind.AUDIO, "TR_2", "mic")], [down(live())])
    write(written)


# ── answering a publisher ────────────────────────────────────────────────────────────────────────


def test_a_simulcast_publication() -> None:
    track, negotiation = up(), Negotiation()
    sdp = offer(section("video", "0", "sendonly", track="cam", rids=("q", "h", "f")), application("1"))
    written, started, ended = negotiation.answer(parse_description(sdp), [track], [])
    assert (started, ended) == ([track], [])
    assert (track.mid, track.rids, list(track.codecs)) == ("0", ["q", "h", "f"], [96])
    assert negotiation.repairs == {97: 96}
    assert (negotiation.mid_extension, negotiation.rid_extension, negotiation.repaired_extension) == (4, 10, 11)
    text = write(written)
    assert "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n" in text
    assert "a=recvonly" in text
    assert "a=simulcast:recv q;h;f\r\n" in text
    assert "a=rtcp-fb:96 transport-cc\r\n" in text
    assert "a=group:BUNDLE 0 1\r\n" in text, "no trailing space: browsers refuse it"
    assert "nobody-knows" not in text
    answered = parse_description(text)
    assert set(answered.sections[0].extensions) <= set(ACCEPTED_EXTENSIONS)


def test_the_preferred_codec_and_what_it_falls_back_to() -> None:
    for mime, expected in (("video/H264", [102, 103]), ("video/AV1", [96, 97]), ("video/VP9", [98, 99])):
        description = parse_description(offer(section("video", "0", "sendonly", track="cam")))
        written, _, _ = Negotiation().answer(description, [up(mime=mime)], [])
        assert [codec.payload_type for codec in written[0].codecs] == expected


def test_audio_is_red_and_opus_with_dtx() -> None:
    description = parse_description(offer(section("audio", "0", "sendonly", track="mic")))
    written, _, _ = Negotiation().answer(description, [up(Kind.AUDIO, cid="mic", mime="audio/red")], [])
    text = write(written)
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n" in text
    assert "usedtx=1" in text


def test_a_section_without_announced_track_is_answered_inactive() -> None:
    description = parse_description(offer(section("video", "0", "sendonly", track="cam")))
    written, started, _ = Negotiation().answer(description, [], [])
    assert started == []
    assert written[0].direction == "inactive"


def test_an_inactive_section_ends_its_publication() -> None:
    track, negotiation = up(), Negotiation()
    negotiation.answer(parse_description(offer(section("video", "0", "sendonly", track="cam"))), [track], [])
    _, started, ended = negotiation.answer(parse_description(offer(section("video", "0", "inactive"))), [track], [])
    assert (started, ended) == ([], [track])
    assert negotiation.published == {}


def test_tracks_are_told_apart_by_their_client_ids() -> None:
    screen, camera = up(sid="TR_S", cid="screen"), up(sid="TR_C", cid="cam")
    sdp = offer(section("video", "0", "sendonly", track="cam"), section("video", "1", "sendonly", track="screen"))
    Negotiation().answer(parse_description(sdp), [screen, camera], [])
    assert (camera.mid, screen.mid) == ("0", "1")


# ── answering a subscriber ───────────────────────────────────────────────────────────────────────


def test_tracks_are_bound_to_offered_sections_in_the_first_answer() -> None:
    video, audio = down(live()), down(live(Kind.AUDIO, "TR_8"), 800)
    negotiation = Negotiation()
    sdp = offer(section("audio", "0", "recvonly"), section("video", "1", "recvonly"), section("video", "2", "recvonly"))
    written, _, _ = negotiation.answer(parse_description(sdp), [], [video, audio])
    assert negotiation.bound == {"0": audio, "1": video}
    assert video.active
    assert video.stream.payload_types == {120: 96}
    assert video.stream.rtx_types[96] == 97
    text = write(written)
    assert "a=msid:PA_1|TR_9 TR_9\r\n" in text
    assert "a=ssrc-group:FID 700 701\r\n" in text
    assert [s.direction for s in written] == ["sendonly", "sendonly", "inactive"]
    assert negotiation.free_sections("video") == 1


def test_every_rtx_in_an_answer_repairs_something_in_it() -> None:
    written, _, _ = Negotiation().answer(parse_description(offer(section("video", "0", "recvonly"))), [], [])
    types = {codec.payload_type for codec in written[0].codecs}
    assert all(codec.repairs in types for codec in written[0].codecs if codec.name == "rtx")
    assert 116 not in types


def test_a_freed_section_rests_for_one_negotiation() -> None:
    negotiation, first, second = Negotiation(), down(live()), down(live(sid="TR_7"), 800)
    description = parse_description(offer(section("video", "0", "recvonly")))
    negotiation.answer(description, [], [first])
    written, _, _ = negotiation.answer(description, [], [second])
    assert written[0].direction == "inactive"
    assert negotiation.bound == {}
    written, _, _ = negotiation.answer(description, [], [second])
    assert written[0].direction == "sendonly"
    assert negotiation.bound == {"0": second}


def test_h264_profiles_are_not_mixed() -> None:
    track = live()
    track.codecs = {
        125: Codec(125, "h264", "H264/90000", "packetization-mode=1;profile-level-id=640c1f"),
        126: Codec(126, "h264", "H264/90000", "packetization-mode=1;profile-level-id=42e01f"),
    }
    bound = down(track)
    Negotiation().answer(parse_description(offer(section("video", "0", "recvonly"))), [], [bound])
    assert bound.stream.payload_types == {126: 102}


# ── offering to a v0 subscriber ──────────────────────────────────────────────────────────────────


def answer_to(sections: list[WrittenSection]) -> str:
    return write(sections).replace("a=sendonly", "a=recvonly")


def test_one_offer_at_a_time_and_nothing_is_forgotten() -> None:
    offering, first, second = Offering(), down(live()), down(live(Kind.AUDIO, "TR_8"), 800)
    sections = offering.offer([first])
    assert sections is not None
    assert offering.offer([first, second]) is None
    assert offering.answered(parse_description(answer_to(sections))), "the second track is still to be offered"
    assert first.active
    assert first.stream.payload_types == {120: 96}
    sections = offering.offer([first, second])
    assert sections is not None
    assert [s.mid for s in sections] == ["0", "1", "2"]
    assert not offering.answered(parse_description(answer_to(sections)))
    assert second.active


def test_an_offered_slot_is_used_again_after_a_rest() -> None:
    offering, first, second = Offering(), down(live()), down(live(sid="TR_7"), 800)
    for wanted, expected in (
        ([first], {"1": first}),
        ([second], {"1": None, "2": second}),
        ([second, down(live(sid="TR_6"), 900)], {"1": "TR_6", "2": second}),
    ):
        sections = offering.offer(wanted)
        assert sections is not None
        offering.answered(parse_description(answer_to(sections)))
        held = {slot.mid: slot.down for slot in offering.slots}
        assert held.keys() == expected.keys()
        for mid, track in expected.items():
            found = held[mid]
            assert (found is not None and found.up.sid == track) if isinstance(track, str) else found is track


def test_candidates_name_every_address() -> None:
    text = write([WrittenSection("application", "0")])
    assert "udp 2130706431 192.0.2.1 7882 typ host" in text
    assert "tcp 1671430143 192.0.2.1 7883 typ host tcptype passive" in text
    assert text.count("a=candidate") == 3
    assert "a=ice-lite\r\n" in text
