"""Session descriptions as browsers write them, for tests."""

from __future__ import annotations

from collections.abc import Sequence

FINGERPRINT = "sha-256 " + ":".join(["AB"] * 32)

_AUDIO = """m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0
c=IN IP4 0.0.0.0
a=rtcp-mux
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:0 PCMU/8000
"""

_VIDEO = """m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 102 103 116
c=IN IP4 0.0.0.0
a=rtcp-mux
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
a=extmap:13 urn:3gpp:video-orientation
a=extmap:14 http://example.test/an-extension-nobody-knows
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:98 VP9/90000
a=fmtp:98 profile-id=0
a=rtpmap:99 rtx/90000
a=fmtp:99 apt=98
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:116 ulpfec/90000
"""


def section(kind: str, mid: str, direction: str, *, track: str = "", rids: Sequence[str] = ()) -> str:
    text = (_AUDIO if kind == "audio" else _VIDEO) + f"a=mid:{mid}\na={direction}\n"
    if track:
        text += f"a=msid:stream {track}\n"
    if rids:
        text += "".join(f"a=rid:{rid} send\n" for rid in rids) + f"a=simulcast:send {';'.join(rids)}\n"
    elif track:
        text += f"a=ssrc-group:FID 1{mid}01 1{mid}02\na=ssrc:1{mid}01 cname:x\na=ssrc:1{mid}02 cname:x\n"
    return text


def application(mid: str) -> str:
    return f"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\na=mid:{mid}\na=sctp-port:5000\n"


def offer(*sections: str, ufrag: str = "them") -> str:
    head = f"v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=ice-ufrag:{ufrag}\na=ice-pwd:{'x' * 24}\n"
    head += f"a=fingerprint:{FINGERPRINT}\na=setup:actpass\n"
    return (head + "".join(sections)).replace("\n", "\r\n")
