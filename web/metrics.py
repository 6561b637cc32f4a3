"""Numbers for Prometheus. Labels are routes and roles, never people."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            "klatiene_http_requests_total", "HTTP calls", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "klatiene_http_request_duration_seconds",
            "time to answer an HTTP call",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.sockets = Gauge("klatiene_live_sockets", "open live channels", ("role",), registry=self.registry)
        self.frames = Counter("klatiene_live_frames_total", "frames sent on live channels", registry=self.registry)
        self.closed = Counter(
            "klatiene_live_closed_total", "live channels closed by us", ("code",), registry=self.registry
        )
        self.snapshots = Counter("klatiene_live_snapshots_total", "snapshots sent", ("role",), registry=self.registry)
        self.feed_seq = Gauge("klatiene_feed_sequence", "last number of the event feed", registry=self.registry)

        # taken when somebody looks (`web.numbers`)
        self.waiting = self._gauge("queue_waiting_requests", "requests that wait now", "agency")
        self.longest_wait = self._gauge("queue_longest_wait_seconds", "how long the first of the queue waits", "agency")
        self.officers = self._gauge("officers", "officers by availability indicator", "agency", "state")
        self.consumer_lag = self._gauge("consumer_lag_events", "events that a consumer has still to read", "consumer")
        self.dead_letters = self._gauge("dead_letters", "events that no try could handle", "consumer")

    def _gauge(self, name: str, words: str, *labels: str) -> Gauge:
        return Gauge(f"klatiene_{name}", words, labels, registry=self.registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        key = (method, route, status)
        known = self._known.get(key)
        if known is None:
            # looking up children by their labels costs more than counting
            known = self._requests.labels(method, route, str(status)), self._seconds.labels(route)
            self._known[key] = known
        known[0].inc()
        known[1].observe(seconds)

    def page(self) -> bytes:
        return generate_latest(self.registry)
