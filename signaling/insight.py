"""Who speaks and whose line suffers: readings turned into the updates clients get, only when something changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livekit.protocol import models, rtc

from media.api import PeerQuality

#: A line silent for this long counts as lost (three missed consent checks).
LOST_S = 8.0


class SpeakerMeter:
    def __init__(self) -> None:
        self._spoke: dict[str, float] = {}

    def read(self, levels: dict[str, float]) -> list[Any]:
        """SpeakerInfo of everybody whose speaking changed; the level is 0..1."""
        changed = []
        for sid, level in levels.items():
            before = self._spoke.get(sid, 0.0)
            if (level > 0) != (before > 0) or abs(level - before) > 0.1:
                changed.append(models.SpeakerInfo(sid=sid, level=level, active=level > 0))
                self._spoke[sid] = level
        for sid in self._spoke.keys() - levels.keys():
            del self._spoke[sid]
        return changed


def rate(readings: tuple[PeerQuality, ...]) -> tuple[Any, float]:
    """(ConnectionQuality, score 1..4.5) from the worst of a participant's transports."""
    if any(reading.connected and reading.silent_for > LOST_S for reading in readings):
        return models.ConnectionQuality.LOST, 1.0
    if any(reading.starved for reading in readings):
        return models.ConnectionQuality.POOR, 2.0
    loss = max(max(reading.loss_up, reading.loss_down) for reading in readings)
    if loss > 0.10:
        return models.ConnectionQuality.POOR, 2.0
    if loss > 0.02:
        return models.ConnectionQuality.GOOD, 3.5
    return models.ConnectionQuality.EXCELLENT, 4.5


class QualityMeter:
    def __init__(self) -> None:
        self._told: dict[str, Any] = {}
        self._rounds = 0

    def read(self, readings: Mapping[str, tuple[PeerQuality, ...]]) -> list[Any]:
        """Updates for everybody whose quality changed, and for all every fifth time (a late joiner missed some)."""
        self._rounds += 1
        updates = []
        for sid, measured in readings.items():
            quality, score = rate(measured)
            if self._told.get(sid) != quality or self._rounds % 5 == 0:
                updates.append(rtc.ConnectionQualityInfo(participant_sid=sid, quality=quality, score=score))
                self._told[sid] = quality
        for sid in self._told.keys() - readings.keys():
            del self._told[sid]
        return updates
