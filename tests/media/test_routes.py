"""Where an SSRC belongs: named by the offer, learned from MID and RID, or nowhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media.api import Kind, Publication
from media.negotiate import Negotiation
from media.routes import MAX_SSRCS, SsrcRoutes
from media.rtp import RtpPacket, wrap_rtx
from media.sdp import parse_description
from media.tracks import Upstream
from tests.media.offers import offer, section

VP8, RTX, MID, RID, REPAIRED = 96, 97, 4, 10, 11


def camera() -> Upstream:
    return Upstream(Publication("TR_1", Kind.VIDEO, frozenset({"cam"}), "video/VP8", "PA_1|TR_1"))


def negotiated(*rids: str) -> tuple[SsrcRoutes, Upstream]:
    negotiation, up = Negotiation(), camera()
    sdp = offer(section("video", "0", "sendonly", track="cam", rids=rids))
    negotiation.answer(parse_description(sdp), [up], [])
    routes = SsrcRoutes(negotiation)
    routes.described(up)
    return routes, up


def packet(ssrc: int, **extensions: bytes) -> RtpPacket:
    numbers = {"mid": MID, "rid": RID, "repaired": REPAIRED}
    return RtpPacket(VP8, 1, 0, ssrc, b"\x10\x10", extensions={numbers[k]: v for k, v in extensions.items()})


def test_ssrcs_that_the_offer_names() -> None:
    routes, up = negotiated()
    media = packet(1001)
    found = routes.find(media)
    assert found is not None
    assert (found[0], found[1][0]) == (media, up)
    again = routes.find(wrap_rtx(media, RTX, 1002, 9))
    assert again is not None
    assert (again[0].ssrc, again[0].sequence, again[0].payload_type, again[1]) == (1001, 1, VP8, found[1])


def test_layers_are_learned_from_mid_and_rid() -> None:
    routes, up = negotiated("q", "h", "f")
    assert routes.find(packet(5)) is None
    assert routes.find(packet(5, mid=b"0")) is None, "which layer?"
    assert routes.find(packet(5, mid=b"0", rid=b"x")) is None
    assert routes.find(packet(5, mid=b"7", rid=b"q")) is None
    found = routes.find(packet(5, mid=b"0", rid=b"q"))
    assert found is not None
    assert (found[1][0], found[1][1].quality) == (up, 0)
    later = routes.find(packet(5))
    assert later is not None
    assert later[1] == found[1], "extensions are sent only at first"


def test_a_retransmission_is_told_by_its_repaired_rid() -> None:
    routes, _ = negotiated("q", "h", "f")
    found = routes.find(packet(5, mid=b"0", rid=b"h"))
    assert found is not None
    repair = wrap_rtx(packet(5), RTX, 6, 1)
    assert routes.find(repair) is None
    repair.extensions = {MID: b"0", REPAIRED: b"h"}
    again = routes.find(repair)
    assert again is not None
    assert again[1] == found[1]


def test_a_restarted_layer_replaces_its_old_ssrc() -> None:
    routes, up = negotiated("q", "h", "f")
    routes.find(packet(5, mid=b"0", rid=b"q"))
    routes.find(packet(6, mid=b"0", rid=b"q"))
    assert list(up.streams) == [6]
    assert routes.known(5) is None


def test_an_ended_publication_takes_its_routes_along() -> None:
    routes, up = negotiated()
    assert routes.known(1001) is not None
    routes.drop(up)
    assert routes.known(1001) is None
    assert routes.find(wrap_rtx(packet(1001), RTX, 1002, 9)) is None


@given(
    st.lists(st.tuples(st.integers(0, 500), st.sampled_from([VP8, RTX, 99]), st.sampled_from([b"0", b"1", b"\xff"])))
)
def test_whatever_comes_the_routes_stay_bounded(sprayed: list[tuple[int, int, bytes]]) -> None:
    routes, up = negotiated()
    for ssrc, kind, mid in sprayed:
        routes.find(RtpPacket(kind, 1, 0, ssrc, b"\x00\x01x", extensions={MID: mid, REPAIRED: b"q"}))
    assert len(up.streams) <= MAX_SSRCS
