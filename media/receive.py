"""One incoming RTP stream: what arrived, what is missing, what to report (RFC 3550 appendix A)."""

from __future__ import annotations

from typing import Final

from media.rtcp import ReportBlock, SenderReport
from media.rtp import RtpPacket
from media.svc_core import ScalableStream

NACK_AGAIN_S: Final = 0.1
NACK_TRIES: Final = 8
NACK_FOR_S: Final = 1.0
MAX_HOLE: Final = 500


class _Missing:
    __slots__ = ("asked", "since", "tries")

    def __init__(self, since: float) -> None:
        self.since = since
        self.asked = 0.0
        self.tries = 0


class ReceiveStream:
    """One SSRC of one publication. ``quality`` is the simulcast layer it carries (0 low … 2 high)."""

    def __init__(self, ssrc: int, quality: int, rid: str = "", *, clock_rate: int = 90_000, nack: bool = False) -> None:
        self.ssrc = ssrc
        self.quality = quality
        self.rid = rid
        self.last_at = 0.0
        self.bitrate = 0.0
        self.packets = 0
        #: the packets of the newest keyframe, to show a new subscriber at once; see `media.inbound`
        self.keyframe: list[RtpPacket] = []
        self.keyframe_at = 0.0
        self.frame_time = -1
        #: the layers inside, of a codec that has them
        self.scalable: ScalableStream | None = None
        self._clock_rate = clock_rate
        self._nack = nack
        self._base: int | None = None
        self._highest = 0
        self._missing: dict[int, _Missing] = {}
        #: something was lost for good that the pictures since may need
        self.broken = False
        self._expected_before = 0
        self._received_before = 0
        self._bytes = 0
        self._rate_at = 0.0
        self._jitter = 0.0
        self._transit: float | None = None
        self._report: SenderReport | None = None
        self._report_at = 0.0

    def received(self, packet: RtpPacket, now: float) -> bool:
        """Book a packet; False when it is a duplicate or too old to be of use."""
        sequence = packet.sequence
        if self._base is None:
            self._base = self._highest = sequence
        else:
            ahead = (sequence - self._highest) & 0xFFFF
            if ahead == 0:
                return False
            if ahead < 0x8000:
                if self._nack and 1 < ahead < MAX_HOLE:
                    for step in range(1, ahead):
                        self._missing[(self._highest + step) & 0xFFFF] = _Missing(now)
                self._highest += ahead
            elif self._missing.pop(sequence, None) is None and self._nack:
                return False
        self.packets += 1
        self._bytes += packet.size
        self.last_at = now
        transit = now * self._clock_rate - packet.timestamp
        if self._transit is not None:
            jump = abs(transit - self._transit)
            if jump < self._clock_rate * 10:
                self._jitter += (jump - self._jitter) / 16
        self._transit = transit
        return True

    def nacks(self, now: float) -> list[int]:
        """Sequence numbers to ask for now, oldest first."""
        wanted: list[int] = []
        for sequence, missing in list(self._missing.items()):
            if now - missing.since > NACK_FOR_S or missing.tries >= NACK_TRIES:
                del self._missing[sequence]
                self.broken = self.broken or self.keyframe_at < missing.since
            elif now - missing.asked >= NACK_AGAIN_S:
                missing.asked = now
                missing.tries += 1
                wanted.append(sequence)
        return wanted

    def reported(self, report: SenderReport, now: float, apart: float = 0.0) -> bool:
        """False when the last one is less than ``apart`` seconds old."""
        if self._report is not None and now - self._report_at < apart:
            return False
        self._report, self._report_at = report, now
        return True

    def rtp_time_at(self, now: float) -> float | None:
        """The sender's RTP clock now, extrapolated from its last report."""
        if self._report is None:
            return None
        return self._report.rtp_time + (now - self._report_at) * self._clock_rate

    @property
    def report(self) -> SenderReport | None:
        return self._report

    @property
    def jitter_s(self) -> float:
        return self._jitter / self._clock_rate

    def block(self, now: float) -> ReportBlock | None:
        """The report block since the last call; also refreshes `bitrate` (bit/s)."""
        if self._base is None:
            return None
        if self._rate_at:
            self.bitrate = self._bytes * 8 / max(now - self._rate_at, 0.001)
            if self.scalable is not None:
                self.scalable.turn(now - self._rate_at)
        self._bytes, self._rate_at = 0, now
        expected = self._highest - self._base + 1
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self.packets - self._received_before)
        self._expected_before, self._received_before = expected, self.packets
        fraction = min(255, 256 * lost_now // expected_now) if expected_now > 0 and lost_now > 0 else 0
        last_sr = delay = 0
        if self._report is not None:
            last_sr = (self._report.ntp_high & 0xFFFF) << 16 | self._report.ntp_low >> 16
            delay = round((now - self._report_at) * 65536) & 0xFFFFFFFF
        lost = max(0, expected - self.packets)
        return ReportBlock(self.ssrc, fraction, lost, self._highest, round(self._jitter), last_sr, delay)
