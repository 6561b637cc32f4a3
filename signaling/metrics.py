"""Numbers for Prometheus, and the same in detail for whoever may list rooms.

Base units, totals as counters, labels from closed sets: never a person, a room or an address. Processor time per
forwarded packet is ``rate(klatiene_media_cpu_seconds_total) / rate(klatiene_media_packets_total{direction="out"})``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from media import COMPILED
from media.api import MediaNode, PeerQuality

if TYPE_CHECKING:
    from signaling.lobby import Lobby
    from signaling.participant import Participant

_LOSS = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
_JITTER = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25)
_ROUND_TRIP = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_JOIN = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0)


class NodeMetrics:
    def __init__(self, node: MediaNode) -> None:
        self._node = node
        self._lobby: Lobby | None = None
        self._registry = CollectorRegistry()

        def histogram(name: str, words: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"klatiene_media_{name}", words, labels, buckets=buckets, registry=self._registry)

        self._join = histogram("join_seconds", "from a join until its media is connected", _JOIN)
        self._loss = histogram("loss_ratio", "share lost on a participant's line in two seconds", _LOSS, "direction")
        self._jitter = histogram("jitter_seconds", "variation of a participant's arrivals", _JITTER, "direction")
        self._round_trip = histogram("round_trip_seconds", "there and back on a participant's line", _ROUND_TRIP)

    def of(self, lobby: Lobby) -> None:
        self._lobby = lobby
        self._registry.register(self)

    def joined(self, seconds: float) -> None:
        self._join.observe(max(0.0, seconds))

    def measured(self, readings: Iterable[tuple[PeerQuality, ...]]) -> None:
        """What was read of everybody's line, each round."""
        for peers in readings:
            for peer in peers:
                if not peer.connected:
                    continue
                for direction, loss, jitter in (
                    ("up", peer.loss_up, peer.jitter_up),
                    ("down", peer.loss_down, peer.jitter_down),
                ):
                    if jitter is not None:
                        self._loss.labels(direction).observe(loss)
                        self._jitter.labels(direction).observe(jitter)
                if peer.rtt is not None:
                    self._round_trip.observe(peer.rtt)

    def page(self) -> bytes:
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Any]:
        """For the registry: totals of the relay."""
        assert self._lobby is not None
        counters = self._node.counters()
        rooms = self._lobby.rooms
        info = GaugeMetricFamily("klatiene_media_info", "how the relay runs", labels=["compiled"])
        info.add_metric([str(COMPILED).lower()], 1)
        yield info
        yield GaugeMetricFamily("klatiene_media_rooms", "rooms open now", value=len(rooms))
        yield GaugeMetricFamily("klatiene_media_participants", "participants now", value=self._lobby.people)
        tasks = len(asyncio.all_tasks())
        yield GaugeMetricFamily("klatiene_media_tasks", "tasks of the event loop now", value=tasks)
        draining = GaugeMetricFamily("klatiene_media_draining", "1 while no new rooms are taken")
        draining.add_metric([], int(self._lobby.draining))
        yield draining
        yield CounterMetricFamily(
            "klatiene_media_cpu_seconds", "processor time of this process", value=time.process_time()
        )
        packets = CounterMetricFamily("klatiene_media_packets", "media packets, in and forwarded", labels=["direction"])
        packets.add_metric(["in"], counters["packets_in"])
        packets.add_metric(["out"], counters["packets_out"])
        yield packets
        paused = counters.get("paused", 0)
        yield GaugeMetricFamily("klatiene_media_paused_pictures", "pictures a line has no room for now", value=paused)
        again = counters.get("retransmitted", 0)
        yield CounterMetricFamily("klatiene_media_retransmitted_packets", "packets sent again", value=again)
        dropped = CounterMetricFamily(
            "klatiene_media_dropped", "datagrams that ended here, by reason", labels=["reason"]
        )
        refused = CounterMetricFamily("klatiene_media_refused", "datagrams of strangers, by reason", labels=["reason"])
        for name, count in counters.items():
            kind, _, reason = name.partition("_")
            if kind == "dropped":
                dropped.add_metric([reason], count)
            elif kind == "refused":
                refused.add_metric([reason], count)
        yield dropped
        yield refused


def snapshot(lobby: Lobby, node: MediaNode) -> dict[str, Any]:
    """Everything now, as plain numbers: counters since start, so that a reader takes two and divides."""
    counters = node.counters()
    return {
        "at_s": lobby.clock.mono(),
        "cpu_s": time.process_time(),
        "compiled": COMPILED,
        "draining": lobby.draining,
        "packets_in": counters["packets_in"],
        "packets_out": counters["packets_out"],
        "rooms": [
            {"name": room.name, "participants": [_person(person) for person in room.participants.values()]}
            for room in lobby.rooms.values()
        ],
    }


def _person(person: Participant) -> dict[str, Any]:
    peers = {id(peer): peer for peer in (person.peer, person.subscriber)}.values()
    readings = [peer.quality() for peer in peers]
    stats = [peer.stats() for peer in peers]
    return {
        "identity": person.identity,
        "connected": any(reading.connected for reading in readings),
        "loss_up": max(reading.loss_up for reading in readings),
        "loss_down": max(reading.loss_down for reading in readings),
        "jitter_up_s": _worst(reading.jitter_up for reading in readings),
        "jitter_down_s": _worst(reading.jitter_down for reading in readings),
        "rtt_s": _worst(reading.rtt for reading in readings),
        "budget_bps": min((reading.budget for reading in readings if reading.budget is not None), default=None),
        "published": {sid: track for each in stats for sid, track in each["published"].items()},  # type: ignore[attr-defined]
        "subscribed": {sid: track for each in stats for sid, track in each["subscribed"].items()},  # type: ignore[attr-defined]
    }


def _worst(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
