"""What one peer says of what it gets: losses, keyframes, its line; and which layer of a track it gets next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media import rtcp
from media.tracks import Downstream

if TYPE_CHECKING:
    from media.peer import RelayPeer

#: retransmissions one NACK may cause
MAX_RESENT = 64


class Outbound:
    def __init__(self, peer: RelayPeer) -> None:
        self._peer = peer
        self.estimate: float | None = None
        self.loss = 0.0
        self.rtt: float | None = None

    def refresh(self, down: Downstream, now: float) -> None:
        """Choose the layer and ask its publisher for a keyframe while one is needed."""
        if not down.active or not down.up.is_video:
            return
        down.retarget(now)
        if down.needs_keyframe() and self._peer.secure.connected and down.target is not None:
            self._peer.node.ask_keyframe(down.up, down.target, now)

    def heard(self, data: bytes, now: float) -> None:
        """A compound RTCP packet of the peer."""
        peer = self._peer
        for item in rtcp.parse_rtcp(data):
            match item:
                case rtcp.SenderReport(ssrc=ssrc) if (route := peer.inbound.routes.known(ssrc)) is not None:
                    up, stream = route
                    stream.reported(item, now)
                    for down in up.downs:
                        if down.stream.layer is stream and down.stream.flowing:
                            peer.node.forward_report(down, item)
                case rtcp.ReportBlock(ssrc=ssrc):
                    self._on_report(ssrc, item, now)
                case rtcp.Nack(ssrc=ssrc, sequences=sequences):
                    if (lossy := self._down(ssrc)) is not None:
                        for sequence in sequences[:MAX_RESENT]:
                            peer.resend(lossy, sequence)
                case rtcp.KeyframeRequest(ssrc=ssrc):
                    if (asking := self._down(ssrc)) is not None and asking.stream.layer is not None:
                        peer.node.ask_keyframe(asking.up, asking.stream.layer, now)
                case rtcp.Remb(bitrate=bitrate):
                    self.estimate = float(bitrate)

    def _on_report(self, ssrc: int, block: rtcp.ReportBlock, now: float) -> None:
        down = self._down(ssrc)
        if down is None:
            return
        # What was lost before it reached us is no fault of this line.
        loss = max(0.0, block.fraction_lost / 256 - self._peer.node.loss_upstream(down.up))
        self.loss = max(loss, self.loss * 0.7)
        down.adapt(loss, self.estimate, now)

    def _down(self, ssrc: int) -> Downstream | None:
        return next((down for down in self._peer.downs.values() if down.stream.ssrc == ssrc), None)
