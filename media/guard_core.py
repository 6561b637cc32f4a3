"""How much of whom is listened to. Pure: time comes in, a verdict goes out.

Whoever floods the port from one address is heard at a bounded rate; one that proved itself by a check is not limited
here, or a forger could silence it. A log that a stranger can fill is no log: each kind of line has its own rate.
"""

from __future__ import annotations

#: datagrams a second from one host that has proved nothing, and at once (a join of many behind one address)
STRANGER_RATE, STRANGER_BURST = 200.0, 1_000.0
MAX_HOSTS = 10_000
#: lines of one kind in a while
LINES, LINES_S = 5, 60.0


class SourceBuckets:
    """A token bucket for each host, a bounded number of them."""

    def __init__(self, rate: float = STRANGER_RATE, burst: float = STRANGER_BURST, hosts: int = MAX_HOSTS) -> None:
        self._rate = rate
        self._burst = burst
        self._hosts = hosts
        self._buckets: dict[str, tuple[float, float]] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def allow(self, host: str, now: float) -> bool:
        tokens, at = self._buckets.get(host, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        if host not in self._buckets and len(self._buckets) >= self._hosts:
            self._forget_calm(now)
        allowed = tokens >= 1
        self._buckets[host] = (tokens - 1 if allowed else tokens, now)
        return allowed

    def _forget_calm(self, now: float) -> None:
        """Make room: full buckets say nothing; when all are in use the oldest half goes."""
        refilled = self._burst / self._rate
        self._buckets = {host: kept for host, kept in self._buckets.items() if now - kept[1] < refilled}
        if len(self._buckets) >= self._hosts:
            newest = sorted(self._buckets.items(), key=lambda item: item[1][1])[self._hosts // 2 :]
            self._buckets = dict(newest)


class Allowance:
    """One token bucket."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def take(self, count: int, now: float) -> int:
        """As many of ``count`` as are there now."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        taken = min(count, int(self._tokens))
        self._tokens -= taken
        return taken


class LogGate:
    """Lets the first few lines of a kind through in each while, and tells how many it kept back before."""

    def __init__(self, lines: int = LINES, seconds: float = LINES_S) -> None:
        self._lines = lines
        self._seconds = seconds
        self._windows: dict[str, tuple[float, int]] = {}

    def admit(self, kind: str, now: float) -> int | None:
        """The number of lines kept back in the while before this one, or None when this one is kept back, too."""
        began, count = self._windows.get(kind, (now, 0))
        if now - began >= self._seconds:
            self._windows[kind] = (now, 1)
            return max(0, count - self._lines)
        self._windows[kind] = (began, count + 1)
        return 0 if count < self._lines else None
