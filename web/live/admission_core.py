"""Who may come in now, when more consoles come back than can be brought up to date at once. Pure.

A console is *coming* from the moment it gets a ticket until its snapshot is on its way. As long as few are coming,
everybody is let in. Beyond that some wait at the door (`web.live.door`); who finds even that full is given a time to
come back: these times are handed out as far apart as
consoles were lately brought up to date, so the herd returns as a queue. Whoever is in a session finds more places free.
Nobody is refused for good.
"""

from __future__ import annotations

from collections import deque

#: consoles that may be coming at once
PLACES = 400
#: for consoles of people who are in a session
PLACES_IN_SESSION = 2 * PLACES
#: a ticket that nobody used by then frees its place
TICKET_S = 30.0
#: the shortest and the longest wait that anybody is told, in seconds
LEAST_S, MOST_S = 1.0, 10.0
#: consoles per second, before anything was measured
USUAL_RATE = 200.0
#: over how long the rate is measured
MEASURED_S = 2.0


class Admission:
    def __init__(self, places: int = PLACES, places_in_session: int = PLACES_IN_SESSION) -> None:
        self._places = places
        self._places_in_session = places_in_session
        self._coming: deque[float] = deque()
        self._came: deque[float] = deque()
        self._next = 0.0

    def is_full(self, now: float) -> bool:
        """Whether `ask` may say no; until then nobody needs to know who is in a session."""
        return self._count(now) >= self._places

    def enter(self, now: float, *, in_session: bool) -> bool:
        """Take a place, if one is free."""
        if self._count(now) >= (self._places_in_session if in_session else self._places):
            return False
        self._coming.append(now)
        return True

    def ask(self, now: float, *, in_session: bool, luck: float) -> int | None:
        """None: come in. Otherwise whole seconds after which to ask again; ``luck`` in [0, 1) spreads them."""
        if self.enter(now, in_session=in_session):
            return None
        self._next = max(self._next, now + LEAST_S) + 1.0 / self._rate(now)
        if in_session or self._next - now > MOST_S:
            self._next = min(self._next, now + MOST_S)
            wait_s = LEAST_S if in_session else MOST_S
        else:
            wait_s = self._next - now
        # 2.3 seconds are two for most and three for some: whole seconds must not bunch people together
        return int(wait_s + luck)

    def came(self, now: float) -> None:
        """A console is up to date."""
        if self._coming:
            self._coming.popleft()
        self._came.append(now)
        self._forget(now)

    def _count(self, now: float) -> int:
        while self._coming and now - self._coming[0] >= TICKET_S:
            self._coming.popleft()
        return len(self._coming)

    def _rate(self, now: float) -> float:
        self._forget(now)
        return max(USUAL_RATE / 4, len(self._came) / MEASURED_S) if self._came else USUAL_RATE

    def _forget(self, now: float) -> None:
        while self._came and now - self._came[0] > MEASURED_S:
            self._came.popleft()
