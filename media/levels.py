"""Who speaks: the loudness of one peer's audio from RFC 6464 header extensions, without decoding."""

from __future__ import annotations

#: dBov below which a packet counts as silence, and the share of packets that must be louder.
SILENCE_DB = 45
LOUD_SHARE = 0.3


class LevelMeter:
    def __init__(self) -> None:
        self._levels: list[int] = []

    def add(self, level: int) -> None:
        """``level`` is in -dBov: 0 the loudest, 127 silence."""
        if len(self._levels) < 500:
            self._levels.append(level)

    def read(self) -> float:
        """Linear 0..1 since the last reading; 0 for silence and for a click too short to be speech."""
        levels, self._levels = self._levels, []
        loud = sorted(level for level in levels if level < SILENCE_DB)
        if not loud or len(loud) < LOUD_SHARE * len(levels):
            return 0.0
        return float(10 ** (-loud[len(loud) // 2] / 20))
